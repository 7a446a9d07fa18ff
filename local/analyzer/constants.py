"""Phrases that are no keys but values, or parts of values, that are equal on most training forms.

They give themselves away by where they stand (in the place of another key's value, or under a line of it) together with
how they look: a colon, the font, and the columns in which keys and values stand tell which of the two is the key.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from local.analyzer.claims import RELATIONS, Claim, Study, flows_on, is_long, style_of
from local.analyzer.values import ALIGNED, TIGHT, find_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.phrases import Anchor, Spot
    from local.analyzer.shapes import Box, Word

FARTHEST_CONSTANT = 2.5
FARTHEST_BELOW = 0.8
NEAR = 0.15
SINK = -0.05


def is_part_of_value(anchor: Anchor, study: Study, claims: Sequence[Claim]) -> bool:
    """Whether a phrase without a colon is (the beginning of) a value that is equal on most forms."""
    if anchor.has_colon:
        return False
    own = next((claim for claim in claims if claim.anchor == anchor), None)
    flows = own is not None and flows_on(own)
    if _is_value_of_neighbour(anchor, study, claims, by_look_only=own is not None and not flows, flows=flows):
        return True
    return _continues_value(anchor, study) if own is None or flows else _extends_value(anchor, study, claims)


def _is_value_of_neighbour(
    anchor: Anchor, study: Study, claims: Sequence[Claim], *, by_look_only: bool, flows: bool
) -> bool:
    """Whether on most forms it stands where a key that goes without would have its value; `Yes` may do so for several.

    A phrase with values of its own must also look like other values.
    """
    without = replace(study, anchors=tuple(one for one in study.anchors if one != anchor))
    near = [one for one in without.anchors if _is_near(one, anchor) and not is_long(one) and not study.is_mute(one)]
    held = {
        form
        for key in near
        if (key.has_colon and not by_look_only)
        or flows
        or _looks_like_value(key, anchor, claims)
        or _stands_like_value(key, anchor, claims)
        for form in _idle_forms(key, anchor, claims)
        if _begins_with(key.spots[form], anchor.spots[form], without, form)
    }
    return 2 * len(held) > len(anchor.spots)


def _is_near(key: Anchor, anchor: Anchor) -> bool:
    """Whether on some form the phrase stands to the right of the key on its row, or not far below it."""
    shared = [form for form in anchor.spots if form in key.spots]
    return any(_is_reachable(key.spots[form].box, anchor.spots[form].box) for form in shared)


def _is_reachable(key: Box, phrase: Box) -> bool:
    beside = abs(key.middle - phrase.middle) <= NEAR and 0 <= phrase.left - key.right <= FARTHEST_CONSTANT
    return beside or 0 <= phrase.middle - key.middle <= FARTHEST_BELOW


def _idle_forms(key: Anchor, anchor: Anchor, claims: Sequence[Claim]) -> set[int]:
    """The forms that print both and on which the key is left without a value."""
    own = next((claim.values for claim in claims if claim.anchor == key), {})
    return {form for form in anchor.spots if form in key.spots and form not in own}


def _begins_with(key: Spot, spot: Spot, without: Study, form: int) -> bool:
    blocked = without.blocked[form]
    values = (find_value(without.pages[form], key, relation, blocked) for relation in RELATIONS)
    return any(value and value.cost <= FARTHEST_CONSTANT and value.words[0] == spot.words[0] for value in values)


def _looks_like_value(key: Anchor, anchor: Anchor, claims: Sequence[Claim]) -> bool:
    """Whether the one looks as other keys do and the other as their values do, and not the same."""
    key_styles = Counter(spot.style for claim in claims for spot in claim.anchor.spots.values())
    value_styles = Counter(value.words[0].style for claim in claims for value in claim.values.values())
    key_style, style = style_of(key), style_of(anchor)
    return style != key_style and key_styles[key_style] > 0 and value_styles[style] > key_styles[style]


def _stands_like_value(key: Anchor, anchor: Anchor, claims: Sequence[Claim]) -> bool:
    """Whether the one stands in a column of other keys and the other in the column of their values."""
    pairs = [
        (claim.anchor.box.left, median(value.box.left for value in claim.values.values()))
        for claim in claims
        if claim.anchor not in (key, anchor) and claim.relation == "beside"
    ]
    alike = [one for one in pairs if abs(one[0] - key.box.left) <= ALIGNED and abs(one[1] - anchor.box.left) <= ALIGNED]
    return bool(alike)


def _continues_value(anchor: Anchor, study: Study) -> bool:
    """Whether on most forms the phrase begins a line right under a line that varies, as the last of an address does."""
    under = [
        any((start.line, start.index) not in study.blocked[form] for start in _starts_above(study.pages[form], spot))
        for form, spot in anchor.spots.items()
    ]
    return 2 * sum(under) > len(under)


def _extends_value(anchor: Anchor, study: Study, claims: Sequence[Claim]) -> bool:
    """Whether on most forms the phrase goes on a value whose key looks different or, unlike it, has a colon."""
    others = [one for one in claims if one.anchor.has_colon or style_of(one.anchor) != style_of(anchor)]
    under = [
        any(start in claim.values[form].words for claim in others if form in claim.values)
        for form, spot in anchor.spots.items()
        for start in _starts_above(study.pages[form], spot)
    ]
    return 2 * sum(under) > len(anchor.spots)


def _starts_above(page: Page, spot: Spot) -> Iterator[Word]:
    """The first word of the line right above, if it is aligned with the phrase and looks alike."""
    first = spot.words[0]
    for line in page.lines:
        gap, start = spot.box.top - line.box.bottom, line.words[0]
        near = SINK <= gap <= TIGHT * first.size and line.box.middle < spot.box.top
        if first.index == 0 and near and abs(line.box.left - spot.box.left) <= ALIGNED and start.looks_like(first):
            yield start
