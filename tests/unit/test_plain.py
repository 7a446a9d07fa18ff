"""Whatever a text from outside holds, the terminal shows it on one line and a program reads it as it was."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from azure.data.tables import EdmType, EntityProperty
from hypothesis import given
from hypothesis import strategies as st

from cli.plain import in_one_line, json_line, plain, utc


@given(st.text(st.characters(codec=None)))
def test_nothing_moves_the_cursor(text: str) -> None:
    """No control character, no line break, nothing that turns the direction, nothing that can't be encoded."""
    shown = plain(text)
    assert all(one.isprintable() or one == "\u200d" for one in shown)
    shown.encode()
    assert not text.isprintable() or shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\x1b[2Jb", "a\\x1b[2Jb", id="clears the screen"),
        pytest.param("a\nb\r\t", "a\\nb\\r\\t", id="line breaks"),
        pytest.param("a\u202efdp", "a\\u202efdp", id="right to left"),
        pytest.param("a\x9b31m", "a\\x9b31m", id="C1"),
        pytest.param("caf\udce9", "caf\\udce9", id="no Unicode"),
        pytest.param("[red]Größe[/] :smile:", "[red]Größe[/] :smile:", id="words"),
    ],
)
def test_what_is_not_plain_is_escaped(text: str, shown: str) -> None:
    """A person still sees what is there."""
    assert plain(text) == shown


def test_a_value_on_several_lines_is_read_on_one() -> None:
    """What a terminal would obey is an escape here too."""
    assert in_one_line("12 High St\nLeeds\tLS1\x1b[2J") == "12 High St Leeds LS1\\x1b[2J"


@given(st.dictionaries(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)) | st.booleans()))
def test_a_program_reads_what_was_there(row: dict[str, object]) -> None:
    """One line of ASCII, whatever the values are."""
    line = json_line(row)
    assert json.loads(line) == row
    assert line.isascii()
    assert line.isprintable()


def test_values_of_tables_are_json() -> None:
    """Times in UTC, large integers as numbers, nothing for what is not there."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    row = {"At": moment, "Size": EntityProperty(2**40, EdmType.INT64), "Gone": None, "Share": 0.5}
    assert json.loads(json_line(row)) == {"At": "2026-01-02T01:04:05Z", "Size": 2**40, "Share": 0.5}
    assert (utc(moment), utc(None)) == ("2026-01-02 01:04:05", "")
    assert utc(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01 00:00:00"
