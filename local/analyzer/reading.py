"""A model applied to a page: find each key where training saw it, and read the value on the side training learned.

The confidence of a pair is the product of three measures between 0 and 1: how many training forms had the key and a
value there (less if key and value are one run of text in one look), how near the value's edges are to where they were
in training, and whether the text is built like the values in training (a date stays a date). An empty value is as sure
as training saw empty ones.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.analyzer.itemtables import item_words
from local.analyzer.models import Furniture, Key, Model, Offset, PageModel, shape_of
from local.analyzer.phrases import Spot, streams
from local.analyzer.spelling import letters_of, slips_allowed, slips_between
from local.analyzer.steadiness import normal
from local.analyzer.values import Value, find_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Box, Word
    from local.analyzer.values import Place

FARTHEST = 3.0
ENOUGH = 0.4
TOLERANCE = 0.15
SEEN_OFTEN = 3
Entry = Key | Furniture


@dataclass(frozen=True)
class Pair:
    """A key, as the model knows it and where the page prints it; its value, if any; a confidence from 0 to 1."""

    text: str
    key: Spot
    value: Value | None
    confidence: float


@dataclass(frozen=True)
class Reading:
    """What a page says: which page of the model it is (from 0; None when it is none of them), and its pairs."""

    cluster: int | None
    pairs: tuple[Pair, ...]


def read_page(page: Page, model: Model) -> Reading:
    """The pairs of one page, in reading order."""
    found = [
        (share_of(spots, page_model), -abs(number + 1 - page.number), number, spots)
        for number, page_model in enumerate(model.pages)
        for spots in [locate(page, page_model)]
    ]
    if not found:
        return Reading(None, ())
    share, _, number, spots = max(found, key=lambda one: one[:3])
    if share < ENOUGH:
        return Reading(None, ())
    return Reading(number, tuple(_pairs(page, model.pages[number], spots)))


def share_of(spots: dict[Entry, Spot], page_model: PageModel) -> float:
    """Which part of the model's phrases the page has."""
    entries = _entries(page_model)
    return len(spots) / len(entries) if entries else 0.0


def _entries(page_model: PageModel) -> list[Entry]:
    return [*page_model.keys, *page_model.furniture]


def locate(page: Page, page_model: PageModel) -> dict[Entry, Spot]:
    """Where the page prints the phrases of the model, each used once, nearest to its place in training.

    Phrases that occur once on both sides come first; the others are looked for as far down as those have moved.
    """
    places = _occurrences(page, page_model)
    by_text: dict[str, list[Entry]] = defaultdict(list)
    for entry in _entries(page_model):
        by_text[normal(entry.text)].append(entry)
    sure = {entries[0]: places[text][0] for text, entries in by_text.items() if len(entries) == len(places[text]) == 1}
    sure = {entry: spot for entry, spot in sure.items() if abs(spot.box.top - entry.box.top) <= FARTHEST}
    for text, entries in by_text.items():
        if entries[0] not in sure:
            sure |= _nearest(entries, places[text], sure)
    return sure


def _occurrences(page: Page, page_model: PageModel) -> dict[str, list[Spot]]:
    items = item_words(page, page_model.headings)
    wanted = {tuple(normal(entry.text).split()) for entry in _entries(page_model)}
    places: dict[str, list[Spot]] = defaultdict(list)
    for stream in streams(page):
        words = [word for word in stream if (word.line, word.index) not in items]
        for phrase in wanted:
            places[" ".join(phrase)] += _runs_of(phrase, words)
    if page.is_print:
        _add_misread(places, wanted, page, items)
    return places


def _add_misread(
    places: dict[str, list[Spot]], wanted: Iterable[tuple[str, ...]], page: Page, items: frozenset[Place]
) -> None:
    """For phrases that stand nowhere as training knows them: where they stand with a slip or two."""
    known = {(word.line, word.index) for spots in places.values() for spot in spots for word in spot.words}
    free = [[word for word in line.words if (word.line, word.index) not in items | known] for line in page.lines]
    for phrase in wanted:
        if not places[" ".join(phrase)]:
            places[" ".join(phrase)] += [spot for words in free for spot in _runs_like(phrase, words)]


def _runs_like(phrase: tuple[str, ...], words: Sequence[Word]) -> list[Spot]:
    """The run of a line that is nearest to the phrase, with a word more or less; none when it has too many slips."""
    letters = letters_of("".join(phrase))
    most = slips_allowed(letters)
    runs = [
        words[start : start + count]
        for count in range(max(1, len(phrase) - 1), len(phrase) + 2)
        for start in range(len(words) - count + 1)
    ]
    slips = [slips_between(letters_of("".join(word.text for word in run)), letters, most) for run in runs]
    best = min(range(len(runs)), key=lambda index: slips[index], default=None)
    return [] if best is None or slips[best] > most else [Spot(tuple(runs[best]))]


def _runs_of(phrase: tuple[str, ...], words: Sequence[Word]) -> Iterator[Spot]:
    texts = [normal(word.text) for word in words]
    for start in range(len(texts) - len(phrase) + 1):
        if tuple(texts[start : start + len(phrase)]) == phrase:
            yield Spot(tuple(words[start : start + len(phrase)]))


def _nearest(entries: Sequence[Entry], spots: Sequence[Spot], known: dict[Entry, Spot]) -> dict[Entry, Spot]:
    distances = sorted(
        (_distance(entry, spot, _drop(entry.box, known)), index, number)
        for index, entry in enumerate(entries)
        for number, spot in enumerate(spots)
    )
    chosen: dict[int, int] = {}
    for distance, index, number in distances:
        if distance <= FARTHEST and index not in chosen and number not in chosen.values():
            chosen[index] = number
    return {entries[index]: spots[number] for index, number in chosen.items()}


def _distance(entry: Entry, spot: Spot, drop: float) -> float:
    return abs(spot.box.left - entry.box.left) + abs(spot.box.top - entry.box.top - drop)


def _drop(box: Box, known: dict[Entry, Spot]) -> float:
    """How far down the nearest phrase above has moved since training, in inches."""
    above = [entry for entry in known if entry.box.top <= box.top]
    nearest = max(above, key=lambda entry: entry.box.top, default=None)
    return known[nearest].box.top - nearest.box.top if nearest else 0.0


def _pairs(page: Page, page_model: PageModel, spots: dict[Entry, Spot]) -> Iterator[Pair]:
    blocked = item_words(page, page_model.headings)
    blocked |= {(word.line, word.index) for spot in spots.values() for word in spot.words}
    for key in page_model.keys:
        if key in spots:
            value = find_value(page, spots[key], key.relation, blocked)
            text = key.text if page.is_print else spots[key].text
            yield Pair(text, spots[key], value, round(_confidence(key, spots[key], value), 3))


def _confidence(key: Key, spot: Spot, value: Value | None) -> float:
    seen = key.support * min(1, len(key.offsets) / SEEN_OFTEN)
    trained = (0.7 + 0.3 * seen) * (1 if key.is_clear else 0.75)
    if value is None:
        return trained * (0.5 + 0.5 * min(1.0, 3 * (1 - key.filled)))
    return trained * fit(key.offsets, spot.box, value.box) * likeness(key.shapes, value.text)


def fit(offsets: Sequence[Offset], key: Box, value: Box) -> float:
    """How well a value's place fits: 1 when an edge is where training saw it, falling to a half at two inches away."""
    across = min(min(abs(value.left - key.left - one.left), abs(value.right - key.left - one.right)) for one in offsets)
    down = min(abs(value.top - key.top - one.top) for one in offsets)
    away = max(0.0, across + down - TOLERANCE)
    return 1 / (1 + away / 2)


def likeness(shapes: Sequence[str], text: str) -> float:
    """How much a text is built like the values in training: 1, or a little less, or much less for another kind."""
    shape = shape_of(text)
    if shape in shapes:
        return 1.0
    kinds = {_kinds(one) for one in shapes}
    return 0.97 if _kinds(shape) in kinds else 0.85


def _kinds(shape: str) -> tuple[bool, bool]:
    return any(char == "9" for char in shape), any(char in "Aa" for char in shape)
