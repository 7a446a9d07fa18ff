"""The text of a document as v3 tells it: one string, and where in it each word stands."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Literal

import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Word

IndexType = Literal["textElements", "unicodeCodePoint", "utf16CodeUnit"]
INDEX_TYPES: tuple[IndexType, ...] = ("textElements", "unicodeCodePoint", "utf16CodeUnit")
Span = dict[str, int]


class Content:
    """Words one space apart, lines one line break apart; spans count in the unit that was asked for."""

    def __init__(self, pages: Sequence[Page], unit: str) -> None:
        """`unit` is one of INDEX_TYPES."""
        self._places: dict[tuple[int, int, int], tuple[int, int]] = {}
        texts, at = [], 0
        for page in pages:
            for line in page.lines:
                for word in line.words:
                    self._places[page.number, word.line, word.index] = (at, at + len(word.text))
                    at += len(word.text) + 1
                texts.append(line.text)
        self.text = "\n".join(texts)
        self._offsets = _offsets(self.text, unit)

    def span(self, number: int, word: Word) -> Span:
        """Where a word of the page with this number stands."""
        return self._told(*self._places[number, word.line, word.index])

    def spans(self, number: int, words: Iterable[Word]) -> list[Span]:
        """Where words of one page stand; what follows each other is one span."""
        runs: list[tuple[int, int]] = []
        for start, end in sorted(self._places[number, word.line, word.index] for word in words):
            if runs and start <= runs[-1][1] + 1:
                runs[-1] = runs[-1][0], end
            else:
                runs.append((start, end))
        return [self._told(*run) for run in runs]

    def everything(self) -> list[Span]:
        """The whole text."""
        return [{"offset": 0, "length": self._offsets[-1]}]

    def whole(self, number: int) -> list[Span]:
        """From the first to the last word of a page."""
        own = [place for (page, _, _), place in self._places.items() if page == number]
        return [self._told(own[0][0], own[-1][1])] if own else [{"offset": 0, "length": 0}]

    def _told(self, start: int, end: int) -> Span:
        return {"offset": self._offsets[start], "length": self._offsets[end] - self._offsets[start]}


def _offsets(text: str, unit: str) -> list[int]:
    """For each code point, and the end, how many units stand before it."""
    if unit == "unicodeCodePoint":
        return list(range(len(text) + 1))
    if unit == "utf16CodeUnit":
        return [0, *accumulate(len(char.encode("utf-16-le")) // 2 for char in text)]
    elements = [found.span() for found in regex.finditer(r"\X", text)]
    starts = [index for index, (first, last) in enumerate(elements) for _ in range(first, last)]
    return [*starts, len(elements)]
