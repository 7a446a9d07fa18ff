"""Texts from outside (names, words of the service, values) on their way to a terminal or to a program."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from azure.data.tables import EntityProperty

if TYPE_CHECKING:
    from collections.abc import Mapping

JOINER = "\u200d"
"""Joins characters to one, as in emoji; harmless."""


def plain(text: object) -> str:
    """`text` on one line without what moves a cursor, hides or reorders: such characters are written as escapes."""
    return "".join(one if one.isprintable() or one == JOINER else _escaped(one) for one in str(text))


def in_one_line(text: object) -> str:
    """Words that may be on several lines, as values are: `plain`, with a blank for each space of any kind."""
    return plain("".join(" " if one.isspace() else one for one in str(text)))


def json_line(row: Mapping[str, Any]) -> str:
    """A row as one line of JSON, in ASCII; a time is ISO 8601 in UTC, what is None is left out."""
    return json.dumps({name: _bare(value) for name, value in row.items() if value is not None}, default=str)


def typed_name(name: str) -> str:
    """A name as somebody typed it; one that is not UTF-8, which no blob's name can be, is wrong use."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(f"{plain(name)} is not UTF-8, as names in `documents` are.") from None
    return name


def utc(moment: datetime | None) -> str:
    """A time as people read it, to the second; empty when there is none."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _bare(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.value if isinstance(value, EntityProperty) else value
