"""Reconcile: find the files and the documents that no message speaks of any more, and send them on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Literal

from shared.documents import next_message
from shared.logs import log
from shared.messages import Submission
from shared.storage.tables import route_of, table_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from shared.documents import Document
    from shared.messages import Operation, Result
    from shared.services import Services

SILENT = timedelta(minutes=15)
"""So long after it should have moved on, a document counts as lost; so long after it was dropped, a file as unseen."""

PAGE_FILES = 5000
"""Files listed at once: the most that one answer of the storage service holds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not move on by itself. `message` is what makes it move; None for a row nobody can explain."""

    path: str
    """The blob's name; of a row that nobody can explain, its RowKey."""

    etag: str
    what: Literal["unseen", "replaced", "silent", "odd"]
    message: Submission | Operation | Result | None


def reconcile_documents(
    services: Services, *, dry_run: bool = False, within: timedelta = timedelta.max
) -> Iterator[Finding]:
    """Sends on what was lost, and yields each finding, until the time is up; with `dry_run` it only looks.

    A message too many does no harm: the steps drop it. Memory holds one page of files, however many there are.
    """
    begun = services.now()
    for finding in chain(_unseen_files(services), _silent_documents(services)):
        if finding.message is not None and not dry_run:
            services.queues.send(finding.message)
        log("reconciled", finding.path, finding.etag, level="warning", what=finding.what, dry_run=dry_run)
        yield finding
        if services.now() - begun > within:
            log("reconcile_cut_short", "", "", level="warning", seconds=int(within.total_seconds()))
            return


def _unseen_files(services: Services) -> Iterator[Finding]:
    """Files without a row, or with other content than their row is about."""
    before = services.now() - SILENT
    for page in services.files.list_blobs(results_per_page=PAGE_FILES).by_page():
        files = {blob.name: str(blob.etag).strip('"') for blob in page if blob.last_modified < before}
        rows = _etags(services, files)
        for path, etag in files.items():
            if rows.get(path) != etag:
                what: Literal["unseen", "replaced"] = "replaced" if path in rows else "unseen"
                yield Finding(path, etag, what, Submission(path, etag))


def _etags(services: Services, files: Mapping[str, str]) -> dict[str, str]:
    """The ETag on the row of each of these files that has one."""
    keys = defaultdict(list)
    for path in files:
        keys[route_of(path)].append(table_key(path))
    found: dict[str, str] = {}
    for route, of_route in keys.items():
        rows = services.documents.etags(route, min(of_route, key=_order), max(of_route, key=_order))
        found.update((path, etag) for path, etag in rows if path in files)
    return found


def _order(key: str) -> bytes:
    """Table Storage sorts keys by their UTF-16 units."""
    return key.encode("utf-16-be")


def _silent_documents(services: Services) -> Iterator[Finding]:
    """Documents that are not final and should have moved on by now."""
    for row_key, document, written in services.documents.unfinished():
        if document is None:
            yield Finding(row_key, "", "odd", None)
        elif _expected(document, written) < services.now() - SILENT:
            yield Finding(document.path, document.etag, "silent", next_message(document))


def _expected(document: Document, written: datetime) -> datetime:
    """When the document should have moved on at the latest."""
    return max(moment for moment in (written, document.next_try_at, document.claimed_until) if moment is not None)
