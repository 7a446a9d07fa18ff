"""The rows of pairs, cells and documents, which all REST versions shape alike but for what stands in a `Dialect`."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import MalformedResult
from shared.fields import shapes
from shared.fields.rows import Form, Row
from shared.fields.values import number_of, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from shared.fields.shapes import Node


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a REST version says what a value's text is, where it stands and how surely its words were read.

    `text` is the name of the text's member; the functions are given the object that has it, `is_header` a cell.
    """

    text: str
    is_header: Callable[[Node], bool]
    page: Callable[[Node], int | None]
    box: Callable[[Node], tuple[float, ...] | None]
    lowest: Callable[[Node], float | None]
    units: Mapping[int | None, str | None]


def pair_row(pair: Node, said: Dialect) -> Row:
    """The row of a key-value pair; one without a value is on its key's page."""
    key, value = shapes.child(pair, "key"), shapes.child(pair, "value")
    page = said.page(value) or said.page(key)
    return Row(
        form=1,
        kind="keyValue",
        name=shapes.text(key, said.text) or "",
        text=shapes.text(value, said.text),
        confidence=shapes.number(pair, "confidence"),
        read_confidence=said.lowest(value),
        page=page,
        bounding_box=said.box(value),
        unit=said.units.get(page),
        top_level=True,
    )


def cell_rows(table: Node, index: int, said: Dialect) -> Iterator[Row]:
    """The rows of the cells of the file's table `index`."""
    cells = shapes.children(table, "cells")
    headers = _headers(cells, said)
    for cell in cells:
        column, page = _place(cell, "columnIndex"), said.page(cell)
        header = headers.get(column)
        yield Row(
            form=1,
            kind="cell",
            name=header or f"column {column + 1}",
            text=shapes.text(cell, said.text),
            confidence=shapes.number(cell, "confidence"),
            read_confidence=said.lowest(cell),
            page=page,
            bounding_box=said.box(cell),
            unit=said.units.get(page),
            table=index,
            row=_place(cell, "rowIndex"),
            column=column,
            row_span=shapes.whole(cell, "rowSpan") or 1,
            column_span=shapes.whole(cell, "columnSpan") or 1,
            header=header,
            is_header=said.is_header(cell),
        )


def document_parts(forms: Iterable[Form], documents: Iterable[Node], said: Dialect) -> Iterator[Form | Row]:
    """The fields of each document, after its form; the first form was there before the pairs and cells."""
    for form, document in zip(forms, documents, strict=False):
        if form.number > 1:
            yield form
        for name, value in shapes.child(document, "fields").items():
            for path, leaf in _leaves(shapes.encodable(name), value):
                yield _field_row(form.number, path, leaf or {}, said, top_level=leaf is value)


def _headers(cells: list[Node], said: Dialect) -> dict[int, str]:
    """The header texts over each column that has any, from top to bottom."""
    columns = sorted({_place(cell, "columnIndex") for cell in cells})
    texts: dict[int, list[str]] = {}
    for cell in sorted(filter(said.is_header, cells), key=lambda cell: _place(cell, "rowIndex")):
        text, first = shapes.text(cell, said.text), _place(cell, "columnIndex")
        after = first + (shapes.whole(cell, "columnSpan") or 1)
        for column in columns[bisect_left(columns, first) : bisect_left(columns, after)]:
            texts.setdefault(column, []).extend([text] if text else [])
    return {column: " ".join(found) for column, found in texts.items() if found}


def _place(cell: Node, name: str) -> int:
    place = shapes.whole(cell, name)
    if place is None:
        raise MalformedResult(f"The result has not the documented shape: a cell without {name}.")
    return place


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


def _field_row(form: int, name: str, leaf: Node, said: Dialect, *, top_level: bool) -> Row:
    """A leaf's row. A labelled field that was not found has nothing but a name, or a name and a type."""
    page = said.page(leaf)
    return Row(
        form=form,
        kind="field",
        name=name,
        text=shapes.text(leaf, said.text),
        type=shapes.text(leaf, "type"),
        value=value_of(leaf),
        number=number_of(leaf),
        confidence=shapes.number(leaf, "confidence"),
        read_confidence=said.lowest(leaf),
        page=page,
        bounding_box=said.box(leaf),
        unit=said.units.get(page),
        top_level=top_level,
    )
