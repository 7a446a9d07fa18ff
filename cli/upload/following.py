"""Following dropped files until each has come to its end."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError

from cli.status.standing import advice, explained, state
from shared.documents import to_entity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cli.upload.uploading import Dropped
    from shared.services import Services

LOOKS = 100
"""Files that are looked at in one round; of more, each has its turn."""

AT_ONCE = 8
PATIENCE = timedelta(minutes=1)
"""After it, a file that nobody saw is worth a hint. In Azure a new file may take longer than that to be seen."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a followed file stands. `well` is None until it has come to its end."""

    path: str
    state: str
    why: str = ""
    well: bool | None = None
    row: dict[str, Any] | None = None
    """Its row in `Documents`, with `Advice`."""


def follow(services: Services, dropped: Sequence[Dropped], pause: Callable[[], None]) -> Iterator[Standing]:
    """How each file stands, at first and whenever that changes, until all have ended; pauses between two rounds."""
    told: dict[str, Standing] = {}
    pending = deque(dropped)
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        while pending:
            turn = [pending.popleft() for _ in range(min(LOOKS, len(pending)))]
            for one, standing in zip(turn, pool.map(partial(look, services), turn), strict=True):
                if told.get(one.path) != replace(standing, row=None):
                    told[one.path] = replace(standing, row=None)
                    yield standing
                if standing.well is None:
                    pending.append(one)
                else:
                    del told[one.path]
            if pending:
                pause()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def look(services: Services, one: Dropped) -> Standing:
    """How this content of the file stands now."""
    document = services.documents.read(one.path)
    if document is None or document.etag != one.etag:
        return _not_seen(services, one)
    row = to_entity(document)
    well = None if not document.is_final else document.status == "succeeded"
    return Standing(one.path, state(row), explained(row), well, {**row, "Advice": advice(row) or None})


def _not_seen(services: Services, one: Dropped) -> Standing:
    """A file whose content no row speaks of: not yet, or not any more."""
    try:
        there = services.files.get_blob_client(one.path).get_blob_properties().etag.strip('"')
    except ResourceNotFoundError:
        return Standing(one.path, "gone", "It was deleted before it was read; drop it again.", well=False)
    if there != one.etag:
        return Standing(one.path, "replaced", "Other content was dropped in its place, which is read now.", well=False)
    late = services.now() - one.dropped_at > PATIENCE
    hint = "No function has seen it for a minute: see that the app runs, and that it watches this storage."
    return Standing(one.path, "not seen yet", hint if late else "")
