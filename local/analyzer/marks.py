"""Labelled selection marks: where the little box stands beside its caption, and whether something is in it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from local.analyzer.rules import CORNER
from local.analyzer.shapes import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.analyzer.rules import Sheet
    from local.analyzer.shapes import Word

EMPTY = frozenset("☐□◻○❑❏❐⬜[]()_-")
MARGIN = 0.04


@dataclass(frozen=True)
class MarkRule:
    """Where the mark stands from phrase number `anchor`, as a box in inches from that phrase's left top corner."""

    anchor: int
    box: Box


def find_mark_rule(sheets: Sequence[Sheet], boxes: Sequence[Box | None]) -> MarkRule | None:
    """From the phrase to which the mark keeps its place best; None when no form has the mark labelled."""
    places: dict[int, list[Box]] = {}
    for sheet, box in zip(sheets, boxes, strict=True):
        for anchor in (*sheet.spots, CORNER) if box else ():
            key = sheet.box_of(anchor)
            if key and box:
                from_key = Box(box.left - key.left, box.top - key.top, box.right - key.left, box.bottom - key.top)
                places.setdefault(anchor, []).append(from_key)
    usual = {anchor: _middle(seen) for anchor, seen in places.items() if 2 * len(seen) >= sum(map(bool, boxes))}
    if not usual:
        return None
    best = min(usual, key=lambda one: (_spread(places[one], usual[one]), abs(usual[one].left) + abs(usual[one].top)))
    return MarkRule(best, usual[best])


def _middle(boxes: Sequence[Box]) -> Box:
    return Box(*(round(median(getattr(box, side) for box in boxes), 4) for side in ("left", "top", "right", "bottom")))


def _spread(boxes: Sequence[Box], usual: Box) -> float:
    """How far the mark wanders, to a tenth of an inch."""
    return round(max(abs(box.left - usual.left) + abs(box.top - usual.top) for box in boxes), 1)


def read_mark(rule: MarkRule, sheet: Sheet) -> tuple[bool, Box, tuple[Word, ...]] | None:
    """Whether something is in the box, the box and what is in it; None when the phrase is missing."""
    key = sheet.box_of(rule.anchor)
    if key is None:
        return None
    place, inside = rule.box, []
    box = Box(place.left + key.left, place.top + key.top, place.right + key.left, place.bottom + key.top)
    wide = Box(box.left - MARGIN, box.top - MARGIN, box.right + MARGIN, box.bottom + MARGIN)
    inside = [word for word in sheet.page.words if wide.holds(word.box)]
    return any(not set(word.text) <= EMPTY for word in inside), box, tuple(inside)
