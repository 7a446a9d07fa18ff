"""How a document stands, in words, and how many stand how."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from cli.status import watch
from cli.status.documents_table import documents_table
from cli.status.standing import Counts, advice, explained, since, state, why

if TYPE_CHECKING:
    from rich.console import RenderableType

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = {
    name: START + timedelta(hours=number)
    for number, name in enumerate(("SubmittedAt", "AnalyzedAt", "StoredAt", "PausedSince", "Timestamp"))
}


@pytest.mark.parametrize(
    ("status", "column"),
    [
        ("submitting", "Timestamp"),
        ("waiting", "PausedSince"),
        ("analyzing", "SubmittedAt"),
        ("storing", "AnalyzedAt"),
        ("succeeded", "StoredAt"),
        ("failed", "Timestamp"),
        ("thinking", "Timestamp"),
    ],
)
def test_since_when_it_is_in_its_state(status: str, column: str) -> None:
    """Not since the row was last touched, where the row knows better."""
    assert since({"Status": status, **MOMENTS}) == MOMENTS[column]
    assert since({"Status": status, "Timestamp": START}) == START
    assert since({"Status": status}) is None


def test_a_document_that_is_well_needs_no_words() -> None:
    """Only that a person should look at its values, if so."""
    row = {"Status": "succeeded", "NeedsReview": False}
    assert (why(row), advice(row), explained(row)) == ("", "", "")
    assert explained({**row, "NeedsReview": True}) == "Needs review."


def test_a_document_that_is_not_well_says_why_and_what_to_do() -> None:
    """By the code on its row; what waits says until when."""
    row = {"Status": "failed", "ErrorCode": "EncryptedPdf", "ErrorMessage": "It is\nlocked."}
    assert explained(row) == "EncryptedPdf: It is locked. To do: drop a copy that needs no password."
    waits = {"Status": "waiting", "ErrorCode": "429", "ErrorMessage": "Busy.", "NextTryAt": START}
    assert advice(waits) == "nothing: it is tried again by itself; next try at 2026-01-01 00:00:00"
    assert advice({"Status": "waiting", "NextTryAt": START}) == "next try at 2026-01-01 00:00:00"


def test_a_row_by_hand_is_shown_all_the_same() -> None:
    """Nothing is taken for granted but its keys."""
    row = {"RowKey": "odd", "Status": "\x1b[2J", "Timestamp": None}
    assert state(row) == "\\x1b[2J"
    assert state({}) == "?"
    assert "odd" in printed(documents_table([row]))


def test_states_are_counted_in_the_order_of_a_documents_life() -> None:
    """With how many of them need review."""
    counts = Counts()
    assert str(counts) == "none"
    for status, review in (("failed", False), ("succeeded", True), ("succeeded", False), ("waiting", False)):
        counts.add({"Status": status, "NeedsReview": review})
    assert str(counts) == "1 waiting, 2 succeeded (1 to review), 1 failed"
    assert list(counts.lines()) == [("waiting", 1, 0), ("succeeded", 2, 1), ("failed", 1, 0)]


def printed(table: RenderableType) -> str:
    """As it stands on a terminal of 80 columns."""
    text = io.StringIO()
    Console(width=80, file=text).print(table)
    return text.getvalue()


def documents(count: int) -> list[dict[str, Any]]:
    """Rows, most of which are done."""
    states = ("analyzing", "failed", *["succeeded"] * 8)
    return [
        {"Path": f"orders/{number}.pdf", "Status": states[number % 10], "Timestamp": START + timedelta(minutes=number)}
        for number in range(count)
    ]


def test_a_look_shows_what_moves_then_what_failed_then_what_came_last() -> None:
    """All are counted, few are shown, each on one line."""
    lines = printed(watch.look(documents(40), START, 10)).splitlines()
    assert lines[0] == "2026-01-01 00:00:00 UTC: 4 analyzing, 32 succeeded, 4 failed"
    shown = [line.split("│")[1].strip() for line in lines if "orders/" in line]
    assert shown == [f"orders/{number}.pdf" for number in (30, 20, 10, 0, 31, 21, 11, 1, 39, 38)]


def test_a_long_reason_is_cut_to_a_line_where_it_is_live() -> None:
    """And folded, with every word, where it is not."""
    row = {"Path": "orders/a.pdf", "Status": "failed", "ErrorMessage": "words " * 50 + "end"}
    for live_at in (START, None):
        text = printed(documents_table([row], live_at=live_at))
        assert ("end" in text, "failed" in text) == (live_at is None, True)
        assert (sum("│" in line for line in text.splitlines()) == 1) == (live_at is not None)


def test_a_look_has_room_for_names() -> None:
    """Of a name too long its end is shown; today, and that nothing is amiss, take no room."""
    long = f"orders/2026/{'customer-with-a-long-name/' * 3}scan-17.pdf"
    row = {"Status": "succeeded", "StoredAt": START, "Path": long}

    [shown] = [line for line in printed(documents_table([row], live_at=START)).splitlines() if "│" in line]
    name, _, since, *rest = [cell.strip() for cell in shown.split("│")[1:-1]]
    assert name.startswith("…")
    assert long.endswith(name[1:])
    assert (since, rest) == ("00:00:00", [])
    assert len(shown) == 80

    yesterday = printed(documents_table([row, {**row, "NeedsReview": True}], live_at=START + timedelta(days=1)))
    assert yesterday.count("2026-01-01 00:00:00") == 2
    assert yesterday.count("scan-17.pdf") == 2
    assert "Needs" in yesterday


def test_no_wide_character_of_a_name_is_cut_in_two() -> None:
    """Each takes two cells, so one may stay blank."""
    row = {"Path": f"{'註文書' * 30}.pdf", "Status": "failed"}
    [shown] = [line for line in printed(documents_table([row], live_at=START)).splitlines() if "│" in line]
    assert ".pdf " in shown
    assert cell_len(shown) == 80
