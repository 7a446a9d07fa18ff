"""Keys and values that show without a model: text with a colon, and what stands beside or beneath it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.analyzer.shapes import overlap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.analyzer.pages import Line, Page
    from local.analyzer.shapes import Word

ON_A_ROW = 0.5
FARTHEST_BESIDE, FARTHEST_BENEATH, ALIGNED, TOUCHING = 3.5, 0.35, 0.3, -0.05
CONFIDENCE = 0.8

Words = tuple["Word", ...]


@dataclass(frozen=True)
class LoosePair:
    """A key, and its value where one was found."""

    key: Words
    value: Words

    @property
    def name(self) -> str:
        """The key's text without its colon, in lower case."""
        return text_of(self.key).rstrip(": ").lower()


def text_of(words: Words) -> str:
    """The words, one space apart."""
    return " ".join(word.text for word in words)


def loose_pairs(page: Page) -> Iterator[LoosePair]:
    """The pairs of a page whose keys end with a colon, in reading order."""
    for line in page.lines:
        ends = [index for index, word in enumerate(line.words) if word.text.endswith(":")]
        if not ends:
            continue
        key, value = line.words[: ends[0] + 1], line.words[ends[0] + 1 :]
        yield LoosePair(key, value or value_by(page, line))


def value_by(page: Page, key: Line) -> Words:
    """The words of the nearest line beside the key, else of the line beneath it; none if that is a key itself."""
    beside = [line for line in page.lines if _is_beside(line, key)]
    beneath = [line for line in page.lines if _is_beneath(line, key)]
    nearest = min(beside, key=lambda line: line.box.left, default=None) or min(
        beneath, key=lambda line: line.box.top, default=None
    )
    return () if nearest is None or ":" in nearest.text else nearest.words


def _is_beside(line: Line, key: Line) -> bool:
    shared = overlap(line.box.top, line.box.bottom, key.box.top, key.box.bottom)
    gap = line.box.left - key.box.right
    return line is not key and shared >= ON_A_ROW * min(line.box.height, key.box.height) and 0 <= gap <= FARTHEST_BESIDE


def _is_beneath(line: Line, key: Line) -> bool:
    gap = line.box.top - key.box.bottom
    return TOUCHING <= gap <= FARTHEST_BENEATH and abs(line.box.left - key.box.left) <= ALIGNED
