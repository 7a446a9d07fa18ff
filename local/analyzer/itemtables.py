"""Tables of line items: their headings are no keys, and what stands in their rows is neither key nor value.

A table counts as one when on some form at least two of its rows are filled. A row whose first column is empty or
spanned (a subtotal) is not an item row: it may well hold a key and its value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer.phrases import MANY, Anchor, Spot
from local.analyzer.shapes import around, overlap
from local.analyzer.steadiness import normal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from local.analyzer.grids import Cell, Table
    from local.analyzer.models import Headings
    from local.analyzer.pages import Line, Page
    from local.analyzer.shapes import Box
    from local.analyzer.values import Place

LEAST_COLUMNS = 3
WIDEST_GAP = 1.5


def item_headings(pages: Sequence[Page]) -> tuple[Headings, ...]:
    """The heading texts of the item tables that many of these pages have."""
    seen = [{_headings(table) for table in page.tables} for page in pages]
    several = {_headings(table) for page in pages for table in page.tables if len(_item_rows(table)) > 1}
    common = {one for one in several if sum(one in page for page in seen) >= MANY * len(pages)}
    return tuple(sorted(one for one in common if len(one) > 1))


def item_words(page: Page, headings: Iterable[Headings]) -> frozenset[Place]:
    """Where the words of item rows stand in the lines of the page."""
    return frozenset((word.line, word.index) for cell in _item_cells(page, headings) for word in cell.words)


def heading_words(page: Page, headings: Iterable[Headings]) -> frozenset[Place]:
    """Where the words of the headings stand in the lines of the page."""
    cells = [cell for table in _item_tables(page, headings) for cell in table.cells if cell.row == 0]
    return frozenset((word.line, word.index) for cell in cells for word in cell.words)


def rows_under(page: Page, headings: Sequence[Spot], blocked: Collection[Place]) -> list[list[Line]]:
    """The rows under headings without rules: each begins in the first column and is not made of labels only.

    A gap of one and a half lines ends them.
    """
    ordered = sorted((spot.box for spot in headings), key=lambda box: box.left)
    if len(ordered) < LEAST_COLUMNS:
        return []
    bottom, rows = max(box.bottom for box in ordered), []
    for row in _rows_below(page, around(ordered)):
        labels = all((line.words[0].line, line.words[0].index) in blocked for line in row)
        gap = min(line.box.top for line in row) - bottom
        if gap > WIDEST_GAP * max(line.words[0].size for line in row) or row[0].box.left >= ordered[1].left or labels:
            break
        bottom = max(line.box.bottom for line in row)
        rows.append(row)
    return rows


def _rows_below(page: Page, headings: Box) -> list[list[Line]]:
    """The lines below, within the width of the headings, by row and from left to right."""
    rows: list[list[Line]] = []
    for line in page.lines:
        box = line.box
        if box.middle <= headings.bottom or not overlap(box.left, box.right, headings.left, headings.right):
            continue
        if rows and abs(rows[-1][0].box.middle - box.middle) <= box.height / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.box.left) for row in rows]


def are_items(rows: Sequence[Sequence[Line]]) -> bool:
    """Whether these are several rows of several columns, a third of it figures; addresses side by side are not."""
    lines = [line for row in rows for line in row]
    figures = sum(all(any(char.isdigit() for char in word.text) for word in line.words) for line in lines)
    return sum(len(row) > 1 for row in rows) > 1 and 3 * figures >= len(lines)


def mostly_within(anchor: Anchor, places: Sequence[frozenset[Place]]) -> bool:
    """Whether more than half of the spots of an anchor lie in these places (one set for each form)."""
    inside = sum(_is_within(spot, places[form]) for form, spot in anchor.spots.items())
    return 2 * inside > len(anchor.spots)


def _is_within(spot: Spot, places: frozenset[Place]) -> bool:
    return all((word.line, word.index) in places for word in spot.words)


def _headings(table: Table) -> Headings:
    return tuple(normal(cell.text) for cell in table.cells if cell.row == 0 and cell.words)


def _item_tables(page: Page, headings: Iterable[Headings]) -> Iterator[Table]:
    wanted = set(headings)
    return (table for table in page.tables if _headings(table) in wanted)


def _item_cells(page: Page, headings: Iterable[Headings]) -> Iterator[Cell]:
    for table in _item_tables(page, headings):
        rows = _item_rows(table)
        yield from (cell for cell in table.cells if cell.row in rows)


def _item_rows(table: Table) -> frozenset[int]:
    first = (cell for cell in table.cells if cell.row > 0 and cell.column == 0)
    return frozenset(cell.row for cell in first if cell.words and cell.column_span == 1)
