"""Texts from outside as one harmless line of a terminal."""

from __future__ import annotations

import typer


def plain(text: object) -> str:
    r"""`text` on one line, with everything that a terminal would obey, or not show, as an escape such as `\x1b`."""
    return "".join(map(_shown, str(text)))


def typed_name(name: str) -> str:
    """A name as somebody typed it; one that is not UTF-8, which no blob's name can be, is wrong use."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise typer.BadParameter(f"{plain(name)} is not UTF-8, as names in `documents` are.") from None
    return name


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
