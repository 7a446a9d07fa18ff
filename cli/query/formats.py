"""Rows as CSV, JSON lines, an Excel workbook or Parquet, written to a binary file a row at a time.

A row is a mapping of columns to texts, numbers and truths; what it does not have is absent.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from contextlib import contextmanager
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any

from shared.errors import FormsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from openpyxl import Workbook

    Row = Mapping[str, str | float | bool]

SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384
"""What a sheet of Excel holds, headings among them."""

PARQUET_ROWS = 10_000
"""Rows that are in memory at a time."""

_MAY_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # fmt: skip
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def neutral(text: str) -> str:
    """`text` so that no spreadsheet runs it: a leading apostrophe before `=`, `+`, `-`, `@` and their like.

    A plain number such as `-12.5` is left alone.
    """
    return f"'{text}" if _is_run(text) else text


@contextmanager
def gathered(rows: Iterable[Row]) -> Iterator[tuple[dict[str, type], Iterator[Row]]]:
    """All columns of `rows`, in the order in which they are met, with the type of their values, and the rows once more.

    Storage is read once; meanwhile the rows are in a temporary file. A column of several types is one of texts.
    """
    columns: dict[str, type] = {}
    with tempfile.TemporaryFile("w+", encoding="ascii") as kept:
        for row in rows:
            for name, value in row.items():
                columns[name] = _common(columns.get(name), type(value))
            kept.write(f"{json.dumps(row)}\n")
        kept.seek(0)
        yield columns, map(json.loads, kept)


def write_csv(
    file: IO[bytes], columns: Sequence[str], rows: Iterable[Row], *, mark: bool, shown: Callable[[str], str] = str
) -> None:
    """CSV as RFC 4180 has it, in UTF-8, neutralised. `mark`: a byte order mark, by which Excel knows UTF-8.

    Each text is written as `shown` makes it, which is as it is unless a terminal must be spared.
    """
    with as_text(file, "utf-8-sig" if mark else "utf-8") as text:
        lines = csv.writer(text)
        lines.writerow([neutral(shown(name)) for name in columns])
        for row in rows:
            lines.writerow([_csv(row.get(name), shown) for name in columns])


def write_jsonl(file: IO[bytes], rows: Iterable[Row]) -> None:
    """A JSON object a line, in UTF-8; what a terminal would obey is escaped."""
    with as_text(file, "utf-8") as text:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False)
            text.write(_OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n")


def write_xlsx(file: IO[bytes], title: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """A workbook whose texts are texts, whatever they begin with; what XML can't hold is U+FFFD.

    Rows that a sheet can't hold stand on another.
    """
    if len(columns) > SHEET_COLUMNS:
        reason = f"These are {len(columns):,} columns and a sheet has {SHEET_COLUMNS:,}; choose some, or --format csv."
        raise FormsError("TooManyColumns", reason)
    from openpyxl import Workbook  # noqa: PLC0415  (slow to import; not needed elsewhere)

    book = Workbook(write_only=True)
    left = iter(rows)
    first: list[Row] = list(islice(left, 1))
    while first or not book.worksheets:
        _sheet(book, title, columns, chain(first, islice(left, SHEET_ROWS - 2)))
        first = list(islice(left, 1))
    book.save(file)


def write_parquet(file: IO[bytes], columns: Mapping[str, type], rows: Iterable[Row]) -> None:
    """Parquet; texts, doubles, 64-bit whole numbers and truths, as `columns` says. Texts are not neutralised."""
    arrow, parquet = pyarrow()
    types = {str: arrow.string(), float: arrow.float64(), int: arrow.int64(), bool: arrow.bool_()}
    schema = arrow.schema([(name, types[kind]) for name, kind in columns.items()])
    left = iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while batch := list(islice(left, PARQUET_ROWS)):
            typed = [{name: _typed(value, columns[name]) for name, value in row.items()} for row in batch]
            writer.write_table(arrow.Table.from_pylist(typed, schema))


def pyarrow() -> tuple[Any, Any]:
    """The package and its part for Parquet; `FormsError` says how to get it."""
    try:
        import pyarrow  # noqa: ICN001, PLC0415  (an extra)
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        reason = "Parquet needs a package more: python -m pip install -r requirements-parquet.txt"
        raise FormsError("NoParquet", reason) from None
    return pyarrow, parquet


@contextmanager
def as_text(file: IO[bytes], encoding: str = "utf-8") -> Iterator[io.TextIOWrapper]:
    """A text file over a binary one, which stays open. What can't be encoded is escaped."""
    text = io.TextIOWrapper(file, encoding, errors="backslashreplace", newline="")
    yield text
    text.detach()


def _is_run(text: str) -> bool:
    return text.startswith(_MAY_RUN) and not _PLAIN_NUMBER.fullmatch(text)


def _csv(value: str | float | None, shown: Callable[[str], str]) -> str | float | None:
    if isinstance(value, bool):
        return str(value).lower()
    return neutral(shown(value)) if isinstance(value, str) else value


def _sheet(book: Workbook, title: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    number = len(book.worksheets) + 1
    sheet = book.create_sheet(title if number == 1 else f"{title} {number}")
    sheet.freeze_panes = "A2"

    def cell(value: str | float | None) -> object:
        if not isinstance(value, str):
            return value
        found = WriteOnlyCell(sheet, _NOT_XML.sub("\ufffd", value))
        # openpyxl takes a text such as #N/A for an error of Excel, and =1 for a formula.
        found.data_type = "s"
        if _is_run(value):
            # Excel keeps it a text when somebody edits the cell; no apostrophe is in what the cell holds.
            found.quotePrefix = True
        return found

    sheet.append([cell(name) for name in columns])
    for row in rows:
        sheet.append([cell(row.get(name)) for name in columns])


def _common(one: type | None, other: type) -> type:
    if one in (None, other):
        return other
    return float if {one, other} == {int, float} else str


def _typed(value: str | float, kind: type) -> object:
    return str(value).lower() if kind is str and isinstance(value, bool) else kind(value)
