"""What a step came to, in the log: beside the document its model, its operation, and how long things took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.logs import log

if TYPE_CHECKING:
    from datetime import datetime

    from shared.documents import Document
    from shared.logs import Level


def log_outcome(
    event: str,
    document: Document,
    *,
    level: Level = "info",
    wait: int | None = None,
    seconds: float | None = None,
    **details: object,
) -> None:
    """Logs what became of the document in this step; the alerts' queries and the workbook go by these names.

    `wait` is the time until its next try, in seconds. The `seconds` of `document_submitted` or `result_reused` (since
    the drop), `document_analyzed` (since it was accepted) and `document_stored` (since its result was kept) add up to
    the whole way; those of any other outcome are since it was accepted, or before that since it was first claimed.
    """
    operation = (document.operation_url or "").partition("?")[0].rpartition("/")[2] or None
    common = {"model": document.model, "operation": operation, "polls": document.polls}
    log(event, document.path, document.etag, level=level, **common, wait=wait, seconds=seconds, **details)


def seconds_between(earlier: datetime | None, later: datetime | None) -> float | None:
    """None when one of the two is not known."""
    return None if earlier is None or later is None else round((later - earlier).total_seconds(), 3)
