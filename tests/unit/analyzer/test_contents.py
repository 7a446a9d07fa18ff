"""The spans of v3 lead to their text, whatever is counted."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from local.analyzer.contents import INDEX_TYPES, Content
from local.analyzer.pages import Line, Page, View
from local.analyzer.shapes import Box, Walls, Word

NOWHERE = Box(0, 0, 1, 1)
LETTERS = st.characters(exclude_categories=["Z", "C"]) | st.sampled_from("e\u0301👩\u200d🔬🇸🇪")
TEXTS = st.text(LETTERS, min_size=1, max_size=6)


def a_page(number: int, lines: list[list[str]]) -> Page:
    """A page of these words."""
    made = [
        Line(tuple(Word(text, NOWHERE, "", 0.2, line, index) for index, text in enumerate(texts)))
        for line, texts in enumerate(lines)
    ]
    return Page(number, View(8.5, 11, "inch"), tuple(made), (), Walls())


def cut(text: str, span: dict[str, int], unit: str) -> str:
    """What a client that counts in this unit reads."""
    start, end = span["offset"], span["offset"] + span["length"]
    if unit == "utf16CodeUnit":
        return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")
    units = regex.findall(r"\X", text) if unit == "textElements" else list(text)
    return "".join(units[start:end])


@pytest.mark.parametrize(
    ("unit", "spans"),
    [
        ("textElements", [(0, 1), (2, 2), (5, 1)]),
        ("unicodeCodePoint", [(0, 3), (4, 3), (8, 1)]),
        ("utf16CodeUnit", [(0, 5), (6, 3), (10, 2)]),
    ],
)
def test_what_is_counted(unit: str, spans: list[tuple[int, int]]) -> None:
    """A family of code points is one text element; a code point beyond the first plane is two UTF-16 units."""
    page = a_page(1, [["👩\u200d🔬", "e\u0301a"], ["😀"]])
    told = [Content([page], unit).span(1, word) for word in page.words]
    assert [(span["offset"], span["length"]) for span in told] == spans


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=3), st.sampled_from(INDEX_TYPES[1:]))
def test_every_span_leads_to_its_word(lines: list[list[str]], unit: str) -> None:
    """On any page, after any page."""
    pages = [a_page(1, lines), a_page(2, lines)]
    content = Content(pages, unit)
    for page in pages:
        for word in page.words:
            assert cut(content.text, content.span(page.number, word), unit) == word.text


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_text_elements_are_counted_over_the_whole_text(lines: list[list[str]]) -> None:
    """A mark that begins a word joins what stands before it, so a span may begin within that, but never after."""
    page = a_page(1, lines)
    content = Content([page], "textElements")
    for word in page.words:
        assert word.text in cut(content.text, _wider(content.span(1, word)), "textElements")
    assert content.everything() == [{"offset": 0, "length": len(regex.findall(r"\X", content.text))}]


def _wider(span: dict[str, int]) -> dict[str, int]:
    return {"offset": span["offset"], "length": span["length"] + 1}


def test_words_that_follow_each_other_are_one_span() -> None:
    """Also over the end of a line; a gap begins another."""
    page = a_page(1, [["Harbour", "Bakery"], ["Quay", "7"]])
    content = Content([page], "unicodeCodePoint")
    first, second, third, last = page.words
    assert content.spans(1, [second, third]) == [{"offset": 8, "length": 11}]
    assert content.spans(1, [last, first]) == [{"offset": 0, "length": 7}, {"offset": 20, "length": 1}]


def test_an_empty_page_has_an_empty_span() -> None:
    """At the beginning, of length 0."""
    content = Content([a_page(1, [])], "textElements")
    assert content.text == ""
    assert content.whole(1) == content.everything() == [{"offset": 0, "length": 0}]
