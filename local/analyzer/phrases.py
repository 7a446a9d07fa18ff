"""What repeats from form to form: words, and from them the phrases that may be keys.

A word is *steady* when most forms print it in a similar place: at the same height, or in the same column a few
lines higher or lower, or next to the same neighbour. Steady words that stand together are a phrase; a colon ends one.
The same phrase on several forms is an `Anchor`: one `Spot` for each form that has it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from local.analyzer.shapes import Box, Word, WordRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local.analyzer.pages import Page

SAME_HEIGHT = 0.06
SAME_COLUMN = 0.06
FEW_LINES = 2.0
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


def normal(text: str) -> str:
    """The text as it is compared: without regard to case."""
    return text.casefold()


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


def steadiness(pages: Sequence[Page], form: int) -> dict[tuple[int, int], int]:
    """For each word of one form, by its place in the lines: on how many forms it stands in a similar place."""
    indexes = [_index(page) for number, page in enumerate(pages) if number != form]
    return {
        (word.line, word.index): 1 + sum(_has_alike(context, index) for index in indexes)
        for word, context in ((context[1], context) for context in _contexts(pages[form]))
    }


Context = tuple[str, Word, str]


def _contexts(page: Page) -> Iterator[Context]:
    for line in page.lines:
        texts = ["", *(normal(word.text) for word in line.words), ""]
        for index, word in enumerate(line.words):
            yield texts[index], word, texts[index + 2]


def _index(page: Page) -> dict[str, list[Context]]:
    index: dict[str, list[Context]] = defaultdict(list)
    for context in _contexts(page):
        index[normal(context[1].text)].append(context)
    return index


def _has_alike(context: Context, index: dict[str, list[Context]]) -> bool:
    return any(_alike(context, other) for other in index.get(normal(context[1].text), ()))


def _alike(context: Context, other: Context) -> bool:
    box, place = context[1].box, other[1].box
    drop = abs(box.top - place.top)
    if drop <= SAME_HEIGHT:
        return True
    if drop > FEW_LINES:
        return False
    aligned = min(abs(box.left - place.left), abs(box.right - place.right), abs(box.centre - place.centre))
    neighbour = any(context[side] and context[side] == other[side] for side in (0, 2))
    return aligned <= SAME_COLUMN or neighbour or context[1].text.endswith(":")


def streams(page: Page) -> list[tuple[Word, ...]]:
    """The sequences of words in which a phrase may stand: each line, and each cell of several that look alike."""
    lines = [line.words for line in page.lines]
    cells = [cell.words for table in page.tables for cell in table.cells]
    return [*lines, *(words for words in cells if _is_stacked(page, words))]


def _is_stacked(page: Page, words: tuple[Word, ...]) -> bool:
    boxes = [page.lines[number].box for number in sorted({word.line for word in words})]
    alike = len({word.style for word in words}) == 1
    return alike and len(boxes) > 1 and all(above.bottom <= below.middle for above, below in pairwise(boxes))


def _spots(page: Page, counts: dict[tuple[int, int], int], many: int, most: int) -> Iterator[Spot]:
    steady_cells = [
        words
        for words in streams(page)[len(page.lines) :]
        if all(counts[word.line, word.index] >= most for word in words) and not words[0].text.endswith(":")
    ]
    in_cells = {(word.line, word.index) for words in steady_cells for word in words}
    yield from (Spot(words) for words in steady_cells)
    for line in page.lines:
        if (line.words[0].line, line.words[0].index) not in in_cells:
            yield from _spots_of_line(line.words, counts, many, most)


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
    return sum(char.isalpha() for char in text) >= 2  # noqa: PLR2004 - a single letter or a sign labels nothing


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
