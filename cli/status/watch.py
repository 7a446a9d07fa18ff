"""`status --watch`: a live table of what moves, what failed and what came last, under the counts by state."""

from __future__ import annotations

import heapq
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from cli.plain import utc
from cli.status.documents_table import documents_table
from cli.status.standing import Counts, since
from cli.tables import rows
from shared.names import DOCUMENTS_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rich.console import RenderableType

    from shared.services import Services

PAUSE_SECONDS = 2.0
SHARE = 4
"""After a look that took long, so many times as long a pause."""

LINES_AROUND = 6
COLUMNS = (
    *("Path", "Status", "ErrorCode", "ErrorMessage", "NextTryAt", "PausedSince", "SubmittedAt", "AnalyzedAt"),
    *("StoredAt", "NeedsReview", "RowKey", "Timestamp"),
)
_LAST = datetime.min.replace(tzinfo=UTC)


def watch(services: Services, condition: str) -> None:
    """Shows the rows of `Documents` that match, again and again, until Ctrl-C."""
    console = Console(markup=False, emoji=False, highlight=False)
    try:
        with Live(console=console, auto_refresh=False) as live:
            while True:
                begun = time.monotonic()
                found = rows(services, DOCUMENTS_TABLE, condition, COLUMNS)
                live.update(look(found, services.now(), max(1, console.height - LINES_AROUND)), refresh=True)
                time.sleep(max(PAUSE_SECONDS, SHARE * (time.monotonic() - begun)))
    except KeyboardInterrupt:
        return


def look(found: Iterable[Mapping[str, Any]], now: datetime, most: int) -> RenderableType:
    """One look: all rows are counted, at most so many are shown and kept in memory."""
    counts = Counts()
    shown = heapq.nlargest(most, _counted(found, counts), key=_interest)
    return Group(Text(f"{utc(now)} UTC: {counts}"), documents_table(shown, live_at=now))


def _counted(found: Iterable[Mapping[str, Any]], counts: Counts) -> Iterator[Mapping[str, Any]]:
    for row in found:
        counts.add(row)
        yield row


def _interest(row: Mapping[str, Any]) -> tuple[int, datetime]:
    """What moves before what failed before what is done; of these the last first."""
    rank = {"succeeded": 0, "failed": 1}.get(row.get("Status", ""), 2)
    return rank, since(row) or _LAST
