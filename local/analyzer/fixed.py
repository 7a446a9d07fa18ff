"""The small form that every document is said to be when reading is switched off, for load.

Its one value is the beginning of the document's SHA-256, so that rows can be told to be of this content and no other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local.analyzer import v2results, v3results
from local.analyzer.analysis import Analysis
from local.analyzer.keyvalues import KeyValue
from local.analyzer.pages import Line, Page, View
from local.analyzer.phrases import Spot
from local.analyzer.reading import Pair, Reading
from local.analyzer.shapes import Box, Walls, Word
from local.analyzer.store import generation_of
from local.analyzer.values import Value

if TYPE_CHECKING:
    from local.analyzer.store import Operation

KEY = Word("Number:", Box(1, 1, 2, 1.2), "", 0.2, 0, 0)
VALUE_BOX = Box(2.1, 1, 4.2, 1.2)
VALUE_LENGTH = 16


def result_of(operation: Operation) -> dict[str, Any]:
    """Its one pair, in the shape of the operation's version."""
    render = v2results.result_of if generation_of(operation.version) == "v2" else v3results.result_of
    word = Word(operation.content[:VALUE_LENGTH], VALUE_BOX, "", 0.2, 0, 1)
    page = Page(1, View(8.5, 11, "inch"), (Line((KEY, word)),), (), Walls())
    spot, value = Spot((KEY,)), Value((word,), 0)
    readings = [Reading(0, (Pair(KEY.text, spot, value, 1.0),))] if operation.model else None
    pairs = (KeyValue(1, spot, value, 1.0),) if operation.pairs else None
    return render(replace(operation, details=False), Analysis([page], readings, (), pairs))
