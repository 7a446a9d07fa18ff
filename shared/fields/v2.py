"""The shape of a result of Form Recognizer REST v2.0 and v2.1 (`AnalyzeResult` in the v2.1 swagger).

The file is read once from end to end: that finds the confidence of every word, the units of the pages and where each
list begins, and proves that the file is whole before anything is made of it. Then pages and documents are read from
where they begin, one at a time. So the lists may stand in any order, and the words, most of a large result, are parsed
once.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, BinaryIO

from shared.errors import MalformedResult
from shared.fields import shapes
from shared.fields.json_stream import JsonCursor
from shared.fields.rows import Form, Page, Part, Problem, Row
from shared.fields.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.fields.shapes import Node

_LISTS = {"readResults", "pageResults", "documentResults", "errors"}
_VALUES = {
    "string": "valueString",
    "date": "valueDate",
    "time": "valueTime",
    "phoneNumber": "valuePhoneNumber",
    "selectionMark": "valueSelectionMark",
    "countryRegion": "valueCountryRegion",
}
_NUMBERS = {"number": "valueNumber", "integer": "valueInteger"}


def read(result: BinaryIO) -> Iterator[Part]:
    """What a result says, in an order that does not depend on the order of its lists.

    Every `Page` read; every `Problem` the service reports; then each `Form` with its rows. There is always a first
    form, to which the pairs of page 1 belong, then its tables' cells, the pairs of page 2 ...; after them, and in the
    forms that follow, the fields of a document, in the service's order.

    `result` must be able to seek. Memory holds one page or document at a time and eight bytes a word. Raises
    MalformedResult when the file is cut short or is not JSON, before anything is yielded, and when it has not the
    documented shape.
    """
    survey = _survey(result)
    yield from map(Page, survey.pages)
    yield from survey.problems
    yield survey.forms[0] if survey.forms else Form(1)
    yield from _pages(result, survey)
    for form, document in zip(survey.forms, _list_at(result, survey, "documentResults"), strict=False):
        if form.number > 1:
            yield form
        yield from _fields(form.number, document, survey)


@dataclass
class _Survey:
    """What must be known of the whole result before its first row."""

    words: Words = field(default_factory=Words)
    pages: list[int] = field(default_factory=list)
    units: dict[int | None, str | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    offsets: dict[str, int] = field(default_factory=dict)

    def take(self, name: str, element: Node) -> None:
        if name == "readResults":
            number = shapes.whole(element, "page") or len(self.pages) + 1
            self.pages.append(number)
            self.units[number] = shapes.text(element, "unit")
            self.words.add(element)
        elif name == "documentResults":
            self.forms.append(_form(len(self.forms) + 1, element))
        elif name == "errors":
            code, message = shapes.text(element, "code"), shapes.text(element, "message")
            self.problems.append(Problem(code or "", message or ""))


def _survey(result: BinaryIO) -> _Survey:
    survey, cursor, found = _Survey(), JsonCursor(result), False
    for name in cursor.members():
        if name == "analyzeResult" and cursor.peek() == "{":
            found = _survey_lists(cursor, survey)
        else:
            cursor.value()
    if not found or cursor.peek():
        raise MalformedResult("The result has not the documented shape: no analyzeResult of REST v2.0 or v2.1.")
    return survey


def _survey_lists(cursor: JsonCursor, survey: _Survey) -> bool:
    """Whether the cursor stood at an analyzeResult of v2; a failed analysis may have only some of its lists."""
    names = set()
    for name in cursor.members():
        names.add(name)
        if name not in _LISTS or cursor.peek() == "n":
            cursor.value()
            continue
        survey.offsets[name] = cursor.offset()
        for element in cursor.items():
            survey.take(name, shapes.node(element, name))
    return not names.isdisjoint(_LISTS)


def _list_at(result: BinaryIO, survey: _Survey, name: str) -> Iterator[Node]:
    if name in survey.offsets:
        for element in JsonCursor(result, survey.offsets[name]).items():
            yield shapes.node(element, name)


def _pages(result: BinaryIO, survey: _Survey) -> Iterator[Row]:
    tables = count()
    for page in _list_at(result, survey, "pageResults"):
        number = shapes.whole(page, "page")
        yield from _pairs(page, number, survey)
        for table in shapes.children(page, "tables"):
            yield from _cells(table, next(tables), number, survey)


def _pairs(page: Node, number: int | None, survey: _Survey) -> Iterator[Row]:
    for pair in shapes.children(page, "keyValuePairs"):
        value = shapes.child(pair, "value")
        yield Row(
            form=1,
            kind="keyValue",
            name=shapes.text(shapes.child(pair, "key"), "text") or "",
            text=shapes.text(value, "text"),
            confidence=shapes.number(pair, "confidence"),
            read_confidence=survey.words.lowest(value),
            page=number,
            bounding_box=shapes.numbers(value, "boundingBox"),
            unit=survey.units.get(number),
            top_level=True,
        )


def _cells(table: Node, index: int, number: int | None, survey: _Survey) -> Iterator[Row]:
    cells = shapes.children(table, "cells")
    headers = _headers(cells)
    for cell in cells:
        column = _place(cell, "columnIndex")
        header = headers.get(column)
        yield Row(
            form=1,
            kind="cell",
            name=header or f"column {column + 1}",
            text=shapes.text(cell, "text"),
            confidence=shapes.number(cell, "confidence"),
            read_confidence=survey.words.lowest(cell),
            page=number,
            bounding_box=shapes.numbers(cell, "boundingBox"),
            unit=survey.units.get(number),
            table=index,
            row=_place(cell, "rowIndex"),
            column=column,
            row_span=shapes.whole(cell, "rowSpan") or 1,
            column_span=shapes.whole(cell, "columnSpan") or 1,
            header=header,
            is_header=_is_header(cell),
        )


def _headers(cells: list[Node]) -> dict[int, str]:
    """The header texts over each column that has any, from top to bottom."""
    columns = sorted({_place(cell, "columnIndex") for cell in cells})
    texts: dict[int, list[str]] = {}
    for cell in sorted(filter(_is_header, cells), key=lambda cell: _place(cell, "rowIndex")):
        text, first = shapes.text(cell, "text"), _place(cell, "columnIndex")
        after = first + (shapes.whole(cell, "columnSpan") or 1)
        for column in columns[bisect_left(columns, first) : bisect_left(columns, after)]:
            texts.setdefault(column, []).extend([text] if text else [])
    return {column: " ".join(found) for column, found in texts.items() if found}


def _is_header(cell: Node) -> bool:
    return cell.get("isHeader") is True


def _place(cell: Node, name: str) -> int:
    place = shapes.whole(cell, name)
    if place is None:
        raise MalformedResult(f"The result has not the documented shape: a cell without {name}.")
    return place


def _form(form: int, document: Node) -> Form:
    return Form(
        number=form,
        document_type=shapes.text(document, "docType"),
        confidence=shapes.number(document, "docTypeConfidence"),
        pages=tuple(map(int, shapes.numbers(document, "pageRange") or ())),
    )


def _fields(form: int, document: Node, survey: _Survey) -> Iterator[Row]:
    for name, value in shapes.child(document, "fields").items():
        for path, leaf in _leaves(shapes.encodable(name), value):
            yield _field(form, path, leaf, survey, top_level=leaf is value)


def _leaves(name: str, value: object) -> Iterator[tuple[str, Node | None]]:
    """The values inside a field with their paths, `Items[0].Amount`; just the field where it holds no others."""
    waiting = [(name, value)]
    while waiting:
        path, found = waiting.pop()
        leaf = None if found is None else shapes.node(found, "a field")
        if leaf and leaf.get("type") == "array":
            items = enumerate(shapes.elements(leaf, "valueArray"))
            waiting += reversed([(f"{path}[{index}]", item) for index, item in items])
        elif leaf and leaf.get("type") == "object":
            members = shapes.child(leaf, "valueObject").items()
            waiting += reversed([(f"{path}.{shapes.encodable(key)}", item) for key, item in members])
        else:
            yield path, leaf


def _field(form: int, name: str, leaf: Node | None, survey: _Survey, *, top_level: bool) -> Row:
    """A leaf's row. A labelled field that was not found is null: nothing but a name."""
    leaf = leaf or {}
    kind, page = shapes.text(leaf, "type"), shapes.whole(leaf, "page")
    return Row(
        form=form,
        kind="field",
        name=name,
        text=shapes.text(leaf, "text"),
        type=kind,
        value=shapes.text(leaf, _VALUES[kind]) if kind in _VALUES else None,
        number=shapes.number(leaf, _NUMBERS[kind]) if kind in _NUMBERS else None,
        confidence=shapes.number(leaf, "confidence"),
        read_confidence=survey.words.lowest(leaf),
        page=page,
        bounding_box=shapes.numbers(leaf, "boundingBox"),
        unit=survey.units.get(page),
        top_level=top_level,
    )
