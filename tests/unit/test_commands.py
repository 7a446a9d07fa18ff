"""Every command explains itself, by examples that can be pasted, and ends as the exit codes promise."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import typer
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ServiceRequestError
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


GROUPS = [pytest.param(words, id=" ".join(words)) for words in ((), ("models",), *ALL)]


@pytest.mark.parametrize("words", GROUPS)
def test_help_fits_a_terminal_of_80_columns(words: tuple[str, ...]) -> None:
    """No example is broken there, and an option that takes no value shows none."""
    shown = CliRunner().invoke(commands.app, [*words, "--help"], env={"COLUMNS": "80"}).output

    lines = [line.strip() for line in shown.partition("Examples:")[2].splitlines() if line.strip()]
    assert lines or not words
    assert [line.startswith("•") for line in lines] == [True, False] * (len(lines) // 2), shown
    assert "bool" not in shown


def test_help_names_the_states_once() -> None:
    """In words, not as a value broken over three lines."""
    shown = " ".join(CliRunner().invoke(commands.app, ["status", "--help"], env={"COLUMNS": "80"}).output.split())
    assert "--state STATE Only those that are submitting," in shown


def parsed(example: str) -> tuple[str, ...]:
    """The command that an example calls, without running it."""
    called: list[tuple[str, ...]] = []
    tree = get_command(commands.app)
    for words, command in leaves(tree):
        command.callback = lambda words=words, **_: called.append(words)
    tree.main(shlex.split(example)[3:], standalone_mode=False)
    [words] = called
    return words


def of_storage(status: int, code: str = "") -> HttpResponseError:
    """An answer of storage that is no success."""
    error: Any = HttpResponseError("No.\nTime: 1")
    error.status_code, error.error_code = status, code
    return error  # type: ignore[no-any-return]


NOBODY = ServiceRequestError("HTTPConnection(host='127.0.0.1', port=1): Connection refused")
NOBODY_FAR = ServiceRequestError("HTTPConnection(host='a.example', port=1): Connection refused")


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        pytest.param(FormsError("Gone", "It is gone; drop it again."), 1, "It is gone; drop it again.", id="ours"),
        pytest.param(WrongSetting("X", "X is not set."), 3, "X is not set.", id="configuration"),
        pytest.param(ClientAuthenticationError("No.\nTime: 1"), 3, "Look at DOCUMENTS_STORAGE.", id="refused"),
        pytest.param(AzureError("Odd.\nTime: 1"), 1, "Odd. Look at DOCUMENTS_STORAGE.", id="storage"),
        pytest.param(of_storage(403), 3, "refused this identity or key: No. Look at DOCUMENTS_STORAGE.", id="403"),
        pytest.param(of_storage(401), 3, "refused this identity or key: No. Look at DOCUMENTS_STORAGE.", id="401"),
        pytest.param(of_storage(403, "AuthorizationPermissionMismatch"), 3, "but a role is missing.", id="no role"),
        pytest.param(of_storage(500), 1, "Look at DOCUMENTS_STORAGE.", id="500"),
        pytest.param(NOBODY, 1, "refused; is `make up` running? Look at DOCUMENTS_STORAGE.", id="not up"),
        pytest.param(NOBODY_FAR, 1, "Connection refused. Look at DOCUMENTS_STORAGE.", id="not there"),
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


def test_help_does_not_wait_for_the_sdks() -> None:
    """They take most of a second to load, and are loaded by the command that needs them."""
    slow = ("azure.storage.blob", "azure.storage.queue", "azure.identity", "requests", "PIL", "openpyxl", "pypdf")
    code = f"import sys, cli.commands; print([name for name in {slow} if name in sys.modules])"

    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert loaded.stdout == "[]\n"
