"""What a trained model knows of a form type, as plain data that can be written as JSON and read back."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from local.analyzer.shapes import Box

if TYPE_CHECKING:
    from local.analyzer.values import Relation

Headings = tuple[str, ...]


@dataclass(frozen=True)
class Offset:
    """From the key's left top corner to the value's left, right and top, in inches."""

    left: float
    right: float
    top: float


@dataclass(frozen=True)
class Key:
    """A phrase with its typical place, where its values stand, and how sure training was.

    `support` is the share of forms that have the phrase, `filled` the share of those where it has a value; the key
    `is_clear` unless its values follow it in one run of text, in the same look and without a colon.
    """

    text: str
    box: Box
    relation: Relation
    offsets: tuple[Offset, ...]
    shapes: tuple[str, ...]
    support: float
    filled: float
    is_clear: bool


@dataclass(frozen=True)
class Furniture:
    """A phrase that repeats and has no value."""

    text: str
    box: Box


@dataclass(frozen=True)
class PageModel:
    """One page of the form type; `headings` are those of its line item tables."""

    keys: tuple[Key, ...]
    furniture: tuple[Furniture, ...]
    headings: tuple[Headings, ...]


@dataclass(frozen=True)
class Model:
    """The pages of the form type, from the first on."""

    pages: tuple[PageModel, ...]

    def to_json(self) -> dict[str, Any]:
        """Lists, objects, strings and numbers only."""
        return asdict(self)


def model_from_json(data: dict[str, Any]) -> Model:
    """The model that `to_json` wrote."""
    return Model(tuple(page_from_json(page) for page in data["pages"]))


def page_from_json(data: dict[str, Any]) -> PageModel:
    """One page of what `to_json` wrote."""
    furniture = tuple(Furniture(one["text"], Box(**one["box"])) for one in data["furniture"])
    return PageModel(tuple(_key(one) for one in data["keys"]), furniture, tuple(tuple(one) for one in data["headings"]))


def _key(data: dict[str, Any]) -> Key:
    return Key(
        data["text"],
        Box(**data["box"]),
        cast("Relation", data["relation"]),
        tuple(Offset(**one) for one in data["offsets"]),
        tuple(data["shapes"]),
        data["support"],
        data["filled"],
        data["is_clear"],
    )


def shape_of(text: str) -> str:
    """How a text is built: digits become 9, capitals A, other letters a, repeats are one: `3/14/2020` is `9/9/9`."""
    classes = "".join(_class_of(char) for char in text)
    return re.sub(r"(.)\1+", r"\1", classes)


def _class_of(char: str) -> str:
    if char.isdigit():
        return "9"
    if char.isalpha():
        return "A" if char.isupper() else "a"
    return char
