"""Which words of a form are steady: most forms of the type print them in a similar place.

Similar is: at the same height, or in the same column a few lines higher or lower, or next to the same neighbour there.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Word

SAME_HEIGHT = 0.06
SAME_COLUMN = 0.06
FEW_LINES = 2.0
Context = tuple[str, "Word", str]


def normal(text: str) -> str:
    """The text as it is compared: without regard to case."""
    return text.casefold()


def steadiness(pages: Sequence[Page], form: int) -> dict[tuple[int, int], int]:
    """For each word of one form, by its place in the lines: on how many forms it stands in a similar place."""
    indexes = [_index(page) for number, page in enumerate(pages) if number != form]
    return {
        (word.line, word.index): 1 + sum(_has_alike(context, index) for index in indexes)
        for word, context in ((context[1], context) for context in _contexts(pages[form]))
    }


def _contexts(page: Page) -> Iterator[Context]:
    for line in page.lines:
        texts = ["", *(normal(word.text) for word in line.words), ""]
        for index, word in enumerate(line.words):
            yield texts[index], word, texts[index + 2]


def _index(page: Page) -> dict[str, list[Context]]:
    index: dict[str, list[Context]] = defaultdict(list)
    for context in _contexts(page):
        index[normal(context[1].text)].append(context)
    return index


def _has_alike(context: Context, index: dict[str, list[Context]]) -> bool:
    return any(_alike(context, other) for other in index.get(normal(context[1].text), ()))


def _alike(context: Context, other: Context) -> bool:
    box, place = context[1].box, other[1].box
    drop = abs(box.top - place.top)
    if drop <= SAME_HEIGHT:
        return True
    if drop > FEW_LINES:
        return False
    aligned = min(abs(box.left - place.left), abs(box.right - place.right), abs(box.centre - place.centre))
    neighbour = any(context[side] and context[side] == other[side] for side in (0, 2))
    return aligned <= SAME_COLUMN or neighbour or context[1].text.endswith(":")
