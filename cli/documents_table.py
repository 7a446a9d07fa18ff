"""Documents as lines of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Column, Table
from rich.text import Text

from cli.plain import plain, utc
from cli.standing import explained, since, state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLOURS = {"succeeded": "green", "failed": "red", "waiting": "yellow"}


def documents_table(rows: Iterable[Mapping[str, Any]], *, one_line: bool) -> Table:
    """Each document: its state, since when, why and what to do; with `one_line` long texts are cut, else folded."""
    # Columns that never wrap keep their width when the others have to give way.
    columns = (Column("state", no_wrap=True), Column("since (UTC)", no_wrap=True))
    table = Table(Column("document", overflow="fold"), *columns, "why, and what to do")
    for row in rows:
        name, why = (
            Text(text, no_wrap=one_line, overflow="ellipsis" if one_line else None)
            for text in (plain(row.get("Path") or row["RowKey"]), explained(row))
        )
        table.add_row(name, Text(state(row), style=COLOURS.get(state(row), "")), utc(since(row)), why)
    return table
