"""Rows written in each format, read back by what others read them with."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from cli.endings import explanation
from cli.output import destination
from cli.plain import plain
from cli.query import formats
from shared.errors import FormsError

ROOT = Path(__file__).parents[2]
ROWS: list[formats.Row] = [
    {"Path": "a/1.pdf", "Total": 12.5, "Paid": True, "Größe": "L\nXL"},
    {"Path": "a/2.pdf", "Total": "1,5", "Paid": False, "Note": 'say "=1"'},
    {"Path": "=1+1.pdf", "Paid": True, "Pages": 3},
]
COLUMNS = {"Path": str, "Total": str, "Paid": bool, "Größe": str, "Note": str, "Pages": int}

RUN = tuple("=+-@\t\r\n")
dangerous = st.tuples(st.sampled_from(RUN), st.text(st.characters(exclude_categories=["Cs"]))).map("".join)
texts = st.text(st.characters(exclude_categories=["Cs"])) | dangerous


def test_columns_are_gathered_in_the_order_in_which_they_are_met() -> None:
    """With their types: a column of numbers and texts is one of texts, whole numbers and others are numbers."""
    mixed: list[formats.Row] = [*ROWS, {"Path": "b", "Pages": 1.5}]
    with formats.gathered(iter(mixed)) as (columns, again):
        assert columns == {**COLUMNS, "Pages": float}
        assert list(columns) == list(COLUMNS)
        assert list(again) == mixed


def test_csv_is_read_back_as_it_was() -> None:
    """What is absent is empty, truths are lower-case, and a formula is a text."""
    file = io.BytesIO()
    formats.write_csv(file, list(COLUMNS), ROWS, mark=False)

    lines = list(csv.DictReader(io.StringIO(file.getvalue().decode(), newline="")))
    assert [line["Path"] for line in lines] == ["a/1.pdf", "a/2.pdf", "'=1+1.pdf"]
    assert [line["Total"] for line in lines] == ["12.5", "1,5", ""]
    assert [line["Paid"] for line in lines] == ["true", "false", "true"]
    assert lines[0]["Größe"] == "L\nXL"
    assert lines[1]["Note"] == 'say "=1"'
    assert b"\r\n" in file.getvalue()


@pytest.mark.parametrize("mark", [True, False])
def test_a_byte_order_mark_is_for_excel(*, mark: bool) -> None:
    """In a file, not in a pipe."""
    file = io.BytesIO()
    formats.write_csv(file, ["Größe"], [], mark=mark)
    assert file.getvalue() == (b"\xef\xbb\xbf" if mark else b"") + "Größe\r\n".encode()


@given(texts, texts)
def test_no_cell_of_a_csv_is_run_and_none_is_changed(column: str, text: str) -> None:
    """Only an apostrophe is put before what a spreadsheet would run; a heading may be such a text too."""
    file = io.BytesIO()
    formats.write_csv(file, [column], [{column: text}], mark=False)

    heading, cell = (line[0] for line in csv.reader(io.StringIO(file.getvalue().decode() or "", newline="")) if line)
    for written, was in ((heading, column), (cell, text)):
        assert written in (was, f"'{was}")
        assert not written.startswith(RUN) or is_number(written)


def is_number(text: str) -> bool:
    """Whether a spreadsheet takes it for a number, so that it runs nothing."""
    return text.lstrip("+-").replace(".", "").replace(",", "").isdecimal()


@pytest.mark.parametrize("number", ["-12.5", "+1", "-1,234.50", "-1.234,5"])
def test_a_plain_number_stays_one(number: str) -> None:
    """An apostrophe would make a text of it."""
    assert formats.neutral(number) == number


@pytest.mark.parametrize("text", ["-1+1", "+49 170 1234567", "-", "-a", "=1", "@x", "-1.", "\uff1d1"])
def test_what_is_more_than_a_number_is_neutralised(text: str) -> None:
    """A sign and a digit are not enough."""
    assert formats.neutral(text) == f"'{text}"


def test_json_lines_are_read_back_and_harmless_on_a_terminal() -> None:
    """Letters are as they are; what a terminal obeys is escaped."""
    rows: list[formats.Row] = [{"a": "Größe \x1b[31m \x9b31m \u202e", "b": 1.5, "c": True}, {"\u2028": "\ud800"}]
    file = io.BytesIO()
    formats.write_jsonl(file, rows)

    text = file.getvalue().decode()
    assert [json.loads(line) for line in text.splitlines()] == rows
    assert "Größe" in text
    assert all(one.isprintable() or one == "\n" for one in text)


def book(columns: list[str], rows: list[formats.Row]) -> Any:  # noqa: ANN401
    """The workbook that is written, as openpyxl reads it."""
    file = io.BytesIO()
    formats.write_xlsx(file, "Forms", columns, rows)
    return openpyxl.load_workbook(io.BytesIO(file.getvalue()))


def test_a_workbook_is_read_back_as_it_was() -> None:
    """Numbers are numbers, truths truths, and no text is a formula or an error, nor becomes one when it is edited."""
    rows: list[formats.Row] = [
        *ROWS,
        {"Path": "#N/A", "Total": "=SUM(A1)", "Note": "\x01\ufffe\ud800"},
        {"Path": "+46 582 3014412", "Total": "-12.5"},
    ]
    sheet = book(list(COLUMNS), rows)["Forms"]

    found = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert found[0] == list(COLUMNS)
    assert found[1] == ["a/1.pdf", 12.5, True, "L\nXL", None, None]
    assert found[3] == ["=1+1.pdf", None, True, None, None, 3]
    assert found[4] == ["#N/A", "=SUM(A1)", None, None, "\ufffd\ufffd\ufffd", None]
    assert found[5] == ["+46 582 3014412", "-12.5", None, None, None, None]
    quoted = {cell.value for row in sheet.iter_rows() for cell in row if cell.quotePrefix}
    assert quoted == {"=1+1.pdf", "=SUM(A1)", "+46 582 3014412"}
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n", "b"}
    assert sheet.freeze_panes == "A2"


def test_more_rows_than_a_sheet_holds_stand_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its headings; too many columns are refused before anything is written."""
    monkeypatch.setattr(formats, "SHEET_ROWS", 3)
    monkeypatch.setattr(formats, "SHEET_COLUMNS", 2)
    sheets = book(["n"], [{"n": number} for number in range(5)])
    found = {sheet.title: [row[0].value for row in sheet.iter_rows()] for sheet in sheets}
    assert found == {"Forms": ["n", 0, 1], "Forms 2": ["n", 2, 3], "Forms 3": ["n", 4]}
    assert book(["n"], []).sheetnames == ["Forms"]

    with pytest.raises(FormsError, match="These are 3 columns and a sheet has 2"):
        book(["a", "b", "c"], [])


def test_parquet_is_read_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """With types; a column of several is one of texts, and nothing needs to be neutralised."""
    monkeypatch.setattr(formats, "PARQUET_ROWS", 2)
    file = io.BytesIO()
    formats.write_parquet(file, COLUMNS, [*ROWS, {"Total": True}])

    table = parquet.read_table(io.BytesIO(file.getvalue()))
    assert {field.name: str(field.type) for field in table.schema} == {
        **dict.fromkeys(["Path", "Total", "Größe", "Note"], "string"), "Paid": "bool", "Pages": "int64"
    }  # fmt: skip
    assert table.column("Path").to_pylist() == ["a/1.pdf", "a/2.pdf", "=1+1.pdf", None]
    assert table.column("Total").to_pylist() == ["12.5", "1,5", None, "true"]
    assert table.column("Pages").to_pylist() == [None, None, 3, None]


def test_without_pyarrow_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the file that it names is there."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FormsError, match=r"pip install -r requirements-parquet.txt") as raised:
        formats.pyarrow()
    assert (ROOT / str(raised.value).rpartition(" ")[2]).read_text(encoding="utf-8").count("\npyarrow>=") == 1


def test_the_packages_of_the_formats_are_loaded_when_they_are_needed() -> None:
    """No other command waits for them."""
    seen = "import sys, cli.commands; print([name for name in ('openpyxl', 'pyarrow') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", seen], cwd=ROOT, text=True) == "[]\n"


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """An interrupted one leaves what was there, and nothing beside it."""
    path = tmp_path / f"{'ä' * 124}.csv"
    path.write_text("before")

    def interrupted() -> None:
        with destination(path) as file:
            file.write(b"half")
            assert path.read_text() == "before"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "before"

    with destination(path) as file:
        file.write(b"after")
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o044, "others may read it, as they may any new file"


def test_a_link_and_a_device_stay_what_they_are(tmp_path: Path) -> None:
    """The file behind the link is written; a device is written to."""
    real, link, pipe = tmp_path / "real.csv", tmp_path / "link.csv", tmp_path / "null"
    link.symlink_to(real)
    pipe.symlink_to("/dev/null")
    for path in (link, pipe):
        with destination(path) as file:
            file.write(b"x")
    assert link.is_symlink()
    assert real.read_text() == "x"
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(("name", "sentence"), [("", "is a folder"), ("no/a.csv", "a folder that is not there")])
def test_what_can_not_be_written_is_told(tmp_path: Path, name: str, sentence: str) -> None:
    """Before anything is read."""
    with pytest.raises(typer.BadParameter, match=sentence), destination(tmp_path / name):
        pass


def test_a_file_that_can_not_be_made_is_named_as_it_was_given() -> None:
    """And not as it is called while it is unfinished."""
    with pytest.raises(OSError, match="orders") as raised, destination(Path("/proc/../proc/orders.csv")):
        pass
    assert explanation(raised.value) == ("/proc/../proc/orders.csv: No such file or directory.", 1)


@given(st.text())
def test_a_terminal_obeys_nothing(text: str) -> None:
    """What it would is shown as an escape, on one line."""
    assert plain(text).isprintable()
