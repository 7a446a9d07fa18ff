"""What the pages show is what happens: each `console` block is typed, one page after the other, on one stack.

`UPDATE_TRANSCRIPTS=1` writes what was said into the pages instead. A line `...` in a block stands for any lines.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from pypdf import PdfWriter

if TYPE_CHECKING:
    from tests.acceptance.conftest import Stack
    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/training.md", "docs/query.md", "docs/operating.md")
FAILS = (
    "python -m cli train orders labelled --labels",
    "python -m cli upload cut-off.pdf --to purchase-order --wait",
)
"""The commands that the pages show failing, with exit code 1."""

BLOCK = re.compile(r"^```(console|python)\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
"""What is typed; beneath a piece of Python stands what it prints."""

ANY_LINES = "...\n"
DIFFERS = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?", "<time>"),
    (r"\b\d+(\.\d+)? (s|min|ms)\b", "<seconds>"),
    (r"\b0x[0-9A-F]{13,16}\b", "<etag>"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),
    (r"http://127\.0\.0\.1:\d+", "<address>"),
    (r"asked for the result \d+", "asked for the result <times>"),
    (r" +", " "),
    (r"[─━]+", "─"),
    (r"(scans|photos): \d+ of", r"\1: nearly all of"),
)
"""What is never the same twice, and the width that it gives a table."""


class Typed(NamedTuple):
    """A command, and what it said."""

    command: str
    said: str


def typed(block: str) -> list[Typed]:
    """The commands of a block, which begin with `$ ` and may go on after a backslash, with what stands beneath each."""
    parts = re.split(r"^\$ ((?:.*\\\n)*.*)\n", block, flags=re.MULTILINE)[1:]
    return [Typed(command, said) for command, said in zip(parts[::2], parts[1::2], strict=True)]


def is_shown_rightly(shown: str, said: str) -> bool:
    """Whether they are the same, but for what is never the same twice, and where any lines may stand."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == ANY_LINES else re.escape(_without_differences(line))
        for line in shown.splitlines(keepends=True)
    )
    return re.fullmatch(pattern, _without_differences(said)) is not None


def _without_differences(text: str) -> str:
    for pattern, name in DIFFERS:
        text = re.sub(pattern, name, text)
    return text


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder like the project's, so that what a command writes is not left in that."""
    desk = tmp_path / "desk"
    desk.mkdir()
    for name in ("samples", ".venv"):
        (desk / name).symlink_to(ROOT / name)
    _label_carelessly(desk / "labelled")
    return desk


def _label_carelessly(folder: Path) -> None:
    """What somebody wants to train on who did not look twice."""
    folder.mkdir()
    for name in ("po-1.pdf", "po-2.pdf", "po-3.pdf"):
        shutil.copy(ROOT / "samples/purchase-order/train" / name, folder)
    value = {"page": 1, "text": "8,901.74", "boundingBoxes": [[0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.1, 0.2]]}
    for name in ("po-1.pdf", "po-9.pdf"):
        labels = {"document": name, "labels": [{"label": "Total", "value": [value]}]}
        (folder / f"{name}.labels.json").write_text(json.dumps(labels), encoding="utf-8")
    (folder / "notes.docx").write_bytes(b"PK\x03\x04")
    locked = PdfWriter(clone_from=folder / "po-3.pdf")
    locked.encrypt("secret")
    locked.write(folder / "po-4.pdf")


@pytest.mark.timeout(600)
def test_the_pages_show_what_happens(stack: Stack, desk: Path, eventually: Eventually) -> None:
    """Train, drop, wait, look: in the pages' own words; only the ports are those of this test."""
    stack.up()
    wrong = []
    for name in PAGES:
        text = (ROOT / name).read_text(encoding="utf-8")
        for kind, block, printed in BLOCK.findall(text):
            told = typed(block) if kind == "console" else [Typed(_command(block, desk, stack), printed)]
            for command, shown in told:
                said = _said_at_last(command, shown, desk, stack, eventually)
                if not is_shown_rightly(shown, said):
                    wrong.append(f"{name}: $ {command}\n{said}")
                    text = text.replace(f"$ {command}\n{shown}", f"$ {command}\n{said}", 1)
        if os.environ.get("UPDATE_TRANSCRIPTS"):
            (ROOT / name).write_text(text, encoding="utf-8")
    assert not wrong, "not what is shown:\n" + "\n".join(wrong)


def test_the_demo_is_as_the_readme_shows_it(stack: Stack) -> None:
    """`make demo` runs this."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```\n\$ make demo\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)

    demo = stack.run("local", "demo", seconds=240)

    assert demo.returncode == 0, demo.stdout + demo.stderr
    said = _without_blank_ends(demo.stdout)
    assert is_shown_rightly(shown, said), said


def _command(code: str, desk: Path, stack: Stack) -> str:
    """Runs a page's piece of Python."""
    script = desk / "piece.py"
    script.write_text(code.replace("UseDevelopmentStorage=true", stack.connection.connection_string), encoding="utf-8")
    return f"python {script.name}"


def _said_at_last(command: str, shown: str, desk: Path, stack: Stack, eventually: Eventually) -> str:
    """What it says; of Python, when that is what is shown, as it looks at what may take a moment."""
    said = _type(command, desk, stack)
    if command.startswith("python piece.py") and not is_shown_rightly(shown, said):
        return eventually(lambda: shown if is_shown_rightly(shown, _type(command, desk, stack)) else "", shown)
    return said


def _type(command: str, desk: Path, stack: Stack) -> str:
    """What a person sees."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**stack.environment, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "110"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=desk,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == (command in FAILS), f"{command} ended with {done.returncode}:\n{done.stdout.decode()}"
    return _without_blank_ends(done.stdout.decode())


def _without_blank_ends(text: str) -> str:
    """A table's lines are filled up with blanks."""
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("shown", "said", "right"),
    [
        ("a 1.2 s\n", "a 30 s\n", True),
        ("a  1.2 s │\n", "a 30 s │\n", True),
        ("a\n", "b\n", False),
        ("a\n", "a\nb\n", False),
        ("a\n...\nc\n", "a\nb\nb\nc\n", True),
        ("a\n...\nc\n", "a\nb\n", False),
        ("at 2026-01-01 10:00:00\n", "at 2027-12-31 23:59:59\n", True),
    ],
)
def test_what_counts_as_the_same(shown: str, said: str, *, right: bool) -> None:
    """Times and widths may differ, words and numbers may not."""
    assert is_shown_rightly(shown, said) == right


def test_a_block_is_read_as_commands() -> None:
    """A command may go on in the next line."""
    assert typed("$ one \\\n    more\nsaid\n$ two\n") == [Typed("one \\\n    more", "said\n"), Typed("two", "")]
