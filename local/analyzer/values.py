"""Where the value of a key stands: beside it on the same row, or beneath it in the same column or box.

Both searches take the words that belong to keys as *blocked*: a value never jumps over one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from local.analyzer.grids import Cell, Table, in_same_column
from local.analyzer.shapes import Box, Word, around, overlap

if TYPE_CHECKING:
    from collections.abc import Collection

    from local.analyzer.pages import Page
    from local.analyzer.phrases import Spot

Relation = Literal["beside", "beneath"]
Place = tuple[int, int]

FARTHEST_BESIDE = 3.5
FARTHEST_BENEATH = 2.2
ALIGNED = 0.06
TIGHT = 0.75
MOST_LINES = 8
RIVAL, CLOSE_BESIDE = 0.5, 1.0


@dataclass(frozen=True)
class Value:
    """The words of a value in reading order, and how far from its key it stands (smaller is likelier).

    `is_boxed` when a ruled box holds key and value and nothing else.
    """

    words: tuple[Word, ...]
    cost: float
    is_boxed: bool = False

    @property
    def text(self) -> str:
        """The words, one space apart."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The smallest box around the words."""
        return around(word.box for word in self.words)

    @property
    def places(self) -> frozenset[Place]:
        """Where the words stand in the lines of the page."""
        return frozenset((word.line, word.index) for word in self.words)


def find_value(page: Page, spot: Spot, relation: Relation, blocked: Collection[Place]) -> Value | None:
    """The value of the key at this spot, or None when nothing stands there."""
    return beside(page, spot, blocked) if relation == "beside" else beneath(page, spot, blocked)


def beside(page: Page, spot: Spot, blocked: Collection[Place]) -> Value | None:
    """The first run of words to the right on the same row, and the lines that continue it."""
    last = spot.words[-1]
    row = [word for word in page.words if word.box.left >= last.box.right - ALIGNED / 2 and _on_row(last, word)]
    row = sorted((word for word in row if word not in spot.words), key=lambda word: word.box.left)
    if not row or (row[0].line, row[0].index) in blocked:
        return None
    gap = max(0.0, row[0].box.left - last.box.right)
    if gap > FARTHEST_BESIDE:
        return None
    first = run_from(row[0], page, blocked)
    crossed = page.walls.between_columns(last.box, row[0].box)
    return Value(whole_value(page, first, blocked), gap + 0.1 * crossed)


def beneath(page: Page, spot: Spot, blocked: Collection[Place]) -> Value | None:
    """What stands below: in the same box, else in the next cell of the column, else on the next line."""
    boxed = _in_cells(page, spot, blocked)
    if boxed is not None:
        return boxed if boxed.words else None
    below = [line.words[0] for line in page.lines if line.words[0].box.top >= spot.box.bottom - ALIGNED]
    for start in sorted(below, key=lambda word: word.box.top):
        words = page.lines[start.line].words
        penalty = _misaligned(page, spot, around(word.box for word in words), blocked)
        if penalty is None:
            continue
        if (start.line, start.index) in blocked:
            return None
        rival = RIVAL if _labelled_beside(page, start, blocked) else 0.0
        return _below(page, spot, run_from(start, page, blocked), penalty + rival, blocked)
    return None


def _below(page: Page, spot: Spot, first: tuple[Word, ...], penalty: float, blocked: Collection[Place]) -> Value | None:
    gap = max(0.0, first[0].box.top - spot.box.bottom)
    if gap > FARTHEST_BENEATH * spot.words[0].size:
        return None
    return Value(whole_value(page, first, blocked), gap + penalty)


def _on_row(key: Word, word: Word) -> bool:
    shared = overlap(key.box.top, key.box.bottom, word.box.top, word.box.bottom)
    return shared >= 0.5 * min(key.box.height, word.box.height)


def run_from(start: Word, page: Page, blocked: Collection[Place]) -> tuple[Word, ...]:
    """The words from this one to the end of its line or to the next that belongs to a key."""
    words: list[Word] = []
    for word in page.lines[start.line].words[start.index :]:
        if (word.line, word.index) in blocked:
            break
        words.append(word)
    return tuple(words)


def _misaligned(page: Page, spot: Spot, box: Box, blocked: Collection[Place]) -> float | None:
    """0 when the line shares an edge or the centre with the key; None when it is in another column."""
    key = spot.box
    if min(abs(key.left - box.left), abs(key.right - box.right), abs(key.centre - box.centre)) <= ALIGNED:
        return 0.0
    if overlap(key.left, key.right, box.left, box.right) > 0:
        return 0.15
    left, right = _band(page, spot, blocked)
    return 0.3 if left <= box.left and box.right <= right else None


def _band(page: Page, spot: Spot, blocked: Collection[Place]) -> tuple[float, float]:
    """From the key to the next key of its row: the column that the key heads."""
    row = [word.box.left for word in page.words if (word.line, word.index) in blocked and _on_row(spot.words[0], word)]
    following = [left for left in row if left > spot.box.right]
    return spot.box.left - ALIGNED, min(following) if following else spot.box.right + ALIGNED


def _in_cells(page: Page, spot: Spot, blocked: Collection[Place]) -> Value | None:
    """The text under a key that has a box to itself, or the cell under a heading; without words when that is a key.

    None when the key is in no grid, or in a frame around much else.
    """
    for grid in page.grids:
        own = next((cell for cell in grid.cells if cell.box.holds(spot.box)), None)
        if own is None:
            continue
        others = [word for word in own.words if word not in spot.words]
        if others and not any((word.line, word.index) in blocked for word in others):
            return _in_box(spot, others)
        if all((word.line, word.index) in blocked for word in own.words):
            return _next_cell(grid, own, spot, blocked)
    return None


def _in_box(spot: Spot, others: list[Word]) -> Value | None:
    is_label = all(word.box.top >= spot.box.bottom - ALIGNED for word in others)
    return Value(tuple(others), 0.0, is_boxed=True) if is_label else None


def _next_cell(table: Table, own: Cell, spot: Spot, blocked: Collection[Place]) -> Value:
    """The heading may stand in a cell that is wider than its column, so the key itself says which column it is."""
    below = [cell for cell in table.cells if cell.row >= own.row + own.row_span and in_same_column(own, cell)]
    key = spot.box
    below = [cell for cell in below if overlap(key.left, key.right, cell.box.left, cell.box.right) > key.width / 2]
    following = min(below, key=lambda cell: (cell.row, cell.column), default=None)
    if following is None or any((word.line, word.index) in blocked for word in following.words):
        return Value((), 0.0)
    return Value(following.words, 0.05)


def whole_value(page: Page, first: tuple[Word, ...], blocked: Collection[Place]) -> tuple[Word, ...]:
    """The value with the lines below that continue it: tight, aligned, alike and nobody else's."""
    lines = [first]
    while len(lines) < MOST_LINES:
        following = _following_line(page, lines[-1], blocked)
        if following is None:
            break
        lines.append(following)
    return tuple(word for line in lines for word in line)


def _following_line(page: Page, above: tuple[Word, ...], blocked: Collection[Place]) -> tuple[Word, ...] | None:
    box = around(word.box for word in above)
    for line in page.lines:
        start = line.words[0]
        gap = line.box.top - box.bottom
        near = -0.4 * above[0].size <= gap <= TIGHT * above[0].size and line.box.middle > box.bottom
        if near and abs(line.box.left - box.left) <= ALIGNED and not page.walls.between_rows(box, line.box):
            same = start.looks_like(above[0]) and not _claimed(page, start, blocked)
            return run_from(start, page, blocked) or None if same else None
    return None


def _labelled_beside(page: Page, start: Word, blocked: Collection[Place]) -> bool:
    """Whether a key with a colon stands close to the left of this word, with nothing between."""
    nearest = _left_of(page, start)
    gap = start.box.left - nearest.box.right if nearest else CLOSE_BESIDE
    is_key = nearest is not None and (nearest.line, nearest.index) in blocked and nearest.text.endswith(":")
    return is_key and gap < CLOSE_BESIDE


def _left_of(page: Page, start: Word) -> Word | None:
    """The nearest word to the left on the same row."""
    left = [word for word in page.words if word.box.right <= start.box.left + ALIGNED / 2 and _on_row(start, word)]
    return max(left, key=lambda word: word.box.right, default=None)


def _claimed(page: Page, start: Word, blocked: Collection[Place]) -> bool:
    """Whether the line begins with a key, or a key stands to its left on the same row with nothing between."""
    if (start.line, start.index) in blocked:
        return True
    nearest = _left_of(page, start)
    return nearest is not None and (nearest.line, nearest.index) in blocked
