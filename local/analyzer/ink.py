"""Words meet the ink: their boxes become as tight and as steady as those of a digital page.

A reader of pictures gives generous boxes that differ from line to line. The ink itself tells where a word begins and
ends, where its line stands and how large its letters are; from these a box is made as a font would have it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING
from unicodedata import normalize

import cv2
import numpy as np

from local.analyzer.shapes import Box, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.analyzer.pictures import Pixels

DPI = 150
ACCENTED, ASCENT, DESCENT, X_HEIGHT = 0.92, 0.72, 0.21, 0.53
BEARING = 0.05
TALL = "bdfhijklt"
DEEP = "gjpqyQ,;()[]{}|/$"
LEAST_INK = 1.0
PAD = 0.04
DOT_GAP = 0.07
SOLID = 0.9
CLOSING = ")]},;:"
AS_WIDE, STANDS_OUT = 0.7, 1.4
Run = tuple[int, int]


def fitted(words: Sequence[Word], grey: Pixels, style: str) -> list[Word]:
    """The words of one line (in inches on the sheet, of which the picture shows 150 pixels an inch), boxed by ink."""
    strip, left, top = _strip(words, grey)
    if strip.size == 0:
        return [replace(word, style=style) for word in words]
    rows = _band(strip)
    runs = list(_runs(strip[rows[0] : rows[1]]))
    words = _with_lost_spaces(words, runs, left)
    found = [_ink_of(word, words, runs, left) for word in words]
    sizes = [_size(word.text, strip[rows[0] : rows[1]], own) for word, own in zip(words, found, strict=True) if own]
    if not sizes:
        return [replace(word, style=style) for word in words]
    size = median(size for size, _ in sizes) / DPI
    base = (top + rows[0] + median(base for _, base in sizes)) / DPI
    return [
        replace(word, box=_box(word, own, left, base, size), style=style, size=size)
        for word, own in zip(words, found, strict=True)
    ]


def _strip(words: Sequence[Word], grey: Pixels) -> tuple[Pixels, float, float]:
    """Ink (1) and paper (0) around the words, whichever is darker; and where that piece begins, in pixels."""
    left, right = (
        (min(word.box.left for word in words) - PAD) * DPI,
        (max(word.box.right for word in words) + PAD) * DPI,
    )
    top, bottom = min(word.box.top for word in words) * DPI, max(word.box.bottom for word in words) * DPI
    x, y = max(0, int(left)), max(0, int(top))
    piece = grey[y : max(y, int(bottom) + 1), x : max(x, int(right) + 1)]
    if piece.size == 0:
        return piece, x, y
    level, _ = cv2.threshold(piece, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    dark = piece <= level
    ink = (dark if dark.mean() <= 0.5 else ~dark).astype(np.uint8)  # noqa: PLR2004 - half
    # No letter fills a column from top to bottom: that is a rule, or the paper beside a dark area.
    ink[:, ink.mean(axis=0) > SOLID] = 0
    return ink, x, y


def _band(strip: Pixels) -> tuple[int, int]:
    """The first row with ink and the row after the last, going out from the middle; a neighbouring line is left out."""
    filled = strip.sum(axis=1) > LEAST_INK
    gap = max(1, round(DOT_GAP * len(filled)))
    middle = len(filled) // 2
    first = last = middle
    for row in range(middle, -1, -1):
        if filled[row]:
            first = row
        elif first - row > gap:
            break
    for row in range(middle, len(filled)):
        if filled[row]:
            last = row
        elif row - last > gap:
            break
    return first, last + 1


def _runs(band: Pixels) -> Iterator[Run]:
    """The stretches of columns with ink: about one for each letter."""
    filled = np.concatenate([[0], (band.sum(axis=0) > LEAST_INK).astype(np.int8), [0]])
    changes = np.flatnonzero(np.diff(filled))
    return zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)


def _ink_of(word: Word, words: Sequence[Word], runs: Sequence[Run], left: float) -> Run | None:
    """From the first to the last column of the ink that is nearer to this word than to the others."""
    own = _own_runs(word, words, runs, left)
    return (own[0][0], own[-1][1]) if own else None


def _own_runs(word: Word, words: Sequence[Word], runs: Sequence[Run], left: float) -> list[Run]:
    return [run for run in runs if _nearest(words, ((run[0] + run[1]) / 2 + left) / DPI) is word]


def _with_lost_spaces(words: Sequence[Word], runs: Sequence[Run], left: float) -> list[Word]:
    """The words, those in two that have a gap inside as wide as the gaps between the words of the line."""
    inks = [_own_runs(word, words, runs, left) for word in words]
    gaps = [after[0][0] - before[-1][1] for before, after in pairwise(inks) if before and after]
    if not gaps:
        return list(words)
    return [part for word, own in zip(words, inks, strict=True) for part in _parts(word, own, left, median(gaps))]


def _parts(word: Word, own: Sequence[Run], left: float, usual: float) -> list[Word]:
    inner = sorted(((after[0] - before[1], before[1]) for before, after in pairwise(own)), reverse=True)
    others = inner[1][0] if len(inner) > 1 else 0
    if not inner or inner[0][0] < max(AS_WIDE * usual, STANDS_OUT * others):
        return [word]
    cut = inner[0][1] + inner[0][0] / 2
    at = len(word.text) * (cut - own[0][0]) / (own[-1][1] - own[0][0])
    ends = [end for end in range(1, len(word.text)) if _may_part(word.text[end - 1], word.text[end])]
    end = min(ends, key=lambda one: abs(one - at), default=0)
    if not end or abs(end - at) > 1:
        return [word]
    edge, box = (cut + left) / DPI, word.box
    first, second = replace(box, right=edge), replace(box, left=edge)
    return [replace(word, text=word.text[:end], box=first), replace(word, text=word.text[end:], box=second)]


def _may_part(before: str, after: str) -> bool:
    """A space is lost after a closing sign; a wide gap anywhere else is a narrow letter's."""
    return before in CLOSING and after.isalnum()


def _nearest(words: Sequence[Word], x: float) -> Word:
    return min(words, key=lambda word: max(word.box.left - x, x - word.box.right))


def _size(text: str, band: Pixels, columns: tuple[int, int]) -> tuple[float, float]:
    """The font size and the height of the base line that the ink of a word speaks for, in pixels."""
    filled = np.flatnonzero(band[:, columns[0] : columns[1]].sum(axis=1) > 0)
    first, last = (int(filled[0]), int(filled[-1]) + 1) if filled.size else (0, len(band))
    above = max(map(_ascent, text))
    below = DESCENT if any(char in DEEP for char in text) else 0.0
    size = (last - first) / (above + below)
    return size, last - below * size


def _ascent(char: str) -> float:
    if char.isupper() and len(normalize("NFD", char)) > 1:
        return ACCENTED
    return ASCENT if char in TALL or char.isupper() or char.isdigit() else X_HEIGHT


def _box(word: Word, own: tuple[int, int] | None, left: float, base: float, size: float) -> Box:
    ends = [(edge + left) / DPI for edge in own] if own else [word.box.left, word.box.right]
    ends = [ends[0] - BEARING * size, ends[1] + BEARING * size]
    top, bottom = base - (1 - DESCENT) * size, base + DESCENT * size
    return Box(round(ends[0], 4), round(top, 4), round(ends[1], 4), round(bottom, 4))
