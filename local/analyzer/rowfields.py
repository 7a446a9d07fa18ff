"""Labelled tables of any number of rows: which column is where, and where the rows begin and end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from local.analyzer.rules import CORNER
from local.analyzer.shapes import around

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from local.analyzer.rules import Sheet, Words
    from local.analyzer.shapes import Box

Row = dict[str, "Words"]

LEAST_GAP = 0.3
WIDER = 1.7
SIDE = 0.4
CLOSE = 0.75
LEAD = 0.08


@dataclass(frozen=True)
class RowRule:
    """Under which phrase the rows begin (`top`), the widest way from row to row (`pitch`), and the columns.

    All in inches, `left` and `right` of each column from the phrase's left edge, in the order of the columns. Every row
    has text in the `needed` columns.
    """

    anchor: int
    top: float
    pitch: float
    columns: tuple[tuple[str, float, float], ...]
    needed: tuple[str, ...]


def find_row_rule(sheets: Sequence[Sheet], tables: Sequence[Sequence[Row]]) -> RowRule | None:
    """The rule by which the labelled rows of each sheet would be found; None when no sheet has any."""
    rows = [row for table in tables for row in table]
    if not rows:
        return None
    anchor = _anchor(sheets, tables)
    keys = [sheet.box_of(anchor) for sheet in sheets]
    shown = [(key, table) for key, table in zip(keys, tables, strict=True) if key and table]
    tops = [_box(table[0]).top - key.top for key, table in shown]
    steps = [_box(below).top - _box(above).top for _, table in shown for above, below in pairwise(table)]
    names = Counter(name for row in rows for name in row)
    needed = tuple(name for name, count in names.items() if count == len(rows)) or (names.most_common(1)[0][0],)
    columns = sorted((_column(name, shown) for name in names), key=lambda one: one[1])
    return RowRule(anchor, median(tops), max([LEAST_GAP, *steps]), tuple(columns), needed)


def _box(row: Row) -> Box:
    return around(word.box for words in row.values() for word in words)


def _anchor(sheets: Sequence[Sheet], tables: Sequence[Sequence[Row]]) -> int:
    """The phrase that most sheets have above their first row, always as far above, and nearest."""
    drops: dict[int, list[float]] = {}
    for sheet, table in zip(sheets, tables, strict=True):
        first = _box(table[0]) if table else None
        for number, spot in sheet.spots.items():
            if first and spot.box.bottom <= first.top + LEAD:
                drops.setdefault(number, []).append(first.top - spot.box.top)
    least = sum(map(bool, tables)) / 2
    common = {number: seen for number, seen in drops.items() if len(seen) >= least}
    return min(common, key=lambda one: max(common[one]) - min(common[one]) + median(common[one]), default=CORNER)


def _column(name: str, shown: Sequence[tuple[Box, Sequence[Row]]]) -> tuple[str, float, float]:
    cells = [(key, around(word.box for word in row[name])) for key, table in shown for row in table if name in row]
    return name, min(cell.left - key.left for key, cell in cells), max(cell.right - key.left for key, cell in cells)


def rows_of(rule: RowRule, sheet: Sheet) -> list[Row]:
    """The rows of the table on this sheet, each with the words of its filled columns."""
    key = sheet.box_of(rule.anchor)
    if key is None:
        return []
    edges = [(name, low + key.left, high + key.left) for name, low, high in _stretched(rule.columns)]
    rows: list[Row] = []
    last = key.top + rule.top
    for words in _lines_below(sheet, edges[0][1], edges[-1][2], last - LEAD):
        top = min(word.box.top for word in words)
        row = _cells(words, edges)
        if top - last > WIDER * rule.pitch or any((word.line, word.index) in sheet.blocked for word in words):
            break
        if all(name in row for name in rule.needed):
            rows.append(row)
        elif rows and top - max(word.box.bottom for part in rows[-1].values() for word in part) < CLOSE * words[0].size:
            rows[-1] = {name: rows[-1].get(name, ()) + row.get(name, ()) for name in {**rows[-1], **row}}
        else:
            break
        last = top
    return rows


def _stretched(columns: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The columns without gaps between them: each reaches half way to its neighbours."""
    middles = [(first[2] + second[1]) / 2 for first, second in pairwise(columns)]
    lows, highs = [columns[0][1] - SIDE, *middles], [*middles, columns[-1][2] + SIDE]
    return [(name, low, high) for (name, _, _), low, high in zip(columns, lows, highs, strict=True)]


def _lines_below(sheet: Sheet, left: float, right: float, top: float) -> Iterator[Words]:
    """The words between these edges from this height on, row by row."""
    inside = [word for word in sheet.page.words if left <= word.box.centre <= right and word.box.top >= top]
    row: list[Words] = []
    for word in sorted(inside, key=lambda one: one.box.middle):
        if row and word.box.middle - row[-1][-1].box.middle <= word.box.height / 2:
            row[-1] += (word,)
        else:
            row.append((word,))
    return (tuple(sorted(words, key=lambda one: one.box.left)) for words in row)


def _cells(words: Words, edges: Sequence[tuple[str, float, float]]) -> Row:
    cells = {name: tuple(word for word in words if low <= word.box.centre < high) for name, low, high in edges}
    return {name: found for name, found in cells.items() if found}


def texts_of(rows: Sequence[Mapping[str, Words]]) -> list[dict[str, str]]:
    """The rows as texts."""
    return [{name: " ".join(word.text for word in words) for name, words in row.items()} for row in rows]
