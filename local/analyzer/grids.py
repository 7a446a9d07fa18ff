"""Ruled cells become grids with row and column numbers."""

from __future__ import annotations

from dataclasses import dataclass

from local.analyzer.shapes import Box, Word, around, overlap

NARROW = 0.09


@dataclass(frozen=True)
class Cell:
    """A cell; row and column count from 0, spans from 1; `words` in reading order."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box
    words: tuple[Word, ...]
    is_header: bool

    @property
    def text(self) -> str:
        """The words, one space apart."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Table:
    """A grid with at least one filled cell."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]

    @property
    def is_tabular(self) -> bool:
        """Whether there are several rows and columns; else it is a frame or a row of boxes."""
        return self.rows > 1 and self.columns > 1

    @property
    def box(self) -> Box:
        """The smallest box around the cells."""
        return around(cell.box for cell in self.cells)


def grids_on(grids: list[list[Box]], words: list[Word]) -> list[Table]:
    """What the cell boxes of each grid make; grids without text are left out."""
    tables = [_table(boxes, words) for boxes in grids]
    return [table for table in tables if table is not None]


def _table(boxes: list[Box], words: list[Word]) -> Table | None:
    boxes = [box for box in boxes if box.width > NARROW and box.height > NARROW]
    columns = _edges([edge for box in boxes for edge in (box.left, box.right)])
    rows = _edges([edge for box in boxes for edge in (box.top, box.bottom)])
    placed = [_cell(box, rows, columns, words) for box in boxes]
    cells = _without_empty_strips([cell for cell in placed if cell])
    row_count, column_count = (len({cell.row for cell in cells}), len({cell.column for cell in cells}))
    return Table(row_count, column_count, tuple(cells)) if cells else None


def _without_empty_strips(cells: list[Cell]) -> list[Cell]:
    """Only the rows and columns in which some text begins: drawn grids have strips that carry nothing."""
    rows = sorted({cell.row for cell in cells if cell.words})
    columns = sorted({cell.column for cell in cells if cell.words})
    kept = [_renumbered(cell, rows, columns) for cell in cells if cell.row in rows and cell.column in columns]
    return sorted(kept, key=lambda cell: (cell.row, cell.column))


def _renumbered(cell: Cell, rows: list[int], columns: list[int]) -> Cell:
    row, column = rows.index(cell.row), columns.index(cell.column)
    row_span = sum(cell.row <= one < cell.row + cell.row_span for one in rows)
    column_span = sum(cell.column <= one < cell.column + cell.column_span for one in columns)
    return Cell(row, column, row_span, column_span, cell.box, cell.words, row == 0)


def _edges(values: list[float]) -> list[float]:
    """The distinct edges: those nearer than a narrow strip count as one."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] <= NARROW:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(group) / len(group) for group in groups]


def _cell(box: Box, rows: list[float], columns: list[float], words: list[Word]) -> Cell | None:
    row, row_end = _nearest(rows, box.top), _nearest(rows, box.bottom)
    column, column_end = _nearest(columns, box.left), _nearest(columns, box.right)
    if row_end <= row or column_end <= column:
        return None
    inside = tuple(word for word in words if box.holds(word.box))
    return Cell(row, column, row_end - row, column_end - column, box, inside, row == 0)


def _nearest(edges: list[float], value: float) -> int:
    return min(range(len(edges)), key=lambda index: abs(edges[index] - value))


def in_same_column(first: Cell, second: Cell) -> bool:
    """Whether two cells share a column."""
    ends = first.column + first.column_span, second.column + second.column_span
    return overlap(first.column, ends[0], second.column, ends[1]) > 0
