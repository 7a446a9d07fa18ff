"""Timer triggers: one run for each time of the schedule, whichever of the hosts comes first.

The last time that was run is kept in a blob, `timers/<host id>/<function>/status`; whoever writes the next one under
the blob's ETag runs the function. A time that passed while no host ran is made up for once, with `past_due`.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.functions.timer import TimerRequest

from local.host.schedule import parse
from local.host.triggers import FunctionFailed, invoke
from shared.errors import WrongSetting

if TYPE_CHECKING:
    import threading

    from azure.storage.blob import ContainerClient

    from local.host.schedule import Schedule
    from local.host.triggers import Trigger

log = logging.getLogger("local.host")


LONGEST_SLEEP = 60
"""Seconds after which the clock is looked at again: a laptop may have slept."""


class Timer:
    """One timer function and its schedule; raises `WrongSetting` for a schedule that can't be read."""

    def __init__(self, trigger: Trigger, container: ContainerClient, host_id: str) -> None:
        self._trigger = trigger
        self._schedule = _schedule(trigger)
        self._status = container.get_blob_client(f"timers/{host_id}/Host.Functions.{trigger.name}/status")

    def run(self, stopping: threading.Event) -> None:
        """Runs the function at its times until `stopping`."""
        if self._trigger.settings.get("runOnStartup") == "True":
            self._invoke(past_due=False)
        last = self._last_run()[0] or datetime.now(UTC)
        while not stopping.is_set():
            due = self._schedule.after(last)
            late = _wait_until(due, stopping)
            if stopping.is_set():
                return
            if self._claim(due):
                self._invoke(past_due=late)
            last = max(due, datetime.now(UTC))

    def _claim(self, due: datetime) -> bool:
        """Whether the run that is due is ours; writes down that everything until now has been seen to."""
        try:
            last, etag = self._last_run()
            if last and last >= due:
                return False
            self._write_last_run(max(due, datetime.now(UTC)), etag)
        except (ResourceExistsError, ResourceModifiedError):
            return False
        except AzureError as error:
            log.warning("The timer of %s can't be read: %s", self._trigger.name, error)
            return False
        return True

    def _last_run(self) -> tuple[datetime | None, str]:
        try:
            status = self._status.download_blob()
        except ResourceNotFoundError:
            return None, ""
        return datetime.fromisoformat(json.loads(status.readall())["Last"]), str(status.properties.etag)

    def _write_last_run(self, moment: datetime, etag: str) -> None:
        text = json.dumps({"Last": moment.isoformat()})
        if etag:
            self._status.upload_blob(text, overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
        else:
            self._status.upload_blob(text)

    def _invoke(self, *, past_due: bool) -> None:
        with suppress(FunctionFailed):
            invoke(self._trigger, TimerRequest(past_due=past_due), "timer")


def _wait_until(due: datetime, stopping: threading.Event) -> bool:
    """Waits for the time or for `stopping`; whether the time had passed already."""
    late = due < datetime.now(UTC)
    while (left := (due - datetime.now(UTC)).total_seconds()) > 0 and not stopping.wait(min(left, LONGEST_SLEEP)):
        pass
    return late


def _schedule(trigger: Trigger) -> Schedule:
    text = trigger.settings["schedule"]
    try:
        schedule = parse(text)
        schedule.after(datetime.now(UTC))
    except ValueError as error:
        sentence = f"The schedule of {trigger.name} is {text!r}: {error}; it may be six fields like `0 */15 * * * *`."
        raise WrongSetting(trigger.name, sentence) from error
    return schedule
