"""Documents as lines of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from cli.plain import plain, utc
from cli.status.standing import explained, since, state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from rich.console import Console, ConsoleOptions, RenderResult

LEAST_NAME = 12
COLOURS = {"succeeded": "green", "failed": "red", "waiting": "yellow"}


def documents_table(rows: Iterable[Mapping[str, Any]], *, live_at: datetime | None = None) -> Table:
    """Each document: its state, since when, why and what to do.

    Of a look at `live_at` each is on one line: long texts are cut, a name at its beginning, and today goes without
    saying, as does that all are well. Else they are folded.
    """
    live, shown = live_at is not None, list(rows)
    whys = [explained(row) for row in shown]
    # Columns that never wrap keep their width when the others have to give way.
    columns = (Column("state", no_wrap=True), Column("since (UTC)", no_wrap=True))
    last = [] if live and not any(whys) else ["why, and what to do"]
    table = Table(Column("document", overflow="fold"), *columns, *last)
    today = f"{utc(live_at)[: len('2026-01-01')]} " if live else ""
    for row, why in zip(shown, whys, strict=True):
        name = plain(row.get("Path") or row["RowKey"])
        cells = [Text(why, no_wrap=live, overflow="ellipsis" if live else None)] if last else []
        word = Text(state(row), style=COLOURS.get(state(row), ""))
        table.add_row(_Ending(name) if live else Text(name), word, utc(since(row)).removeprefix(today), *cells)
    return table


@dataclass(frozen=True, slots=True)
class _Ending:
    """A text on one line, of which the end is shown where there is no room for all."""

    text: str

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        size = cell_len(self.text)
        if size <= options.max_width:
            yield Text(self.text)
            return
        # Cells are cut from the end only; a wide character at the cut leaves a blank.
        backwards = set_cell_size(self.text[::-1], max(0, options.max_width - 1))
        yield Text(f"…{backwards[::-1]}", no_wrap=True)

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        size = cell_len(self.text)
        return Measurement(min(size, LEAST_NAME), size).with_maximum(options.max_width)
