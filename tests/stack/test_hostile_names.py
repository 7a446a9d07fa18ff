"""Files with names that somebody chose to be awkward go through the whole line like any other."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from cli.plain import plain
from tests.stack.app import App, a_pdf

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stack.person import Person

NOT_LISTED = {*map(chr, range(0x20)), "\\", "\ufffe", "\uffff"} - {"\t", "\n", "\r"}
"""What XML cannot say, so that Azurite cannot list it; it takes a backslash for a slash."""

NAMES = [
    "trailing dot.",
    "trailing slash/",
    "/leading slash",
    "//two",
    "two//slashes",
    " spaces around ",
    "tab\tand\nlines\r",
    "%2F%2f",
    "%2e%2e/percent",
    "100%",
    "%zz",
    "what?comp=list&restype=container#part",
    "a!b|c!2fd",
    "...",
    "..a/b..",
    ".hidden",
    "it's 'quoted' \"twice\"",
    "<a>&amp;</a>",
    "=cmd|' /C calc'!A0",
    "+1-2@3*4:5",
    "a+b c;d,e$f(g)[h]{i}^`~",
    "[/bold][red]markup[/]",
    ":smile: {0} {} %s",
    "--failed",
    "\u202efdp.gnp\u202c",
    "left\u200eright\u200f\u2066mark\u2069",
    "\ufeffbyte order",
    "e\u0301 is not \u00e9",
    "\u0130stanbul \u00df \u017f \u212a",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f600",
    "\U0001fffe\U0010ffff",
    "con",
    "default",
    "x" * 1000,
    "\u00e9" * 1000,
    "\U0001f600" * 500,
    "a/" * 500,
]


def read(app: App, folder: str, names: list[str]) -> None:
    """Drops files with these names, and brings each as it is listed from its drop to its rows."""
    for name in names:
        app.drop(folder + name, a_pdf("hostile"))
    listed = {blob.name for blob in app.files.list_blobs(folder)}
    assert listed == {folder + name for name in names}
    for path in listed:
        app.submit(path)
        app.poll(path)
        app.store(path)

        document = app.document(path)
        assert (document.path, document.status, document.field_count) == (path, "succeeded", 1), ascii(path)
        assert [(row["Path"], row["Text"]) for row in app.fields(path)] == [(path, "12.50")], ascii(path)
        assert [(row["Path"], row["Total"]) for row in app.records(path)] == [(path, "12.50")], ascii(path)


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name)[1:30] for name in NAMES])
def test_a_hostile_name_goes_through_the_whole_line(app: App, unique: Callable[[str], str], name: str) -> None:
    """In a folder, and at the root where the name is all there is."""
    read(app, f"{unique('f')}/", [name])


def test_a_name_of_1024_characters_goes_through_the_whole_line(app: App, unique: Callable[[str], str]) -> None:
    """The longest there is; of two that differ at the end, each has its own rows."""
    folder = f"{unique('f')}/"
    long = "n" * (1023 - len(folder))
    read(app, folder, [f"{long}a", f"{long}b"])


def test_a_hostile_name_at_the_root_goes_through_the_whole_line(app: App, unique: Callable[[str], str]) -> None:
    """The name is all there is, the first folder too."""
    read(app, unique("%2F!|#?\u202e\U0001f600 ./ a"), [""])


def test_every_character_that_can_be_listed_goes_through_the_whole_line(app: App, unique: Callable[[str], str]) -> None:
    """All 63,000 of the first plane, and some of each other plane; test_keys.py has short names."""
    folder = f"{unique('f')}/"
    first = [chr(code) for code in range(0x20, 0x10000) if not 0xD800 <= code <= 0xDFFF]
    others = [chr(plane + code) for plane in range(0x10000, 0x110000, 0x10000) for code in (0, 0x4E2, 0xFFFD)]
    characters = [one for one in ["\t", "\n", "\r", *first, *others] if one not in NOT_LISTED]
    names = [f"{''.join(characters[first : first + 950])}." for first in range(0, len(characters), 950)]
    assert len(characters) > 63_000
    assert {unicodedata.category(one) for one in characters} >= {"Cc", "Cf", "Cn", "Co", "Lo", "Mn", "Zs"}

    read(app, folder, names)


def test_the_commands_take_a_hostile_name(person: Person, unique: Callable[[str], str]) -> None:
    """They show it, with an escape for what turns the direction; `retry` finds it, and nothing in it is obeyed."""
    folder = unique("f")
    path = f"{folder}/=cmd [/bold][red]x[/] :smile: %2F..!|#? \u202efdp\U0001f600.pdf"
    person.app.drop(path, b"no form at all")
    person.app.submit(path)
    wide = {**person.environment, "COLUMNS": "400"}

    shown = type(person)(person.app, person.analyzer, wide).types("status", folder).stdout
    assert plain(path) == path.replace("\u202e", "\\u202e")
    assert plain(path) in shown
    assert person.types("retry", path).stdout == f"{plain(path)}: it is submitted\n"
    assert person.types("retry", f"{path}x", code=1).stderr.startswith(f"There is no document {plain(path)}x;")
    assert person.types("query", folder).stdout == ""
