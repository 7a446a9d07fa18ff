"""What must be known of a whole result before its first row, found in one reading from end to end.

That reading proves that the file is whole before anything is made of it, and finds the confidence of every word, the
units of the pages and where each list begins. Then each list is read from where it begins, one element at a time. So
the lists may stand in any order, and the words, most of a large result, are parsed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from shared.errors import MalformedResult
from shared.fields import shapes
from shared.fields.json_stream import JsonCursor
from shared.fields.rows import Form, Problem
from shared.fields.words import PointedWords, SpannedWords

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.fields.shapes import Node

_V2 = {"readResults", "pageResults", "documentResults"}
_V3 = {"pages", "keyValuePairs", "tables", "documents"}
_PROBLEMS = {"errors", "warnings"}
_LISTS = _V2 | _V3 | _PROBLEMS
_VERSIONS = {"version", "apiVersion"}
_PAGE_NUMBER = {"readResults": "page", "pages": "pageNumber"}
_FORM_CONFIDENCE = {"documentResults": "docTypeConfidence", "documents": "confidence"}


@dataclass
class Survey:
    """What was found in `source`: its pages' numbers and units, its words, problems and forms, and its lists."""

    source: BinaryIO
    pages: list[int] = field(default_factory=list)
    units: dict[int | None, str | None] = field(default_factory=dict)
    pointed: PointedWords = field(default_factory=PointedWords)
    spanned: SpannedWords = field(default_factory=SpannedWords)
    problems: list[Problem] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    _offsets: dict[str, int] = field(default_factory=dict)

    @property
    def is_v2(self) -> bool:
        """Whether the lists are those of REST v2.0 and v2.1."""
        return not self.names.isdisjoint(_V2)

    def elements(self, name: str) -> Iterator[Node]:
        """The list `name` of the result, one element at a time; take it to its end before you ask for another."""
        if name in self._offsets:
            for element in JsonCursor(self.source, self._offsets[name]).items():
                yield shapes.node(element, name)

    def take_lists(self, cursor: JsonCursor) -> None:
        """Reads an analyzeResult. A failed analysis may have only some of its lists."""
        for name in cursor.members():
            self.names.add(name)
            if name not in _LISTS or cursor.peek() == "n":
                cursor.skip()
                continue
            self._offsets[name] = cursor.offset()
            for element in cursor.items():
                self.take(name, shapes.node(element, name))

    def take_problem(self, problem: Node) -> None:
        """Keeps an error or a warning."""
        code, message = shapes.text(problem, "code"), shapes.text(problem, "message")
        self.problems.append(Problem(code or "", message or ""))

    def take(self, name: str, element: Node) -> None:
        """Keeps what is needed of an element of the list `name`."""
        if name in _PAGE_NUMBER:
            number = shapes.whole(element, _PAGE_NUMBER[name]) or len(self.pages) + 1
            self.pages.append(number)
            self.units[number] = shapes.text(element, "unit")
            (self.spanned if name == "pages" else self.pointed).add(element)
        elif name in _FORM_CONFIDENCE:
            confidence = shapes.number(element, _FORM_CONFIDENCE[name])
            self.forms.append(Form(len(self.forms) + 1, shapes.text(element, "docType"), confidence))
        elif name in _PROBLEMS:
            self.take_problem(element)


def survey_of(result: BinaryIO) -> Survey:
    """Reads `result`, which must be able to seek, to its end. Raises MalformedResult if it is none of REST v2 to v4."""
    survey, cursor = Survey(result), JsonCursor(result)
    for name in cursor.members():
        if name == "analyzeResult" and cursor.peek() == "{":
            survey.take_lists(cursor)
        elif name == "error" and cursor.peek() == "{":
            survey.take_problem(shapes.node(cursor.value(), name))
        else:
            cursor.skip()
    if survey.names.isdisjoint((*_LISTS, *_VERSIONS)) or cursor.peek():
        raise MalformedResult("The result has not the documented shape: no analyzeResult of REST v2, v3 or v4.")
    return survey
