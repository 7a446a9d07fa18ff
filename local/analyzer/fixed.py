"""The small form that every document is said to be when reading is switched off, for load."""

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
VALUE = Word("1", Box(2.1, 1, 2.2, 1.2), "", 0.2, 0, 1)
PAGE = Page(1, View(8.5, 11, "inch"), (Line((KEY, VALUE)),), (), Walls())
READING = Reading(0, (Pair(KEY.text, Spot((KEY,)), Value((VALUE,), 0), 1.0),))
PAIRS = (KeyValue(1, Spot((KEY,)), Value((VALUE,), 0), 1.0),)


def result_of(operation: Operation) -> dict[str, Any]:
    """Its one pair, in the shape of the operation's version."""
    render = v2results.result_of if generation_of(operation.version) == "v2" else v3results.result_of
    readings = [READING] if operation.model else None
    return render(replace(operation, details=False), Analysis([PAGE], readings, (), PAIRS if operation.pairs else None))
