"""Boxes, words and ruled lines on a page, in inches from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Box:
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Across, in inches."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Down, in inches."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Half way down."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Half way across."""
        return (self.left + self.right) / 2

    def holds(self, other: Box) -> bool:
        """Whether the middle of the other box is inside this one."""
        return self.left <= other.centre <= self.right and self.top <= other.middle <= self.bottom


@dataclass(frozen=True)
class Word:
    """Text without white space, its box, its look (`style`), its font size in inches and its place in the lines.

    `confidence` (0 to 1) says how surely it was read; a digital text is 1.
    """

    text: str
    box: Box
    style: str
    size: float
    line: int = -1
    index: int = -1
    confidence: float = 1

    def looks_like(self, other: Word) -> bool:
        """The same font and colour, and nearly the same size; that of ink is less sure, letters differ in height."""
        look, other_look = self.style.split("|"), other.style.split("|")
        sizes = sorted((self.size, other.size))
        similar = SIMILAR_SIZE if look[0] else SIMILAR_INK
        return (look[0], look[-1]) == (other_look[0], other_look[-1]) and sizes[1] <= similar * sizes[0]

    def placed(self, line: int, index: int) -> Word:
        """The same word, knowing that it is word `index` of line `line`."""
        return replace(self, line=line, index=index)


@dataclass(frozen=True)
class Walls:
    """What is ruled on the page: thin upright and thin level boxes."""

    upright: tuple[Box, ...] = ()
    level: tuple[Box, ...] = ()

    def between_columns(self, left: Box, right: Box) -> bool:
        """Whether an upright rule stands between two boxes of one row."""
        down = max(left.top, right.top), min(left.bottom, right.bottom)
        middle = sum(down) / 2
        return any(
            left.right - SLACK <= wall.left <= right.left + SLACK and wall.top <= middle <= wall.bottom
            for wall in self.upright
        )

    def between_rows(self, upper: Box, lower: Box) -> bool:
        """Whether a level rule runs between two boxes, one above the other; what touches a text is part of it."""
        left, right = max(upper.left, lower.left), min(upper.right, lower.right)
        return any(
            upper.bottom - CLEAR <= wall.top <= lower.top + CLEAR and overlap(left, right, wall.left, wall.right) > 0
            for wall in self.level
        )


SLACK, CLEAR = 0.03, 0.01
SIMILAR_SIZE, SIMILAR_INK = 1.2, 1.4


def overlap(low: float, high: float, other_low: float, other_high: float) -> float:
    """How much of one stretch the other covers; 0 when they are apart."""
    return max(0.0, min(high, other_high) - max(low, other_low))


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around all (at least one)."""
    every = list(boxes)
    return Box(
        min(box.left for box in every),
        min(box.top for box in every),
        max(box.right for box in every),
        max(box.bottom for box in every),
    )


@dataclass(frozen=True)
class WordRun:
    """Words that belong together, in reading order."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words, one space apart."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def box(self) -> Box:
        """The smallest box around the words."""
        return around(word.box for word in self.words)
