"""How a labelled field is found: from a phrase that all forms print, on one of its sides, and which words of that.

A `Rule` is tried on every training form, where the labels say what it should have found; the ones that find most of
it are kept, the nearest phrase first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby, product
from statistics import median
from typing import TYPE_CHECKING, Literal

from local.analyzer.models import Offset
from local.analyzer.shapes import Box, Word, around
from local.analyzer.values import find_value, run_from, whole_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.phrases import Spot
    from local.analyzer.values import Place, Relation

Side = Literal["beside", "beneath", "at"]
Words = tuple[Word, ...]
CORNER = -1
"""The number of the phrase that is none: the page's left top corner."""

NEAREST = 12
KEPT = 3
ACROSS, DOWN = 0.35, 0.15


@dataclass(frozen=True)
class Cut:
    """Which lines of the found text, and which words of these, as Python slices; an end of None is the last one."""

    first_line: int = 0
    end_line: int | None = None
    first_word: int = 0
    end_word: int | None = None

    def of(self, words: Words) -> Words:
        """The words that are left."""
        lines = lines_in(words)[self.first_line : self.end_line]
        return tuple(word for line in lines for word in line)[self.first_word : self.end_word]


WHOLE = Cut()


@dataclass(frozen=True)
class Rule:
    """From phrase number `anchor` to the value; `right` is the share of training forms on which that was so.

    `at` means: where the offsets, from the phrase's left top corner in inches, say; the others are as in `values`.
    """

    anchor: int
    side: Side
    cut: Cut
    offsets: tuple[Offset, ...]
    right: float


@dataclass(frozen=True)
class Sheet:
    """A page with the phrases found on it, by number, and the words that are theirs."""

    page: Page
    spots: Mapping[int, Spot]
    blocked: Collection[Place]
    values: dict[tuple[int, Side], Words] = field(default_factory=dict, compare=False)
    """What was found on the sides of phrases already; every field asks for the same."""

    def value(self, anchor: int, side: Relation) -> Words:
        """What stands on this side of the phrase."""
        if (anchor, side) not in self.values:
            value = find_value(self.page, self.spots[anchor], side, self.blocked)
            self.values[anchor, side] = value.words if value else ()
        return self.values[anchor, side]

    def box_of(self, anchor: int) -> Box | None:
        """Where the phrase stands, None when the page does not have it."""
        if anchor == CORNER:
            return Box(0, 0, 0, 0)
        return self.spots[anchor].box if anchor in self.spots else None


def lines_in(words: Words) -> list[Words]:
    """The words line by line."""
    return [tuple(group) for _, group in groupby(words, key=lambda word: word.line)]


def offset_of(key: Box, words: Words) -> Offset:
    """From the key to the words."""
    box = around(word.box for word in words)
    return Offset(round(box.left - key.left, 4), round(box.right - key.left, 4), round(box.top - key.top, 4))


def apply(rule: Rule, sheet: Sheet) -> Words:
    """The words of the value; none when nothing stands there or the phrase is missing."""
    return rule.cut.of(_found(rule.anchor, rule.side, rule.offsets, sheet))


def _found(anchor: int, side: Side, offsets: Sequence[Offset], sheet: Sheet) -> Words:
    key = sheet.box_of(anchor)
    if key is None:
        return ()
    if side == "at":
        return _at(key, offsets, sheet)
    return sheet.value(anchor, side)


def _at(key: Box, offsets: Sequence[Offset], sheet: Sheet) -> Words:
    """The run of words whose left or right edge is nearest to where the value was in training."""
    left, right, top = (
        key.left + median(one.left for one in offsets),
        key.left + median(one.right for one in offsets),
        key.top + median(one.top for one in offsets),
    )
    runs = [run for run in _runs(sheet) if abs(run[0].box.top - top) <= DOWN]
    near = [(min(abs(run[0].box.left - left), abs(run[-1].box.right - right)), index) for index, run in enumerate(runs)]
    best = min(near, default=(ACROSS, -1))
    return whole_value(sheet.page, runs[best[1]], sheet.blocked) if best[0] < ACROSS else ()


def _runs(sheet: Sheet) -> Iterator[Words]:
    """The stretches of each line that belong to no phrase."""
    for line in sheet.page.lines:
        start = None
        for word in line.words:
            if (word.line, word.index) in sheet.blocked:
                start = None
            elif start is None:
                start = word
                yield run_from(word, sheet.page, sheet.blocked)


def find_rules(sheets: Sequence[Sheet], truths: Sequence[Words]) -> tuple[Rule, ...]:
    """The best rules for the words that were labelled on each sheet (none where the field is empty)."""
    anchors = _near_first(sheets, truths)
    rules = [rule for anchor in anchors for rule in _best_of(anchor, sheets, truths)]
    order = sorted(rules, key=lambda rule: (-rule.right, rule.side == "at", rule.cut != WHOLE))
    return tuple(rule for rule in order[:KEPT] if 2 * rule.right >= order[0].right)


def _near_first(sheets: Sequence[Sheet], truths: Sequence[Words]) -> list[int]:
    """The phrases by their distance from the value, and the page's corner last."""
    distances: dict[int, list[float]] = {}
    for sheet, truth in zip(sheets, truths, strict=True):
        for number, spot in sheet.spots.items() if truth else ():
            distances.setdefault(number, []).append(_distance(spot.box, around(word.box for word in truth)))
    common = [number for number, seen in distances.items() if 2 * len(seen) >= sum(map(bool, truths))]
    return [*sorted(common, key=lambda number: median(distances[number]))[:NEAREST], CORNER]


def _distance(key: Box, value: Box) -> float:
    across = max(value.left - key.right, key.left - value.right, 0)
    down = max(value.top - key.bottom, key.top - value.bottom, 0)
    return across + 2 * down if value.middle >= key.top else across + 4 * down


def _best_of(anchor: int, sheets: Sequence[Sheet], truths: Sequence[Words]) -> list[Rule]:
    """The best rule of one phrase, if it is ever right."""
    known = [(sheet.box_of(anchor), truth) for sheet, truth in zip(sheets, truths, strict=True)]
    offsets = tuple(offset_of(key, truth) for key, truth in known if key and truth)
    sides: tuple[Side, ...] = ("at",) if anchor == CORNER else ("beside", "beneath", "at")
    rules = [rule for side in sides for rule in _rules_of(anchor, side, offsets, sheets, truths)]
    return sorted(rules, key=lambda rule: (-rule.right, rule.side == "at", rule.cut != WHOLE))[:1]


def _rules_of(
    anchor: int, side: Side, offsets: tuple[Offset, ...], sheets: Sequence[Sheet], truths: Sequence[Words]
) -> Iterator[Rule]:
    found = [_found(anchor, side, offsets, sheet) for sheet in sheets]
    cuts = Counter(cut for words, truth in zip(found, truths, strict=True) for cut in _cuts(words, truth))
    for cut, _ in cuts.most_common(KEPT):
        right = sum(cut.of(words) == truth for words, truth in zip(found, truths, strict=True))
        yield Rule(anchor, side, cut, offsets, round(right / len(sheets), 4))


def _cuts(found: Words, truth: Words) -> set[Cut]:
    """Every cut that makes the truth of what was found, counted from either end."""
    if not truth or found == truth:
        return {WHOLE} if truth else set()
    lines = lines_in(found)
    held = [number for number, line in enumerate(lines) if set(line) & set(truth)]
    if not held:
        return set()
    first, end = held[0], held[-1] + 1
    words = tuple(word for line in lines[first:end] for word in line)
    start = words.index(truth[0]) if truth[0] in words else 0
    stop = start + len(truth)
    ends = product(_both(first, end, len(lines)), _both(start, stop, len(words)))
    return {cut for line, word in ends for cut in [Cut(*line, *word)] if cut.of(found) == truth}


def _both(first: int, end: int, count: int) -> list[tuple[int, int | None]]:
    starts = {first, first - count} if first else {0}
    ends: set[int | None] = {None} if end == count else {end, end - count}
    return list(product(starts, ends))
