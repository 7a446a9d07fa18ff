"""`status`: where each document is, since when, why and what to do, however many there are."""

from __future__ import annotations

import base64
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from cli import tables
from shared.names import DOCUMENTS_TABLE
from shared.storage.clients import table_service
from shared.storage.tables import table_key, transactions
from tests.stack.app import App, a_pdf
from tests.stack.person import ROOT
from tests.stack.typed import environment_of, rows_of, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sized

    from typer.testing import Result

    from tests.conftest import Eventually

STORED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def folder(unique: Callable[[str], str]) -> str:
    """A folder of the container that no other test uses."""
    return unique("folder")


def documents_are_there(app: App, folder: str, names: Iterable[str], **columns: object) -> None:
    """Rows of so many documents, succeeded unless said otherwise."""
    fine = {"Status": "succeeded", "StoredAt": STORED, "NeedsReview": False, **columns}
    paths = [f"{folder}/{name}" for name in names]
    rows = [{"PartitionKey": folder, "RowKey": table_key(path), "Path": path, **fine} for path in paths]
    with table_service(app.storage) as account:
        for batch in transactions(("create", row) for row in rows):
            account.get_table_client(DOCUMENTS_TABLE).submit_transaction(batch)


def listed(done: Result) -> list[str]:
    """The names in the table's first column."""
    return [line.split("│")[1].strip() for line in done.stdout.splitlines() if line.startswith("│")]


def test_a_folder_shows_where_each_document_is(app: App, folder: str) -> None:
    """Since when, and for one that is not well why and what to do."""
    documents_are_there(app, folder, ["a.pdf"])
    documents_are_there(app, folder, ["b.pdf"], Status="failed", ErrorCode="EncryptedPdf", ErrorMessage="Locked.")
    documents_are_there(app, folder, ["c.pdf"], NeedsReview=True)

    done = typed(app, "status", folder)

    lines = [re.sub(r" +", " ", line) for line in done.stdout.splitlines()]
    assert f"│ {folder}/a.pdf │ succeeded │ 2026-01-02 03:04:05 │ │" in lines
    assert f"│ {folder}/c.pdf │ succeeded │ 2026-01-02 03:04:05 │ Needs review. │" in lines
    [locked] = [line for line in lines if "b.pdf" in line]
    assert "│ failed │ 20" in locked
    assert "EncryptedPdf: Locked. To do: drop a copy that needs no password." in locked
    assert done.stderr == "2 succeeded (1 to review), 1 failed.\n"


def test_the_first_page_is_bounded(app: App, folder: str) -> None:
    """It says how to see more; --all and the filters go through all of them."""
    documents_are_there(app, folder, (f"{number:04}.pdf" for number in range(230)))
    documents_are_there(app, folder, ["z.pdf"], Status="failed", ErrorCode="EmptyFile")

    first = typed(app, "status", folder)
    assert listed(first) == [f"{folder}/{number:04}.pdf" for number in range(100)]
    assert first.stderr.startswith("These are the first 100 (100 succeeded); --all shows every one")

    every = typed(app, "status", folder, "--all")
    assert listed(every) == [*(f"{folder}/{number:04}.pdf" for number in range(230)), f"{folder}/z.pdf"]
    assert every.stderr == "230 succeeded, 1 failed.\n"
    assert listed(typed(app, "status", folder, "--state", "failed")) == [f"{folder}/z.pdf"]
    assert len(rows_of(typed(app, "status", folder, "--json", "--all"))) == 231


def test_documents_are_counted_by_state(app: App, folder: str) -> None:
    """Of all there are, in however many pages they come."""
    documents_are_there(app, folder, map(str, range(3)))
    documents_are_there(app, folder, map(str, range(3, 5)), NeedsReview=True)
    documents_are_there(app, folder, ["9"], Status="waiting")
    shown = typed(app, "status", folder, "--counts")
    assert re.findall(r"(\w+) +│ +(\d+) +│ +(\d+)", shown.stdout) == [("waiting", "1", "0"), ("succeeded", "5", "2")]
    counted = rows_of(typed(app, "status", folder, "--counts", "--json", "--needs-review"))
    assert counted == [{"Status": "succeeded", "Documents": 2, "NeedsReview": 2}]


def test_a_folder_within_a_folder_is_a_place_too(app: App, folder: str) -> None:
    """Names that only begin alike are not in it."""
    documents_are_there(app, folder, ["a/1.pdf", "a/b/2.pdf", "a-b.pdf", "ab/3.pdf", "a!/4.pdf", "a~/5.pdf"])
    assert listed(typed(app, "status", f"{folder}/a/")) == [f"{folder}/a/1.pdf", f"{folder}/a/b/2.pdf"]
    assert listed(typed(app, "status", f"{folder}/a/b")) == [f"{folder}/a/b/2.pdf"]
    assert listed(typed(app, "status", f"{folder}/a!")) == [f"{folder}/a!/4.pdf"]


def test_one_document_is_shown_whole(app: App, path: str) -> None:
    """Each column on a line; as JSON with the same names, for a program."""
    app.drop(path, b"no form at all")
    app.submit(path)

    shown = typed(app, "status", path).stdout.splitlines()
    [row] = rows_of(typed(app, "status", path, "--json"))

    assert shown[0].startswith(f"{path}: failed since 20")
    assert shown[1].startswith("why: UnsupportedType: Its content is not PDF")
    assert shown[2] == "what to do: drop it as PDF, JPEG, PNG, TIFF or BMP"
    assert {line.partition(": ")[0] for line in shown[4:]} == row.keys() - {"Advice"}
    assert (row["Path"], row["Status"], row["Size"]) == (path, "failed", 14)
    assert row["Advice"] == "drop it as PDF, JPEG, PNG, TIFF or BMP"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", row["Timestamp"])


def test_names_and_words_from_outside_are_shown_as_they_are(app: App, folder: str) -> None:
    """Nothing in them is markup or moves the cursor."""
    documents_are_there(
        app, folder, ["[red]\x1b[2J:smile:.pdf"], Status="failed", ErrorCode="[bold]", ErrorMessage="\x1b]0;x\x07[/red]"
    )
    for words in (("status", folder), ("status", f"{folder}/[red]\x1b[2J:smile:.pdf")):
        done = typed(app, *words)
        assert "[red]\\x1b[2J:smile:.pdf" in done.stdout
        assert "[bold]: \\x1b]0;x\\x07[/red]" in done.stdout
        assert "\x1b" not in done.output


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(("nowhere",), 1, "There is no file and no folder nowhere in `documents`", id="a place"),
        pytest.param(("no/where.pdf", "--json"), 1, "There is no file and no folder no/where.pdf", id="a file"),
        pytest.param(("nowhere", "--state", "failed"), 1, "There is no file and no folder nowhere", id="filtered"),
        pytest.param(("caf\udce9",), 2, "caf\\udce9 is not UTF-8", id="bytes"),
        pytest.param(("--state", "lost"), 2, "'lost' is not one of", id="a state"),
        pytest.param(("--watch",), 2, "It needs a terminal", id="no terminal"),
        pytest.param(("--watch", "--json"), 2, "It is a table for people", id="a table for a program"),
    ],
)
def test_odd_words_get_a_sentence(app: App, words: tuple[str, ...], code: int, said: str) -> None:
    """And an exit code; nothing goes to standard output."""
    done = typed(app, "status", *words, code=code)
    assert said in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("words", [("status",), ("upload", "README.md"), ("reconcile", "--dry-run")])
def test_a_wrong_key_of_storage_is_a_wrong_configuration(app: App, words: tuple[str, ...]) -> None:
    """Whichever part of storage is asked first."""
    parts = dict(part.split("=", 1) for part in app.storage.connection_string.split(";") if part)
    key = base64.b64encode(bytes(64)).decode()
    wrong = ";".join(f"{name}={value}" for name, value in {**parts, "AccountKey": key}.items())

    done = typed(app, *words, code=3, DOCUMENTS_STORAGE=wrong)

    assert done.stderr.startswith("Storage refused this identity or key: ")
    assert done.stderr.endswith(". Look at DOCUMENTS_STORAGE.\n")
    assert done.stderr.count("\n") == 1


def test_none_in_a_state_is_no_failure(app: App, folder: str) -> None:
    """A script that asks for failed documents is glad of it."""
    documents_are_there(app, folder, ["a.pdf"])
    done = typed(app, "status", folder, "--state", "failed")
    assert (done.stdout, done.stderr) == ("", "None.\n")


def test_a_file_that_no_function_has_seen_is_told_from_none(app: App, path: str) -> None:
    """So that a person looks at the app and not at the name."""
    app.drop(path, a_pdf("unseen"))
    for where in (path, path.partition("/")[0]):
        done = typed(app, "status", where, code=1)
        assert f"{path} was dropped at 20" in done.stderr
        assert "not seen so far: see that the app runs" in done.stderr


def test_the_table_is_read_a_page_at_a_time(app: App, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows there are, as many are held as are shown together."""
    documents_are_there(app, folder, map(str, range(450)))
    held: list[int] = []
    printed: list[int] = []

    def counting(*asked: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
        for row in tables.rows(*asked):
            held.append(len(printed))
            yield row

    def printing(page: Sized, **_: bool) -> str:
        printed.append(len(page))
        return "page"

    monkeypatch.setattr("cli.status.command.rows", counting)
    monkeypatch.setattr("cli.status.command.documents_table", printing)
    typed(app, "status", folder, "--all")
    assert printed == [100, 100, 100, 100, 50]
    # The rows of a page are asked for only when the page before it was printed.
    assert [held.count(pages) for pages in range(5)] == [100, 100, 100, 100, 50]


def test_a_live_table_shows_what_moves(app: App, folder: str, eventually: Eventually) -> None:
    """It goes on until Ctrl-C, which is its usual end."""
    documents_are_there(app, folder, ["a.pdf"])
    documents_are_there(app, folder, ["b.pdf"], Status="analyzing", SubmittedAt=STORED)
    with on_a_terminal(app, "status", folder, "--watch") as (process, screen):
        eventually(lambda: "1 analyzing, 1 succeeded" in screen() and "b.pdf" in screen(), "the counts and the table")
        documents_are_there(app, folder, ["c.pdf"], Status="failed", ErrorCode="EmptyFile")
        eventually(lambda: "1 analyzing, 1 succeeded, 1 failed" in screen(), "the third document")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert "Traceback" not in screen()


@contextmanager
def on_a_terminal(app: App, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """A command on a terminal, and what it has written there so far."""
    ours, its = pty.openpty()
    os.set_blocking(ours, False)
    written = bytearray()

    def screen() -> str:
        with suppress(OSError):
            written.extend(os.read(ours, 1 << 16))
        return written.decode(errors="replace")

    env = {**os.environ, **environment_of(app), "COLUMNS": "100", "LINES": "30", "TERM": "xterm"}
    command = [sys.executable, "-m", "cli", *words]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdin=its, stdout=its, stderr=its) as process:
        try:
            yield process, screen
        finally:
            process.kill()
            os.close(its)
            os.close(ours)
