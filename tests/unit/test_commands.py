"""Every command explains itself, by examples that can be pasted, and ends as the exit codes promise."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import typer
from azure.core.exceptions import AzureError, ClientAuthenticationError
from typer.main import get_command
from typer.testing import CliRunner

from cli import commands
from cli.endings import ending_well
from shared.errors import FormsError, WrongSetting

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def leaves(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401
    """Each command that does something, with the words that call it."""
    for name, command in group.commands.items():
        yield from leaves(command, (*words, name)) if hasattr(command, "commands") else [((*words, name), command)]


ALL = dict(leaves(get_command(commands.app)))


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder where the files that the examples speak of are there."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "labelled").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("somewhere")
@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words)) for words in ALL])
def test_help_ends_with_examples_that_can_be_pasted(words: tuple[str, ...]) -> None:
    """Each is a line of its own, is of this command, and says no word that the command does not take."""
    shown = CliRunner().invoke(commands.app, [*words, "--help"], env={"COLUMNS": "120"})

    block = shown.output.partition("Examples:")[2]
    assert block.strip(), shown.output
    examples = re.findall(r"^ +(python -m cli .*?) *$", block, re.MULTILINE)
    assert examples
    assert len(examples) == block.count("•")
    for example in examples:
        assert parsed(example) == words


def parsed(example: str) -> tuple[str, ...]:
    """The command that an example calls, without running it."""
    called: list[tuple[str, ...]] = []
    tree = get_command(commands.app)
    for words, command in leaves(tree):
        command.callback = lambda words=words, **_: called.append(words)
    tree.main(shlex.split(example)[3:], standalone_mode=False)
    [words] = called
    return words


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        pytest.param(FormsError("Gone", "It is gone; drop it again."), 1, "It is gone; drop it again.", id="ours"),
        pytest.param(WrongSetting("X", "X is not set."), 3, "X is not set.", id="configuration"),
        pytest.param(ClientAuthenticationError("No.\nTime: 1"), 3, "Look at DOCUMENTS_STORAGE.", id="refused"),
        pytest.param(AzureError("Odd.\nTime: 1"), 1, "Odd. Look at DOCUMENTS_STORAGE.", id="storage"),
        pytest.param(requests.ConnectionError(), 1, "Look at FORM_RECOGNIZER_ENDPOINT.", id="service"),
        pytest.param(PermissionError(13, "Permission denied", "a.pdf"), 1, "a.pdf: Permission denied.", id="file"),
        pytest.param(KeyError("Path"), 1, "add -v to see where", id="mistake"),
        pytest.param(AzureError(""), 1, "Look at DOCUMENTS_STORAGE.", id="without words"),
        pytest.param(KeyboardInterrupt(), 130, "Stopped.", id="Ctrl-C"),
        pytest.param(typer.BadParameter("Name one."), 2, "Name one.", id="wrong use"),
    ],
)
@pytest.mark.parametrize("verbose", [False, True])
def test_an_error_is_one_sentence_and_an_exit_code(
    error: BaseException, code: int, sentence: str, *, verbose: bool
) -> None:
    """Only with -v does it say where in the program it arose."""

    def fails() -> None:
        raise error

    app = typer.Typer()
    app.command()(ending_well(fails))

    done = CliRunner().invoke(app, ["-v"] if verbose else [])

    assert done.exit_code == code
    assert sentence in done.stderr
    assert not done.stdout
    assert ("Traceback" in done.stderr) == (verbose and code != 2)
    assert verbose or code == 2 or done.stderr.count("\n") == 1
