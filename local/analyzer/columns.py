"""Tables without rules: a row of headings over rows with a text under each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer.grids import Cell, Table
from local.analyzer.shapes import Box, around, overlap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local.analyzer.pages import Line

LEAST_COLUMNS, LEAST_ROWS = 3, 2
FARTHEST_ROW = 2.6
ALIGNED = 0.1
Row = list["Line"]


def plain_tables(lines: Sequence[Line], ruled: Iterable[Table]) -> list[Table]:
    """The tables among the lines that stand in no ruled table: three columns or more, two rows or more under headings.

    Every row has one text in every column, and a third of the texts are figures; the first row that is built
    differently ends the table.
    """
    frames = [table.box for table in ruled]
    rows = _rows([line for line in lines if not any(frame.holds(line.box) for frame in frames)])
    tables, start = [], 0
    while start < len(rows):
        count = _length(rows[start:])
        if count:
            tables.append(_table(rows[start : start + count]))
        start += max(1, count)
    return tables


def _rows(lines: Sequence[Line]) -> list[Row]:
    rows: list[Row] = []
    for line in lines:
        if rows and abs(rows[-1][0].box.middle - line.box.middle) <= line.box.height / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.box.left) for row in rows]


def _length(rows: Sequence[Row]) -> int:
    """How many rows, with that of the headings, make a table that begins here; 0 when there is none."""
    headings = rows[0]
    if len(headings) < LEAST_COLUMNS or not all(_is_heading(line) for line in headings):
        return 0
    count = 1
    while count < len(rows) and _follows(rows[count - 1], rows[count], headings):
        count += 1
    return count if count > LEAST_ROWS and _has_figures(rows[1:count]) else 0


def _is_heading(line: Line) -> bool:
    return not line.text.endswith(":") and not any(char.isdigit() for char in line.text)


def _follows(above: Row, row: Row, headings: Row) -> bool:
    near = row[0].box.top - above[0].box.top <= FARTHEST_ROW * row[0].words[0].size
    return near and len(row) == len(headings) and all(map(_is_under, headings, row))


def _is_under(heading: Line, line: Line) -> bool:
    first, second = heading.box, line.box
    edges = (first.left - second.left, first.right - second.right, first.centre - second.centre)
    return (
        min(abs(edge) for edge in edges) <= ALIGNED or overlap(first.left, first.right, second.left, second.right) > 0
    )


def _has_figures(rows: Sequence[Row]) -> bool:
    lines = [line for row in rows for line in row]
    return 3 * sum(any(char.isdigit() for char in line.text) for line in lines) >= len(lines)


def _table(rows: Sequence[Row]) -> Table:
    return Table(len(rows), len(rows[0]), tuple(_cells(rows)))


def _cells(rows: Sequence[Row]) -> Iterator[Cell]:
    columns = [around(line.box for line in column) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        height = around(line.box for line in row)
        for column, line in enumerate(row):
            box = Box(columns[column].left, height.top, columns[column].right, height.bottom)
            yield Cell(number, column, 1, 1, box, line.words, number == 0)
