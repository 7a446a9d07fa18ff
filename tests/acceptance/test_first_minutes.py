"""The first minutes with the product: what it says, and what is left when it is interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.interrupting import ends_with_a_word_and_leaves_nothing_running

if TYPE_CHECKING:
    from tests.acceptance.conftest import Stack
    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]


def test_up_says_what_to_do_and_that_works_as_pasted(stack: Stack, eventually: Eventually) -> None:
    """Its own commands, in a shell that has nothing set but the key, train, drop and show the rows."""
    up = stack.up()
    said = eventually(lambda: up.complaints().partition("In another terminal")[2], "the first steps")
    commands = [line.strip() for line in said.partition("Or with")[0].splitlines() if line.startswith("    ")]
    key = f"export FORM_RECOGNIZER_KEY='{stack.settings['FORM_RECOGNIZER_KEY']}'"
    exports = [key, *(one for one in commands if one.startswith("export "))]
    train, upload, status, query = (one for one in commands if not one.startswith("export "))

    _shell(*exports, train)
    _shell(*exports, upload)

    assert _shell(*exports, status).count("succeeded") == 5
    assert "PO-99501" in _shell(*exports, query)


def _shell(*commands: str) -> str:
    bare = {name: os.environ[name] for name in ("PATH", "HOME")}
    commands = tuple(command.replace(".venv/bin/python", sys.executable) for command in commands)
    script = ["bash", "-c", "\n".join(commands)]
    done = subprocess.run(script, cwd=ROOT, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_uploading_again_changes_nothing(stack: Stack, tmp_path: Path) -> None:
    """A file that is there with the same bytes is not dropped a second time."""
    stack.up("storage")
    forms = tmp_path / "forms"
    forms.mkdir()
    (forms / "a.pdf").write_bytes(b"%PDF-1.7 one")

    assert stack.run("cli", "upload", str(forms), "--to", "orders").stdout == "orders/a.pdf\n"
    assert stack.run("cli", "upload", str(forms), "--to", "orders").stdout == "orders/a.pdf (unchanged)\n"
    (forms / "a.pdf").write_bytes(b"%PDF-1.7 two")
    assert stack.run("cli", "upload", str(forms), "--to", "orders").stdout == "orders/a.pdf\n"


@pytest.mark.parametrize("seconds", [0.3, 1.5, 4, 9])
def test_an_interrupted_demo_leaves_nothing_running(seconds: float) -> None:
    """Ctrl-C at any moment: it ends with a word, and no process of its stack is left."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "local", "demo"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    time.sleep(seconds)

    ends_with_a_word_and_leaves_nothing_running(demo)


@pytest.mark.parametrize("setting", ["FORM_RECOGNIZER_ENDPOINT", "DOCUMENTS_STORAGE"])
def test_a_command_without_its_stack_says_what_to_look_at(stack: Stack, setting: str) -> None:
    """One sentence, exit code 1, no traceback."""
    command = ["train", "orders", "samples/purchase-order/train"] if setting.startswith("FORM") else ["status"]
    if setting.startswith("FORM"):
        stack.up("storage")

    failed = stack.run("cli", *command)

    assert failed.returncode == 1
    assert setting in failed.stderr
    assert "Traceback" not in failed.stderr
