"""How sure the service was of each word it read, in REST v2.0 and v2.1, where values point to their words."""

from __future__ import annotations

import re
from array import array
from math import isnan, nan
from typing import TYPE_CHECKING

from shared.fields import shapes

if TYPE_CHECKING:
    from shared.fields.shapes import Node

_ELEMENT = re.compile(
    r"#/(?:analyzeResult/)?readResults/([0-9]{1,9})/(?:lines/([0-9]{1,9})/words|selectionMarks)/([0-9]{1,9})"
)


class Words:
    """The confidences of words and selection marks, eight bytes each, found by the pointers in `elements`."""

    def __init__(self) -> None:
        """No page yet."""
        self._pages: list[tuple[array[float], array[int], array[float]]] = []

    def add(self, page: Node) -> None:
        """Takes the confidences of the next page of `readResults`."""
        words, ends = array("d"), array("L", [0])
        for line in shapes.children(page, "lines"):
            words.extend(map(_confidence, shapes.children(line, "words")))
            ends.append(len(words))
        self._pages.append((words, ends, array("d", map(_confidence, shapes.children(page, "selectionMarks")))))

    def lowest(self, holder: Node) -> float | None:
        """The lowest confidence the `elements` of `holder` lead to; None where they lead nowhere, as they may."""
        pointers = holder.get("elements")
        if not isinstance(pointers, list):
            return None
        found = [self._find(pointer) for pointer in pointers if isinstance(pointer, str)]
        return min((confidence for confidence in found if not isnan(confidence)), default=None)

    def _find(self, pointer: str) -> float:
        match = _ELEMENT.fullmatch(pointer)
        if not match or int(match[1]) >= len(self._pages):
            return nan
        words, ends, marks = self._pages[int(match[1])]
        place = int(match[3])
        if match[2] is None:
            return marks[place] if place < len(marks) else nan
        line = int(match[2])
        if line + 1 >= len(ends) or ends[line] + place >= ends[line + 1]:
            return nan
        return words[ends[line] + place]


def _confidence(holder: Node) -> float:
    confidence = shapes.number(holder, "confidence")
    return nan if confidence is None else confidence
