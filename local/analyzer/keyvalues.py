"""Pairs on a form that nobody trained on: a phrase that ends with a colon, and what stands beside or beneath it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.analyzer.phrases import Spot
from local.analyzer.values import Value, beneath, beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Word
    from local.analyzer.values import Place

BREAK = 0.6
SURE, UNSURE, EMPTY = 0.9, 0.7, 0.5


@dataclass(frozen=True)
class KeyValue:
    """A label and its value, if any, on the page of this number; the confidence lies between 0 and 1."""

    page: int
    key: Spot
    value: Value | None
    confidence: float


def key_values_on(page: Page) -> list[KeyValue]:
    """The pairs of a page in reading order; no word is part of two."""
    labels = [spot for line in page.lines for spot in _labels_in(line.words)]
    taken: set[Place] = {place_of(word) for spot in labels for word in spot.words}
    pairs = []
    for spot in labels:
        found = value_of(page, spot, taken)
        taken |= found.places if found else frozenset()
        pairs.append(KeyValue(page.number, spot, found, _confidence(spot, found)))
    return pairs


def value_of(page: Page, spot: Spot, taken: set[Place]) -> Value | None:
    """What stands beside the label, else beneath it; None when both places are empty or somebody else's."""
    near = [beside(page, spot, taken), beneath(page, spot, taken)]
    return min((value for value in near if value and value.words), key=lambda value: value.cost, default=None)


def place_of(word: Word) -> Place:
    """Where the word stands in the lines of its page."""
    return word.line, word.index


def _labels_in(words: Sequence[Word]) -> Iterator[Spot]:
    """Each run up to a word with a colon, back to the last label, a change of font or a gap."""
    first = 0
    for index, word in enumerate(words):
        if word.text.endswith(":") and any(char.isalpha() for one in words[first : index + 1] for char in one.text):
            start = index
            while start > first and _goes_on(words[start - 1], words[start]):
                start -= 1
            yield Spot(tuple(words[start : index + 1]))
            first = index + 1


def _goes_on(before: Word, word: Word) -> bool:
    return before.style == word.style and word.box.left - before.box.right <= BREAK * word.size


def _confidence(spot: Spot, value: Value | None) -> float:
    if value is None:
        return EMPTY
    read = min(word.confidence for word in (*spot.words, *value.words))
    return round(read * (SURE if value.words[0].style != spot.style or value.cost > 0 else UNSURE), 3)
