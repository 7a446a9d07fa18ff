"""Words in a picture, read by RapidOCR: its models are in its package, nothing is downloaded.

The engine is loaded at the first picture, once in a process; one picture is read at a time, on two threads.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from local.analyzer.pictures import Pixels

THREADS = 2
LARGEST_SIDE = 3000
FIND_AT = 1120
"""Lines are looked for in a picture of this size, which takes a third of the time, and read in the large one."""
LABEL_AND_VALUE = re.compile(r"(.*(?:[^\W\d_]|[#.])\)?:)(?!//)(.+)")
Point = tuple[float, float]
Points = tuple[Point, ...]
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class SeenWord:
    """A word in the picture: its four corners in pixels, clockwise from the top left, and its confidence."""

    text: str
    corners: Points
    confidence: float


@dataclass(frozen=True)
class SeenLine:
    """A run of words that the engine saw as one, with the corners of the whole."""

    corners: Points
    words: tuple[SeenWord, ...]


def see(pixels: Pixels) -> list[SeenLine]:
    """The lines of text in a picture, in no particular order."""
    with _one_at_a_time:
        found = _read(_engine(), pixels)
    return [_line(words) for words in found if words]


def _read(engine: Any, pixels: Pixels) -> list[list[SeenWord]]:  # noqa: ANN401 - the package is untyped
    """What the engine does with a picture, step by step: its own call would give words the scores of other letters."""
    image, record = engine.preprocess_img(pixels)
    places, turned, texts, crops = engine.run_ocr_steps(image, record)
    if places.boxes is None or texts.txts is None:
        return []
    for text, info in zip(texts.txts, texts.word_results, strict=True):
        info.confs = _scores(text, info)
    found = engine.build_final_output(pixels, places, turned, texts, crops, record)
    return [] if found.txts is None else [list(_words(line)) for line in found.word_results]


def _scores(text: str, info: Any) -> list[float]:  # noqa: ANN401 - the package is untyped
    """The lowest score of the letters of each word; one for each letter where the engine boxes single letters."""
    letters = [score for char, score in zip(text, info.confs, strict=True) if not char.isspace()]
    if any(kind.name == "CN" for kind in info.word_types):
        return letters
    ends = list(accumulate((len(word) for word in info.words), initial=0))
    return [min(letters[first:last]) for first, last in pairwise(ends)]


def _words(found: Iterable[tuple[str, float, Any]]) -> Iterator[SeenWord]:
    for text, score, corners in found:
        points = tuple((float(x), float(y)) for x, y in corners)
        yield from _split_after_colon(SeenWord(text, points, round(float(score), 3)))


def _split_after_colon(word: SeenWord) -> Iterator[SeenWord]:
    """A label and its value are often seen as one; a time, a ratio or an address of the web is one."""
    match = LABEL_AND_VALUE.fullmatch(word.text)
    if match is None:
        yield word
        return
    share = len(match[1]) / len(word.text)
    left_top, right_top, right_bottom, left_bottom = word.corners
    top, bottom = _between(left_top, right_top, share), _between(left_bottom, right_bottom, share)
    yield replace(word, text=match[1], corners=(left_top, top, bottom, left_bottom))
    yield replace(word, text=match[2], corners=(top, right_top, right_bottom, bottom))


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _line(words: Sequence[SeenWord]) -> SeenLine:
    first, last = words[0].corners, words[-1].corners
    return SeenLine((first[0], last[1], last[2], first[3]), tuple(words))


@cache
def _engine() -> Any:  # noqa: ANN401 - the package is untyped
    from rapidocr import RapidOCR  # noqa: PLC0415 - slow to import, and only pictures need it

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.return_word_box": True,
            "Global.use_cls": False,
            "Global.max_side_len": LARGEST_SIDE,
            "Det.limit_type": "max",
            "Det.limit_side_len": FIND_AT,
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
