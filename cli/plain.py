"""Texts from outside as one harmless line of a terminal."""

from __future__ import annotations


def plain(text: object) -> str:
    r"""`text` on one line, with everything that a terminal would obey, or not show, as an escape such as `\x1b`."""
    return "".join(map(_shown, str(text)))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
