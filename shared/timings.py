"""How long each model's analyses take: `TypicalSeconds` in the table `Models`, from which the first delay follows.

It is an estimate, so no error of storage in here ends a run, and of two workers that write at once one is dropped.
"""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from shared.backoff import learned
from shared.models import TRAINED

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.data.tables import TableClient, TableEntity

PREBUILT = "prebuilt"
"""The PartitionKey of the service's own models: a row holds nothing but its `TypicalSeconds`."""

EVERY_SECONDS = 60
"""How often a worker looks up, and how often it writes, what is known about a model."""

MOST_KEPT = 1000
"""So many of the last times are kept for the next writing: the quota's worth of a minute."""

_Key = tuple[str, str]


class Timings:
    """What is known about each model, for all threads of one worker. `clock` gives seconds and only goes forward."""

    def __init__(self, table: TableClient, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._lock = Lock()
        self._typical: dict[_Key, float | None] = {}
        self._taken: dict[_Key, deque[float]] = {}
        self._looked_up: dict[_Key, float] = {}
        self._written: dict[_Key, float] = {}

    def typical(self, model: str, model_id: str) -> float | None:
        """About how many seconds the model takes, as it was known at most a minute ago; None when it is not known."""
        key = _key(model, model_id)
        if self._is_due(self._looked_up, key):
            with suppress(AzureError):
                self._typical[key] = _seconds_in(self._row(key))
        return self._typical.get(key)

    def learn(self, model: str, model_id: str, seconds: float) -> None:
        """An analysis took so long. Written at once or, after less than a minute, together with those that follow."""
        key = _key(model, model_id)
        with self._lock:
            self._taken.setdefault(key, deque(maxlen=MOST_KEPT)).append(seconds)
        if self._is_due(self._written, key):
            with suppress(AzureError):
                self._write(key)

    def _is_due(self, last: dict[_Key, float], key: _Key) -> bool:
        with self._lock:
            now = self._clock()
            if now < last.get(key, -math.inf) + EVERY_SECONDS:
                return False
            last[key] = now
            return True

    def _row(self, key: _Key) -> TableEntity | None:
        try:
            return self._table.get_entity(*key)
        except ResourceNotFoundError:
            return None

    def _write(self, key: _Key) -> None:
        """Only into the row as it was read: a trained model that was deleted must not come back without its id."""
        row = self._row(key)
        with self._lock:
            taken = self._taken.pop(key, ())
        typical = learned(_seconds_in(row), taken)
        if typical is None:
            return
        partition, name = key
        entity = {"PartitionKey": partition, "RowKey": name, "TypicalSeconds": typical}
        if row is not None:
            etag = row.metadata["etag"] or ""
            self._table.update_entity(
                entity, UpdateMode.MERGE, etag=etag, match_condition=MatchConditions.IfNotModified
            )
        elif partition == PREBUILT:
            self._table.create_entity(entity)
        self._typical[key] = typical


def _key(model: str, model_id: str) -> _Key:
    """A prebuilt model is called by its id, a trained one never is."""
    return (PREBUILT if model == model_id else TRAINED), model


def _seconds_in(row: TableEntity | None) -> float | None:
    """What the row says, if it is a number that a person or another version may have left there."""
    found = row.get("TypicalSeconds") if row is not None else None
    return float(found) if isinstance(found, (int, float)) and math.isfinite(found) and found > 0 else None
