"""From five or more forms of one type to a model: what repeats is a key, what varies beside or beneath it its value.

1. Pages are compared by number. Words that most forms print in a similar place make phrases (`phrases`).
2. For each phrase and each form both candidates are looked up: the text beside it and the text beneath it (`values`).
3. Phrases take their values nearest first, so that text which two phrases could claim goes to the nearer one and the
   other is left with its other side. A phrase that gets a value on enough forms is a key.
4. A phrase without a colon that stands where the value of another phrase should be is no key but (the beginning of) a
   value that is equal on most forms. It is taken off the list, and step 3 is done again.
5. All other phrases are furniture: titles, footers, the headings of line item tables. They are kept, because a value
   ends where furniture begins.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from local.analyzer.agreement import agreed
from local.analyzer.claims import Claim, Study, flows_on, settle
from local.analyzer.constants import is_part_of_value
from local.analyzer.itemtables import are_items, heading_words, item_headings, item_words, mostly_within, rows_under
from local.analyzer.models import Furniture, Key, Model, Offset, PageModel, shape_of
from local.analyzer.phrases import find_anchors
from local.analyzer.values import ALIGNED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.analyzer.pages import Line, Page
    from local.analyzer.phrases import Anchor
    from local.analyzer.shapes import Box
    from local.analyzer.values import Place

FEWEST_FORMS = 3
ROUNDS = 4


def learn(forms: Sequence[Sequence[Page]]) -> Model:
    """The model of these forms (the pages of each). Page numbers that too few forms have are not learned."""
    longest = max((len(pages) for pages in forms), default=0)
    columns = [[pages[number] for pages in forms if len(pages) > number] for number in range(longest)]
    return Model(tuple(learn_page(pages) for pages in columns if len(pages) >= FEWEST_FORMS))


def learn_page(pages: Sequence[Page]) -> PageModel:
    """The keys and the furniture of one page, seen on several forms."""
    pages = agreed(pages)
    headings = item_headings(pages)
    items = tuple(item_words(page, headings) for page in pages)
    anchors = tuple(anchor for anchor in find_anchors(pages) if not mostly_within(anchor, items))
    study = Study(pages, anchors, items, tuple(heading_words(page, headings) for page in pages))
    study, claims = _settled(study)
    keys = tuple(_key(claim, len(pages)) for claim in claims)
    claimed = [claim.anchor for claim in claims]
    rest = [anchor for anchor in study.anchors if anchor not in claimed]
    return PageModel(keys, tuple(Furniture(anchor.text, anchor.box) for anchor in rest), headings)


def _settled(study: Study) -> tuple[Study, list[Claim]]:
    """Claims, once the headings of items are mute and every phrase that is only part of a value has left the list."""
    study = _without_items(study)
    claims = settle(study)
    for _ in range(ROUNDS):
        parts = [anchor for anchor in study.anchors if is_part_of_value(anchor, study, claims)]
        if not parts:
            break
        study = replace(study, anchors=tuple(anchor for anchor in study.anchors if anchor not in parts))
        claims = settle(study)
    return study, sorted(claims, key=lambda claim: (claim.anchor.box.top, claim.anchor.box.left))


def _without_items(study: Study) -> Study:
    """The same with the headings of tables without rules mute, and what stands in their rows gone."""
    heads = [claim.anchor for claim in settle(study) if claim.relation == "beneath"]
    rows = [[anchor for anchor in study.anchors if _on_one_row(anchor, head)] for head in heads]
    headings = {anchor.box: anchor for row in rows if _head_items(row, study) for anchor in row}
    items = tuple(_items_under(list(headings.values()), study, form) for form in range(len(study.pages)))
    anchors = tuple(anchor for anchor in study.anchors if not mostly_within(anchor, items))
    both = tuple(old | new for old, new in zip(study.items, items, strict=True))
    return replace(study, anchors=anchors, items=both, mute=tuple(headings.values()))


def _on_one_row(first: Anchor, second: Anchor) -> bool:
    return abs(first.box.top - second.box.top) <= ALIGNED and not first.has_colon


def _head_items(row: Sequence[Anchor], study: Study) -> bool:
    return any(are_items(_rows(row, study, form)) for form in range(len(study.pages)))


def _rows(row: Sequence[Anchor], study: Study, form: int) -> list[list[Line]]:
    spots = [anchor.spots[form] for anchor in row if form in anchor.spots]
    return rows_under(study.pages[form], spots, study.blocked[form])


def _items_under(headings: Sequence[Anchor], study: Study, form: int) -> frozenset[Place]:
    rows = [[one for one in headings if _on_one_row(one, anchor)] for anchor in headings]
    lines = [line for row in rows for under in _rows(row, study, form) for line in under]
    return frozenset((word.line, word.index) for line in lines for word in line.words)


def _key(claim: Claim, forms: int) -> Key:
    anchor, values = claim.anchor, claim.values
    offsets = tuple(_offset(anchor.spots[form].box, value.box) for form, value in sorted(values.items()))
    shapes = tuple(sorted({shape_of(value.text) for value in values.values()}))
    support, filled = len(anchor.spots) / forms, len(values) / len(anchor.spots)
    is_clear = anchor.has_colon or not flows_on(claim)
    return Key(anchor.text, anchor.box, claim.relation, offsets, shapes, round(support, 4), round(filled, 4), is_clear)


def _offset(key: Box, value: Box) -> Offset:
    left, right, top = value.left - key.left, value.right - key.left, value.top - key.top
    return Offset(round(left, 4), round(right, 4), round(top, 4))
