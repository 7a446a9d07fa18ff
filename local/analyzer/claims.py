"""Which phrase has which text as its value, on every training form at once."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING

from local.analyzer.itemtables import mostly_within
from local.analyzer.phrases import MANY, Anchor
from local.analyzer.values import ALIGNED, Place, Relation, Value, find_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.analyzer.pages import Page

LARGEST = 1.35
LONGEST = 7
RELATIONS: tuple[Relation, Relation] = ("beside", "beneath")


@dataclass(frozen=True)
class Claim:
    """What one anchor has as values on one of its sides, for each form by its number."""

    anchor: Anchor
    relation: Relation
    values: dict[int, Value]

    @property
    def cost(self) -> float:
        """How far away the values are, in the middle, and how often there is none."""
        if not self.values:
            return math.inf
        return median(value.cost for value in self.values.values()) + 1 - len(self.values) / len(self.anchor.spots)


@dataclass(frozen=True)
class Study:
    """The pages of one number, one of each form; the phrases in play; words in item tables and in their headings."""

    pages: Sequence[Page]
    anchors: tuple[Anchor, ...]
    items: tuple[frozenset[Place], ...]
    headings: tuple[frozenset[Place], ...]
    mute: tuple[Anchor, ...] = ()

    @cached_property
    def blocked(self) -> tuple[frozenset[Place], ...]:
        """The words of each form that no value may contain or jump over."""
        return tuple(self._blocked_on(form) for form in range(len(self.pages)))

    def _blocked_on(self, form: int) -> frozenset[Place]:
        spots = (anchor.spots[form] for anchor in self.anchors if form in anchor.spots)
        return self.items[form] | {(word.line, word.index) for spot in spots for word in spot.words}

    def is_mute(self, anchor: Anchor) -> bool:
        """Titles and the headings of item tables are never keys."""
        size = median(spot.words[0].size for spot in anchor.spots.values())
        is_heading = anchor in self.mute or mostly_within(anchor, self.headings)
        is_title = size > LARGEST * self.usual_size and not anchor.has_colon
        return is_title or is_heading

    @cached_property
    def usual_size(self) -> float:
        """The font size in the middle of all words, in inches."""
        return median(word.size for page in self.pages for word in page.words)


def settle(study: Study) -> list[Claim]:
    """Every key with its values; text goes to the nearest phrase that asks for it."""
    loud = [anchor for anchor in study.anchors if not study.is_mute(anchor)]
    offers = [offer for anchor in loud for offer in _offers(anchor, study) if not _is_sentence(offer)]
    taken: dict[int, set[Place]] = {form: set() for form in range(len(study.pages))}
    accepted: list[Claim] = []
    for offer in sorted(offers, key=lambda offer: offer.cost):
        claim = replace(offer, values={f: v for f, v in offer.values.items() if not v.places & taken[f]})
        is_new = offer.anchor not in [one.anchor for one in accepted]
        if is_new and (_is_enough(claim, len(study.pages)) or _is_like_others(claim, accepted)):
            accepted.append(claim)
            for form, value in claim.values.items():
                taken[form] |= value.places
    return accepted


def _is_sentence(claim: Claim) -> bool:
    """Whether the phrase is too long for a key; the caption of a box, with its value in the same box, may be long."""
    boxed = sum(value.is_boxed for value in claim.values.values())
    return is_long(claim.anchor) and 2 * boxed <= len(claim.values)


def is_long(anchor: Anchor) -> bool:
    """Whether the phrase is as long as a sentence."""
    return len(anchor.text.split()) > LONGEST


def _is_like_others(claim: Claim, accepted: Sequence[Claim]) -> bool:
    """Whether other keys look the same, stand in the same column and have their values on the same side.

    Those with more values come first, so a field that is mostly left empty is judged by its neighbours.
    """
    anchor = claim.anchor
    alike = [
        one
        for one in accepted
        if one.relation == claim.relation
        and style_of(one.anchor) == style_of(anchor)
        and abs(one.anchor.box.left - anchor.box.left) <= ALIGNED
    ]
    return bool(claim.values) and len(alike) > 1


def _offers(anchor: Anchor, study: Study) -> list[Claim]:
    """Both sides; only the one beside when what stands beneath is the rest of that."""
    near, below = (_offer(anchor, relation, study) for relation in RELATIONS)
    rest = [form for form, value in below.values.items() if form in near.values and _goes_on(near.values[form], value)]
    return [near] if 2 * len(rest) > len(below.values) else [near, below]


def _goes_on(value: Value, below: Value) -> bool:
    return below.places < value.places


def _offer(anchor: Anchor, relation: Relation, study: Study) -> Claim:
    pages, blocked = study.pages, study.blocked
    found = {form: find_value(pages[form], spot, relation, blocked[form]) for form, spot in anchor.spots.items()}
    return Claim(anchor, relation, {form: value for form, value in found.items() if value})


def _is_enough(claim: Claim, forms: int) -> bool:
    """A box of its own, or a colon, says label: then one value is enough."""
    if claim.anchor.has_colon or any(value.is_boxed for value in claim.values.values()):
        return bool(claim.values)
    return len(claim.values) >= math.ceil(MANY * forms)


def flows_on(claim: Claim) -> bool:
    """Whether what was taken for the value goes on in the same line and the same look."""
    flowing = [
        value.words[0].line == claim.anchor.spots[form].words[-1].line
        and value.words[0].style == claim.anchor.spots[form].style
        for form, value in claim.values.items()
    ]
    return 2 * sum(flowing) > len(flowing)


def style_of(anchor: Anchor) -> str:
    """The look that most forms give the phrase."""
    return Counter(spot.style for spot in anchor.spots.values()).most_common(1)[0][0]
