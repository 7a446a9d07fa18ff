"""How surely a model reads each of its fields, counted while the values pass by: memory grows with fields, not files.

Pure. A document counts once for each field: by the lowest confidence of all values that bear the field's name.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)
BINS = 101
"""A hundredth each; the last is for a whole 1."""

MOST_FIELDS = 1000
"""Of one model. A model that finds pairs freely has another name on every form; what comes later is only counted."""

NOTHING = -1.0
"""The confidence of a value that is missing: below every threshold."""

_INDEX = re.compile(r"\[\d+\]")
_NAMES = ", "
SLACK = 1e-9
"""0.29 * 100 is a little less than 29."""

Name = tuple[str, str]
"""Kind and name of a field: `field`, `Items[].Amount`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in a document of a model; `is_empty`: a named field that was not found."""

    document: str
    route: str
    model: str
    name: Name
    is_empty: bool = False
    confidence: float | None = None
    read_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of a model beforehand: the confidence below which its values need review, and what it learned."""

    threshold: float
    learned: frozenset[str] = frozenset()


class Spread:
    """How numbers from 0 to 1 are spread: counts by hundredths, and the lowest exactly."""

    def __init__(self) -> None:
        self.bins = array("L", bytes(array("L").itemsize * BINS))
        self.count = 0
        self.lowest = 1.0

    def add(self, value: float) -> None:
        """Counts `value`; what is outside of 0 to 1 counts as the end that it is near to."""
        self.bins[max(0, min(BINS - 1, int(value * (BINS - 1) + SLACK)))] += 1
        self.count += 1
        self.lowest = min(self.lowest, value)

    def quantile(self, share: float) -> float | None:
        """The number up to which `share` of all lie, to a hundredth; None when there are none."""
        passed = 0
        for number, count in enumerate(self.bins):
            passed += count
            if count and passed >= share * self.count:
                return max(self.lowest, number / (BINS - 1))
        return None

    def share_below(self, hundredths: int) -> float:
        """The share of numbers under so many hundredths."""
        return sum(self.bins[:hundredths]) / max(1, self.count)


@dataclass(slots=True)
class FieldStatistics:
    """One field of one model. `below` counts documents whose value is under each threshold of its group."""

    name: Name
    is_expected: bool
    below: list[int]
    seen: int = 0
    """Documents with a row of it, found or not."""

    found: int = 0
    """Documents with a value of it."""

    confidence: Spread = field(default_factory=Spread)
    read_confidence: Spread = field(default_factory=Spread)


@dataclass(slots=True)
class Group:
    """The documents of one route that one model read."""

    route: str
    model: str
    expected: Expected
    thresholds: tuple[float, ...]
    below: list[int]
    """Documents with any value under each threshold, or without a field that the model learned."""

    documents: int = 0
    fields: dict[Name, FieldStatistics] = field(default_factory=dict)
    fields_left_out: int = 0
    """Values whose field came after the first `MOST_FIELDS`."""

    def share_below(self, statistics: FieldStatistics, threshold: float) -> float:
        """The share of documents in which this field needs review: under the threshold, or not there but learned."""
        missing = self.documents - statistics.seen if statistics.is_expected else 0
        return (statistics.below[self.thresholds.index(threshold)] + missing) / max(1, self.documents)

    def documents_below(self, threshold: float) -> float:
        """The share of documents in which any field needs review."""
        return self.below[self.thresholds.index(threshold)] / max(1, self.documents)

    def found(self, statistics: FieldStatistics) -> float:
        """The share of documents with a value of this field."""
        return statistics.found / max(1, self.documents)


def statistics_of(
    readings: Iterable[Reading],
    succeeded: Mapping[tuple[str, str], int],
    expected: Mapping[str, Expected],
    threshold: float,
) -> list[Group]:
    """A group for each route and model. `readings` come document by document.

    `succeeded` says how many documents of a route and model were read, with or without a value; `expected` what is
    known of a model; `threshold` is that of the others.
    """
    groups: dict[tuple[str, str], Group] = {}

    def group_of(route: str, model: str) -> Group:
        if (route, model) not in groups:
            groups[route, model] = _new_group(route, model, expected.get(model, Expected(threshold)))
        return groups[route, model]

    for _, one in groupby(readings, key=lambda reading: reading.document):
        values = list(one)
        _add_document(group_of(values[0].route, values[0].model), values)
    for (route, model), count in succeeded.items():
        _add_silent(group_of(route, model), count)
    for group in groups.values():
        _add_never_seen(group)
    return sorted(groups.values(), key=lambda group: (group.route, group.model))


def field_name(kind: str, name: str) -> Name:
    """The field of a row: the elements of an array are one field, `Items[].Amount`."""
    return kind, _INDEX.sub("[]", name) if kind == "field" else name


def learned_names(joined: str | None) -> frozenset[str]:
    """The names in the column `FieldNames` of `Models`; a name with a comma in it comes in pieces."""
    return frozenset(filter(None, (joined or "").split(_NAMES)))


def _new_group(route: str, model: str, expected: Expected) -> Group:
    thresholds = tuple(sorted({*THRESHOLDS, expected.threshold}))
    return Group(route, model, expected, thresholds, [0] * len(thresholds))


def _add_document(group: Group, values: list[Reading]) -> None:
    group.documents += 1
    lowest: dict[Name, float] = {}
    for value in values:
        known = _field(group, value.name)
        if known is None:
            group.fields_left_out += 1
            continue
        if value.confidence is not None:
            known.confidence.add(value.confidence)
        if value.read_confidence is not None:
            known.read_confidence.add(value.read_confidence)
        lowest[value.name] = min(lowest.get(value.name, 1.0), _lowest(value))
    found = {value.name for value in values if not value.is_empty}
    for name, low in lowest.items():
        group.fields[name].seen += 1
        group.fields[name].found += name in found
        _count(group.fields[name].below, group.thresholds, low)
    there = {piece for _, name in lowest for piece in _pieces(name)}
    missing = not group.expected.learned <= there
    _count(group.below, group.thresholds, NOTHING if missing else min(lowest.values(), default=1.0))


def _add_silent(group: Group, succeeded: int) -> None:
    """Documents that were read but in which nothing was found."""
    silent = max(0, succeeded - group.documents)
    group.documents += silent
    if group.expected.learned:
        group.below = [count + silent for count in group.below]


def _add_never_seen(group: Group) -> None:
    seen = {piece for _, name in group.fields for piece in _pieces(name)}
    for name in sorted(group.expected.learned - seen):
        _field(group, ("", name))


def _field(group: Group, name: Name) -> FieldStatistics | None:
    if name not in group.fields:
        if len(group.fields) >= MOST_FIELDS:
            return None
        learned = group.expected.learned.issuperset(name[1].split(_NAMES))
        group.fields[name] = FieldStatistics(name, learned, [0] * len(group.thresholds))
    return group.fields[name]


def _pieces(name: str) -> Iterator[str]:
    """The names in `Models` that a field's name stands for: itself, its pieces, and what it is a part of."""
    yield from name.split(_NAMES)
    yield re.split(r"\[|\.", name, maxsplit=1)[0]


def _lowest(value: Reading) -> float:
    if value.is_empty:
        return NOTHING
    return min((one for one in (value.confidence, value.read_confidence) if one is not None), default=1.0)


def _count(below: list[int], thresholds: tuple[float, ...], value: float) -> None:
    for number, threshold in enumerate(thresholds):
        below[number] += value < threshold
