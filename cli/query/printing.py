"""Rows as a person reads them on a terminal. Nothing that was read from a document is obeyed by it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from cli.plain import in_one_line, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import IO

    from cli.query.grids import Grid

REVIEW, _COLOUR = "needs review", "yellow"
_OF_FORMS = {"Path", "DocumentType", "Confidence", "NeedsReview", "FieldsLeftOut", "Truncated"}
_ANY_WIDTH = 100_000
_OF_VALUES = {
    "Page": "Page",
    "Name": "Name",
    "Text": "Text",
    "Value": "Value",
    "Confidence": "Confidence",
    "ReadConfidence": "Read",
}
"""The columns of `Fields` that are shown, and their headings."""


def console(file: IO[str] | None = None) -> Console:
    """Prints texts as they are; `file` is standard output when there is none."""
    return Console(file=file, markup=False, emoji=False, highlight=False)


def print_forms(out: Console, rows: Iterable[Mapping[str, Any]], chosen: Iterable[str] = ()) -> None:
    """A line for each form where that fits the terminal, else a block; `chosen` columns are shown even when empty."""
    forms = list(rows)
    names = {name: None for row in forms for name in row if name not in _OF_FORMS}
    names = {name: None for name in chosen if name != "Path"} or names
    table = _table(["document", *names, *_review_heading(forms)])
    for row in forms:
        table.add_row(_cell(row["Path"]), *(_cell(row.get(name)) for name in names), *_review(row, forms))
    if Measurement.get(out, out.options.update(max_width=_ANY_WIDTH), table).maximum <= out.width:
        if forms:
            out.print(table)
        return
    for row in forms:
        _print_title(out, row["Path"], row)
        for name in names:
            if name in row:
                out.print(f"  {plain(name)}: {_said(row[name])}", soft_wrap=True)
        if row.get("FieldsLeftOut"):
            out.print(f"  ({row['FieldsLeftOut']} more: --fields shows them)", soft_wrap=True)


def print_values(out: Console, rows: Iterable[Mapping[str, Any]]) -> None:
    """A line for each value, a document after the other."""
    values = list(rows)
    shown = [name for name in _OF_VALUES if any(name in row for row in values)]
    for path, group in groupby(values, key=lambda row: str(row["Path"])):
        table = _table([*map(_OF_VALUES.__getitem__, shown), *_review_heading(values)])
        for row in group:
            table.add_row(*(_cell(row.get(name)) for name in shown), *_review(row, values))
        _print_title(out, path)
        out.print(table)


def print_grid(out: Console, grid: Grid) -> None:
    """A table as it stood on the page."""
    page = f", page {grid.page}" if grid.page else ""
    table = _table(grid.headings)
    for _, texts in grid.rows:
        table.add_row(*map(_cell, texts))
    _print_title(out, f"{grid.path}, table {grid.table}{page}")
    out.print(table)


def _table(headings: Iterable[str]) -> Table:
    table = Table()
    for heading in headings:
        table.add_column(Text(plain(heading)), overflow="fold")
    return table


def _print_title(out: Console, title: str, row: Mapping[str, Any] | None = None) -> None:
    review = (f"  {REVIEW}", _COLOUR) if row and row.get("NeedsReview") else ""
    out.print(Text.assemble((plain(title), "bold"), review), soft_wrap=True)


def _review_heading(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """A column without a name, where there is anything to say in it."""
    return [""] if any(row.get("NeedsReview") for row in rows) else []


def _review(row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> list[Text]:
    return [Text(REVIEW if row.get("NeedsReview") else "", _COLOUR) for _ in _review_heading(rows)]


def _cell(value: object) -> Text:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Text("" if value is None else _said(value), justify="right" if number else "left")


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else in_one_line(value)
