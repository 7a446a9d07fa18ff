"""The whole text of a file, as REST 2023-07-31 and later give it, and where in it each word stands."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Word

JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}
Span = dict[str, int]


@dataclass(frozen=True)
class Text:
    """The lines of all pages, one below the other; offsets count in the units that were asked for."""

    content: str
    offsets: dict[tuple[int, int, int], tuple[int, int]]
    ends: dict[int, tuple[int, int]]

    def page_span(self, page: Page) -> Span:
        """The page's stretch of the text."""
        start, end = self.ends[page.number]
        return _span(start, end)

    def word_span(self, page: Page, word: Word) -> Span:
        """The word's stretch of the text."""
        return _span(*self.offsets[page.number, word.line, word.index])

    def spans(self, page: Page, words: Iterable[Word]) -> list[Span]:
        """The stretches of these words, those of neighbours made one."""
        found = sorted(self.offsets[page.number, word.line, word.index] for word in words)
        return [_span(start, end) for start, end in _joined(found)]


def text_of(pages: Sequence[Page], index_type: str) -> Text:
    """The text of the pages, measured in `textElements`, `unicodeCodePoint` or `utf16CodeUnit`."""
    offsets: dict[tuple[int, int, int], tuple[int, int]] = {}
    ends: dict[int, tuple[int, int]] = {}
    content, at = "", 0
    for page in pages:
        start = at
        for line in page.lines:
            for word in line.words:
                size = length(word.text, index_type)
                offsets[page.number, word.line, word.index] = (at, at + size)
                content, at = f"{content}{word.text} ", at + size + 1
            content = content[:-1] + "\n"
        ends[page.number] = (start, max(start, at - 1))
    return Text(content.rstrip("\n"), offsets, ends)


def length(text: str, index_type: str) -> int:
    """How long a text is in these units; text elements are what a person calls characters, nearly."""
    if index_type == "utf16CodeUnit":
        return len(text.encode("utf-16-le")) // 2
    if index_type == "unicodeCodePoint":
        return len(text)
    marks = sum(bool(unicodedata.combining(char)) or char in JOINERS for char in text)
    return len(text) - marks - text.count("\u200d")


def _joined(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches with only the one character of a space or a line's end between them are one."""
    joined: list[tuple[int, int]] = []
    for start, end in found:
        if joined and start == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _span(start: int, end: int) -> Span:
    return {"offset": start, "length": end - start}
