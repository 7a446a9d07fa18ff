"""What several pictures of one form type say at the same place, letter by letter, is what the form has printed there.

A single word that was read from ink may have a slip; where most forms agree on another spelling, training takes that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from local.analyzer.pages import Line
from local.analyzer.spelling import letters_of, slips_allowed, slips_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Word

NEAR = 0.15
Spellings = dict[str, list["Word"]]


def agreed(pages: Sequence[Page]) -> Sequence[Page]:
    """The same pages, one of each form, with the words read from ink as most forms spell them at that place."""
    spellings = [_by_text(page) for page in pages]
    return [_agreed(page, spellings) if page.is_print else page for page in pages]


def _by_text(page: Page) -> Spellings:
    found: Spellings = defaultdict(list)
    for word in page.words:
        found[word.text].append(word)
    return found


def _agreed(page: Page, spellings: Sequence[Spellings]) -> Page:
    lines = tuple(Line(tuple(_spelled(word, spellings) for word in line.words)) for line in page.lines)
    return replace(page, lines=lines)


def _spelled(word: Word, spellings: Sequence[Spellings]) -> Word:
    letters = letters_of(word.text)
    most = slips_allowed(letters)
    if not most or any(char.isdigit() for char in word.text):
        return word
    there = Counter(one.text for words in spellings for found in words.values() for one in found if _is_at(one, word))
    alike = {text: count for text, count in there.items() if slips_between(letters_of(text), letters, most) <= most}
    text = max(alike, key=lambda one: alike[one])
    return replace(word, text=text) if 2 * alike[text] > len(spellings) else word


def _is_at(one: Word, word: Word) -> bool:
    return abs(one.box.left - word.box.left) <= NEAR and abs(one.box.middle - word.box.middle) <= NEAR / 2
