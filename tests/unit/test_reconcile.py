"""Reconciling a large container: in pages, in little memory, by few questions."""

from __future__ import annotations

import itertools
import tracemalloc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from shared.steps.reconcile import PAGE_FILES, reconcile_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.services import Services

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FILES = 100_000
FOLDERS = 10


@dataclass
class Blob:
    """What a listing tells of a blob."""

    name: str
    etag: str
    last_modified: datetime = NOW - timedelta(hours=1)


def name(number: int) -> str:
    """In the order in which the service lists them."""
    return f"folder-{number * FOLDERS // FILES}/form {number:06d}.pdf"


@dataclass
class Storage:
    """A hundred thousand files in ten folders, made as they are listed; one in a thousand has no row.

    Azurite would need an hour to be filled.
    """

    questions: int = 0
    sent: list[Any] = field(default_factory=list)

    def list_blobs(self, results_per_page: int) -> Storage:
        """The container's listing."""
        assert results_per_page == PAGE_FILES
        return self

    def by_page(self) -> Iterator[Iterator[Blob]]:
        """A page at a time."""
        for first in range(0, FILES, PAGE_FILES):
            self.questions += 1
            yield (Blob(name(number), f'"0x{number}"') for number in range(first, first + PAGE_FILES))

    def etags(self, route: str, first_key: str, last_key: str) -> Iterator[tuple[str, str]]:
        """The rows of these keys."""
        self.questions += 1
        assert route == first_key.partition("|")[0] == last_key.partition("|")[0]
        first, last = (int(key.partition(" ")[2].removesuffix(".pdf")) for key in (first_key, last_key))
        for number in range(first, last + 1):
            if number % 1000:
                yield name(number), f"0x{number}"

    def unfinished(self) -> Iterator[Any]:
        """All is final."""
        return iter(())

    def send(self, message: object) -> None:
        """Into a queue."""
        self.sent.append(message)


def test_a_hundred_thousand_files_are_compared_a_page_at_a_time() -> None:
    """One question for each page of files and each folder in it; memory is that of a page."""
    storage = Storage()
    services = type("Fake", (), {"files": storage, "documents": storage, "queues": storage, "now": lambda: NOW})
    tracemalloc.start()

    found = sum(1 for _ in reconcile_documents(cast("Services", services)))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found, len(storage.sent)) == (FILES // 1000, FILES // 1000)
    assert storage.questions <= 2 * FILES // PAGE_FILES + FOLDERS
    assert peak < 10e6


def test_reconciling_ends_when_its_time_is_up() -> None:
    """Else the host would stop the worker, and with it every run; the next hour goes on."""
    storage, minutes = Storage(), itertools.count()
    clock = staticmethod(lambda: NOW + timedelta(minutes=next(minutes)))
    services = type("Fake", (), {"files": storage, "documents": storage, "queues": storage, "now": clock})

    found = sum(1 for _ in reconcile_documents(cast("Services", services), within=timedelta(minutes=5)))

    assert 0 < found == len(storage.sent) <= 6
