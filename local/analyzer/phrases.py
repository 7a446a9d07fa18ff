"""What repeats from form to form: words, and from them the phrases that may be keys.

A word is *steady* when most forms print it in a similar place (`steadiness`). Steady words that stand together are a
phrase; a colon ends one. The same phrase on several forms is an `Anchor`: one `Spot` for each form that has it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from local.analyzer.shapes import Box, Word, WordRun
from local.analyzer.steadiness import SAME_COLUMN, normal, steadiness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local.analyzer.pages import Page

TIGHT = 0.5
MOST = 0.8
MANY = 0.6


class Spot(WordRun):
    """A phrase where one form prints it."""

    @property
    def style(self) -> str:
        """The look of the first word."""
        return self.words[0].style

    @property
    def has_colon(self) -> bool:
        """Whether the phrase ends as a label does."""
        return self.words[-1].text.endswith(":")


@dataclass(frozen=True)
class Anchor:
    """One phrase of a form type: where each form (by its number) prints it."""

    text: str
    spots: dict[int, Spot]

    @property
    def has_colon(self) -> bool:
        """Whether the phrase ends as a label does."""
        return self.text.endswith(":")

    @cached_property
    def box(self) -> Box:
        """Its typical place: the median of the forms."""
        boxes = [spot.box for spot in self.spots.values()]
        return Box(
            median(box.left for box in boxes),
            median(box.top for box in boxes),
            median(box.right for box in boxes),
            median(box.bottom for box in boxes),
        )


def find_anchors(pages: Sequence[Page]) -> list[Anchor]:
    """The phrases that most of these pages (one of each form) share, top to bottom."""
    many, most = math.ceil(MANY * len(pages)), math.ceil(MOST * len(pages))
    counts = [steadiness(pages, form) for form in range(len(pages))]
    spots = [list(_spots(page, count, many, most)) for page, count in zip(pages, counts, strict=True)]
    anchors = [anchor for anchor in _anchors(spots) if len(anchor.spots) >= (many if anchor.has_colon else most)]
    kept = [anchor for anchor in anchors if anchor.has_colon or _stays_in_column(anchor, many)]
    return sorted(kept, key=lambda anchor: (anchor.box.top, anchor.box.left))


def _stays_in_column(anchor: Anchor, many: int) -> bool:
    """Whether many forms print the phrase at one left edge, right edge or centre; words inside values wander."""
    usual, boxes = anchor.box, [spot.box for spot in anchor.spots.values()]
    return many <= max(
        sum(abs(box.left - usual.left) <= SAME_COLUMN for box in boxes),
        sum(abs(box.right - usual.right) <= SAME_COLUMN for box in boxes),
        sum(abs(box.centre - usual.centre) <= SAME_COLUMN for box in boxes),
    )


def streams(page: Page) -> list[tuple[Word, ...]]:
    """The sequences of words in which a phrase may stand: each line, and the first lines of a cell that look alike."""
    lines = [line.words for line in page.lines]
    cells = [_stacked(cell.words) for table in page.grids for cell in table.cells if cell.words]
    return [*lines, *(words for words in cells if words)]


def _stacked(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The lines at the top of a cell that are one text: in one look and one below the other; none if that is one."""
    rows = _rows_of(words)
    count = 1
    while count < len(rows) and _goes_on(rows[count - 1], rows[count]):
        count += 1
    return tuple(word for row in rows[:count] for word in row) if count > 1 else ()


def _rows_of(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    return [tuple(row) for _, row in groupby(words, key=lambda word: word.line)]


def _goes_on(above: tuple[Word, ...], below: tuple[Word, ...]) -> bool:
    gap = min(word.box.top for word in below) - max(word.box.bottom for word in above)
    alike = {word.style for word in above} == {word.style for word in below}
    return alike and -above[0].box.height / 2 <= gap <= TIGHT * above[0].size


def _spots(page: Page, counts: dict[tuple[int, int], int], many: int, most: int) -> Iterator[Spot]:
    cells = (_steady_rows(words, counts, most) for words in streams(page)[len(page.lines) :])
    steady_cells = [words for words in cells if words]
    in_cells = {(word.line, word.index) for words in steady_cells for word in words}
    yield from (Spot(words) for words in steady_cells)
    for line in page.lines:
        if (line.words[0].line, line.words[0].index) not in in_cells:
            yield from _spots_of_line(line.words, counts, many, most)


def _steady_rows(words: tuple[Word, ...], counts: dict[tuple[int, int], int], most: int) -> tuple[Word, ...]:
    """The rows from the first on that are steady, up to one that ends with a colon; none unless they are several."""
    rows: list[tuple[Word, ...]] = []
    for row in _rows_of(words):
        if not all(counts[word.line, word.index] >= most for word in row):
            break
        rows.append(row)
        if row[-1].text.endswith(":"):
            break
    return tuple(word for row in rows for word in row) if len(rows) > 1 else ()


def _spots_of_line(words: tuple[Word, ...], counts: dict[tuple[int, int], int], many: int, most: int) -> Iterator[Spot]:
    steady = [counts[word.line, word.index] for word in words]
    taken = _colon_runs(words, steady, many)
    for first, last in [*taken, *_plain_runs(words, steady, most, taken)]:
        spot = Spot(words[first : last + 1])
        if _says_something(spot.text):
            yield spot


def _colon_runs(words: tuple[Word, ...], steady: list[int], many: int) -> list[tuple[int, int]]:
    """First and last index of the runs that end with a colon, each as long to the left as words are steady."""
    runs: list[tuple[int, int]] = []
    for last, word in enumerate(words):
        if word.text.endswith(":") and steady[last] >= many:
            start = runs[-1][1] + 1 if runs else 0
            first = last
            while first > start and steady[first - 1] >= many:
                first -= 1
            runs.append((first, last))
    return runs


def _plain_runs(
    words: tuple[Word, ...], steady: list[int], most: int, taken: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    used = {index for first, last in taken for index in range(first, last + 1)}
    runs: list[tuple[int, int]] = []
    for index, word in enumerate(words):
        if steady[index] < most or index in used:
            continue
        if runs and runs[-1][1] == index - 1 and words[index - 1].style == word.style:
            runs[-1] = runs[-1][0], index
        else:
            runs.append((index, index))
    return [run for run in runs if _begins_a_phrase(run[0], words, used)]


def _begins_a_phrase(first: int, words: tuple[Word, ...], used: set[int]) -> bool:
    """A label begins its line, follows another label or looks different from what stands before it."""
    return first == 0 or first - 1 in used or words[first - 1].style != words[first].style


def _says_something(text: str) -> bool:
    return sum(char.isalnum() for char in text) > 1 and any(char.isalpha() for char in text)


def _anchors(forms: list[list[Spot]]) -> Iterator[Anchor]:
    by_text: dict[str, dict[int, list[Spot]]] = defaultdict(lambda: defaultdict(list))
    for form, spots in enumerate(forms):
        for spot in spots:
            by_text[normal(spot.text)][form].append(spot)
    for places in by_text.values():
        yield from _slots(places)


def _slots(places: dict[int, list[Spot]]) -> Iterator[Anchor]:
    """A phrase printed k times on most forms is k anchors: the i-th of each form, or else the nearest."""
    usual = Counter(len(spots) for spots in places.values()).most_common(1)[0][0]
    ordered = {form: sorted(spots, key=lambda spot: (spot.box.top, spot.box.left)) for form, spots in places.items()}
    slots = [{form: spots[index] for form, spots in ordered.items() if len(spots) == usual} for index in range(usual)]
    typical = [Anchor("", slot).box for slot in slots]
    for form, spots in ordered.items():
        if len(spots) != usual:
            for index, spot in pair_up(typical, spots):
                slots[index][form] = spot
    for slot in slots:
        yield Anchor(Counter(spot.text for spot in slot.values()).most_common(1)[0][0], slot)


def pair_up(places: Sequence[Box], spots: Sequence[Spot]) -> Iterable[tuple[int, Spot]]:
    """Each place with the spot nearest to it, nearest first, every spot used once: (index of the place, spot)."""
    distances = sorted(
        (abs(place.left - spot.box.left) + abs(place.top - spot.box.top), index, number)
        for index, place in enumerate(places)
        for number, spot in enumerate(spots)
    )
    seen_places: set[int] = set()
    seen_spots: set[int] = set()
    for _, index, number in distances:
        if index not in seen_places and number not in seen_spots:
            seen_places.add(index)
            seen_spots.add(number)
            yield index, spots[number]
