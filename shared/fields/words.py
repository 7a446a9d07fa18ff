"""How sure the service was of each word it read, held in a few bytes a word, and which words a value was read from."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from math import isnan, nan
from typing import TYPE_CHECKING

from shared.fields import shapes

if TYPE_CHECKING:
    from shared.fields.shapes import Node

_ELEMENT = re.compile(
    r"#/(?:analyzeResult/)?readResults/([0-9]{1,9})/(?:lines/([0-9]{1,9})/words|selectionMarks)/([0-9]{1,9})"
)


class PointedWords:
    """REST v2.0 and v2.1: words and selection marks, eight bytes each, found by the pointers in `elements`."""

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


class SpannedWords:
    """REST v3 and v4: words and selection marks, 16 bytes each, found by the characters they share with a value.

    Spans are compared with spans only, so it does not matter in which unit the result counts its characters.
    """

    def __init__(self) -> None:
        """No page yet."""
        self._starts, self._ends, self._confidences = array("I"), array("I"), array("d")
        self._in_order = True

    def add(self, page: Node) -> None:
        """Takes the words of the next of `pages`, but for those without a place or a confidence."""
        holders = shapes.children(page, "words") + shapes.children(page, "selectionMarks")
        words = sorted(word for holder in holders if (word := _word(holder)))
        if words:
            self._in_order &= not self._starts or self._starts[-1] <= words[0][0]
            self._extend(words)

    def lowest(self, holder: Node) -> float | None:
        """The lowest confidence of the words that the `spans` of `holder` touch; None where there are none."""
        self._put_in_order()
        found = [self._between(*edges) for span in shapes.children(holder, "spans") if (edges := _edges(span))]
        return min((min(confidences) for confidences in found if confidences), default=None)

    def _between(self, start: int, end: int) -> array[float]:
        return self._confidences[bisect_right(self._ends, start) : bisect_left(self._starts, end)]

    def _put_in_order(self) -> None:
        """Pages are written as they are read, in the order of the text, but nothing says that they must be."""
        if not self._in_order:
            words = sorted(zip(self._starts, self._ends, self._confidences, strict=True))
            self._starts, self._ends, self._confidences = array("I"), array("I"), array("d")
            self._extend(words)
            self._in_order = True

    def _extend(self, words: list[tuple[int, int, float]]) -> None:
        for start, end, confidence in words:
            self._starts.append(start)
            self._ends.append(end)
            self._confidences.append(confidence)


def _word(holder: Node) -> tuple[int, int, float] | None:
    edges, confidence = _edges(shapes.child(holder, "span")), shapes.number(holder, "confidence")
    return None if edges is None or confidence is None else (*edges, confidence)


def _edges(span: Node) -> tuple[int, int] | None:
    start, length = shapes.whole(span, "offset"), shapes.whole(span, "length")
    return (start, start + length) if start is not None and length else None


def _confidence(holder: Node) -> float:
    confidence = shapes.number(holder, "confidence")
    return nan if confidence is None else confidence
