"""The files of the labelling tools: `fields.json` names and types the fields, `X.labels.json` says where they stand.

Both generations are read: that of the v2.x sample labelling tool (`fieldKey`, `fieldType`, `fieldFormat`; labels with
`key` and `value`) and that of the Studio (`$schema` .../formrecognizer/2021-03-01/...: `definitions` of object types,
labels such as `Items/0/Amount`, whose parts are escaped as in a JSON pointer). Source: `fields.json` schema and labels
of microsoft/Form-Recognizer-Toolkit, SampleCode/LabelingUX.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.analyzer.shapes import Box, around

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from local.analyzer.pages import Page
    from local.analyzer.shapes import Word

TWICE = 2
Path = tuple[str, ...]


class BadLabelsError(Exception):
    """A labels file or `fields.json` is not what the labelling tools write."""


@dataclass(frozen=True)
class Field:
    """A field by its name; an object has `fields`, an array (a table of any number of rows) those of each row."""

    name: str
    type: str
    format: str = "not-specified"
    fields: tuple[Field, ...] = ()

    @property
    def schema(self) -> dict[str, Any]:
        """The field as `fieldSchema` of v3 describes it; tables have `items`, objects `properties`."""
        properties = {one.name: one.schema for one in self.fields}
        if self.type == "object":
            return {"type": "object", "properties": properties}
        if self.type == "array":
            items = properties.get("", {"type": "object", "properties": properties})
            return {"type": "array", "items": items}
        return {"type": self.type}


@dataclass(frozen=True)
class Region:
    """What was labelled on one page, from 1: a text, and boxes in fractions of the page as its file has it."""

    page: int
    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class LabelledForm:
    """A form with its pages and what was labelled on it, by the label's path: `("Items", "0", "Amount")`."""

    name: str
    pages: Sequence[Page]
    labels: Mapping[Path, tuple[Region, ...]]

    def words_of(self, path: Path) -> tuple[Word, ...]:
        """The words of the first page of the label that lie in its boxes, in reading order."""
        regions = self.labels.get(path, ())
        page = self.page_of(path)
        if page is None:
            return ()
        boxes = [box for region in regions if region.page == page.number for box in region.boxes]
        return tuple(word for word in page.words if any(box.holds(_fraction(page, word.box)) for box in boxes))

    def labelled_on(self, page: Page) -> frozenset[tuple[int, int]]:
        """The places of all words of this page that lie in some label."""
        boxes = [
            box for regions in self.labels.values() for one in regions if one.page == page.number for box in one.boxes
        ]
        inside = (word for word in page.words if any(box.holds(_fraction(page, word.box)) for box in boxes))
        return frozenset((word.line, word.index) for word in inside)

    def box_of(self, path: Path) -> Box | None:
        """The labelled place on its page in inches; None when there is none."""
        page = self.page_of(path)
        boxes = [box for one in self.labels.get(path, ()) if page and one.page == page.number for box in one.boxes]
        return page.view.upright(around(boxes)) if page and boxes else None

    def page_of(self, path: Path) -> Page | None:
        """The page on which the label begins."""
        regions = self.labels.get(path, ())
        number = min((region.page for region in regions), default=0)
        return next((page for page in self.pages if page.number == number), None)

    def text_of(self, path: Path) -> str:
        """The text as the labels file has it."""
        return " ".join(region.text for region in self.labels.get(path, ()) if region.text)


def _fraction(page: Page, box: Box) -> Box:
    corners = page.view.corners(box)
    across = [x / page.view.width for x in corners[0::TWICE]]
    down = [y / page.view.height for y in corners[1::TWICE]]
    return Box(min(across), min(down), max(across), max(down))


def fields_from_json(content: bytes) -> tuple[Field, ...]:
    """The fields that `fields.json` defines; BadLabelsError when it is something else."""
    try:
        data = json.loads(content)
        definitions = data.get("definitions") or {}
        return tuple(_field(one["fieldKey"], one, definitions, ()) for one in data["fields"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"fields.json cannot be read ({type(error).__name__}: {error})."
        raise BadLabelsError(message) from error


def _field(name: str, data: Mapping[str, Any], definitions: Mapping[str, Any], seen: Path) -> Field:
    kind = data["fieldType"]
    if kind in definitions and kind not in seen:
        return _field(name, definitions[kind], definitions, (*seen, kind))
    parts: tuple[Field, ...] = ()
    if kind == "array":
        row = _field("", {"fieldType": data["itemType"]}, definitions, seen)
        parts = row.fields or (row,)
    elif kind == "object":
        parts = tuple(_field(one["fieldKey"], one, definitions, seen) for one in data["fields"])
    return Field(name, kind, data.get("fieldFormat") or "not-specified", parts)


def labels_from_json(content: bytes, fields: Sequence[Field]) -> dict[Path, tuple[Region, ...]]:
    """What a labels file says, by path; BadLabelsError when it is something else."""
    nested = {field.name for field in fields if field.fields}
    try:
        labels = json.loads(content)["labels"]
        return {_path(one["label"], nested): tuple(_regions(one.get("value") or ())) for one in labels}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"The labels file cannot be read ({type(error).__name__}: {error})."
        raise BadLabelsError(message) from error


def _path(label: str, nested: set[str]) -> Path:
    """The parts of a label of a table; the name of a plain field may hold any character."""
    parts = tuple(part.replace("~1", "/").replace("~0", "~") for part in label.split("/"))
    return parts if parts[0] in nested else (label,)


def _regions(values: Sequence[Mapping[str, Any]]) -> Iterator[Region]:
    for value in values:
        boxes = tuple(
            around(Box(x, y, x, y) for x, y in zip(numbers[0::TWICE], numbers[1::TWICE], strict=True))
            for numbers in value.get("boundingBoxes") or ()
        )
        yield Region(int(value["page"]), str(value.get("text") or ""), boxes)
