"""A queue drained as the WebJobs SDK drains it: leases, tries, the delay after a failure, and the poison queue."""

from __future__ import annotations

import base64
import logging
import math
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from local.host.triggers import FunctionFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from azure.storage.queue import QueueClient
    from azure.storage.queue import QueueMessage as StoredMessage

    from local.host.options import Encoding, QueueOptions

SHORTEST_POLLING_INTERVAL = 0.1
LEASES_RENEWED_IN = 3
"""A lease is renewed when a third of it has passed."""

log = logging.getLogger("local.host")


@dataclass(slots=True)
class Lease:
    """A message that nobody else sees while its function runs. Its pop receipt changes with every renewal."""

    message: StoredMessage
    receipt: str
    renew_at: float
    turn: threading.Lock


class QueueListener:
    """Drains one queue with `handle(message, body)`; a failure is any exception."""

    def __init__(
        self,
        queue: QueueClient,
        poison: QueueClient | None,
        options: QueueOptions,
        handle: Callable[[StoredMessage, bytes], None],
        workers: ThreadPoolExecutor,
    ) -> None:
        self._queue = queue
        self._poison = poison
        self._options = options
        self._handle = handle
        self._workers = workers
        self._leases: list[Lease] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._wake = threading.Event()

    def run(self) -> None:
        """Takes messages until `stop`."""
        empty = 0
        while self._wait_for_room():
            if self._take_batch():
                empty = 0
                continue
            dice = random.uniform(0.8, 1.2)  # noqa: S311
            self._wake.wait(polling_interval(empty, self._options.max_polling_interval, dice))
            self._wake.clear()
            empty += 1

    def stop(self) -> None:
        """Takes no more messages; what runs goes on."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._wake.set()

    def wake(self) -> None:
        """Looks at the queue now instead of at the end of the polling interval."""
        self._wake.set()

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether every message taken is dealt with within `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._leases, timeout=seconds)

    def renew_leases(self, now: float) -> None:
        """Keeps the messages of running functions invisible; to be called about once a second."""
        with self._changed:
            due = [lease for lease in self._leases if lease.renew_at <= now]
        for lease in due:
            self._renew(lease, now)

    def _wait_for_room(self) -> bool:
        """Waits until a batch may be taken; False when we are to stop."""
        with self._changed:
            room = self._options.new_batch_threshold
            self._changed.wait_for(lambda: self._stopping or len(self._leases) <= room)
            return not self._stopping

    def _take_batch(self) -> int:
        seconds = self._options.lease_seconds
        size = self._options.batch_size
        try:
            # One page is one request; going through the messages themselves would ask until the queue is empty.
            pages = self._queue.receive_messages(messages_per_page=size, visibility_timeout=int(seconds)).by_page()
            messages = list(next(pages, ()))
        except ResourceNotFoundError:
            return 0
        except AzureError as error:
            log.warning("The queue %s can't be read: %s", self._queue.queue_name, error)
            return 0
        renew_at = time.monotonic() + seconds / LEASES_RENEWED_IN
        for message in messages:
            self._begin(Lease(message, str(message.pop_receipt), renew_at, threading.Lock()))
        return len(messages)

    def _begin(self, lease: Lease) -> None:
        with self._changed:
            if self._stopping:
                return
            self._leases.append(lease)
            self._workers.submit(self._process, lease).add_done_callback(lambda _: self._forget(lease))

    def _forget(self, lease: Lease) -> None:
        with self._changed:
            self._leases.remove(lease)
            self._changed.notify_all()

    def _process(self, lease: Lease) -> None:
        succeeded = self._attempt(lease.message)
        try:
            with lease.turn:
                lease.renew_at = math.inf
                self._settle(lease, succeeded=succeeded)
        except AzureError as error:
            if not _is_no_longer_ours(error):
                log.warning("A message of %s is left to its lease: %s", self._queue.queue_name, error)

    def _attempt(self, message: StoredMessage) -> bool:
        if self._poison and _tries(message) > self._options.max_dequeue_count:
            return False
        try:
            self._handle(message, decoded(str(message.content), self._options.encoding))
        except FunctionFailed:
            return False
        except (AzureError, ValueError, LookupError, TypeError) as error:
            log.warning("A message of %s can't be handed to its function: %s", self._queue.queue_name, error)
            return False
        return True

    def _settle(self, lease: Lease, *, succeeded: bool) -> None:
        if succeeded and _tries(lease.message) < self._options.deliveries:
            self._queue.update_message(lease.message.id, lease.receipt, visibility_timeout=0)
        elif succeeded:
            self._queue.delete_message(lease.message.id, lease.receipt)
        elif self._poison is None:
            # As in the real host: no poison queue behind it, so the message stays hidden for the rest of its lease.
            return
        elif _tries(lease.message) >= self._options.max_dequeue_count:
            self._move_to(self._poison, lease)
        else:
            delay = int(self._options.visibility_timeout)
            self._queue.update_message(lease.message.id, lease.receipt, visibility_timeout=delay)
            if not delay:
                self.wake()

    def _move_to(self, poison: QueueClient, lease: Lease) -> None:
        log.warning("A message of %s was tried %d times; it moves to %s", self._queue.queue_name,
                    self._options.max_dequeue_count, poison.queue_name)  # fmt: skip
        with suppress(ResourceExistsError):
            poison.create_queue()
        poison.send_message(lease.message.content)
        self._queue.delete_message(lease.message.id, lease.receipt)

    def _renew(self, lease: Lease, now: float) -> None:
        with lease.turn:
            if lease.renew_at > now:
                return
            try:
                renewed = self._queue.update_message(
                    lease.message.id, lease.receipt, visibility_timeout=int(self._options.lease_seconds)
                )
            except AzureError as error:
                log.debug("A lease on a message of %s can't be renewed: %s", self._queue.queue_name, error)
                return
            lease.receipt = str(renewed.pop_receipt)
            lease.renew_at = now + self._options.lease_seconds / LEASES_RENEWED_IN


def polling_interval(empty: int, longest: float, dice: float) -> float:
    """Seconds until an empty queue is looked at again, which was `empty` in a row before; `dice` is from 0.8 to 1.2."""
    if not empty:
        return SHORTEST_POLLING_INTERVAL
    doubled: float = SHORTEST_POLLING_INTERVAL * 2 ** min(empty - 1, 30)
    return min(SHORTEST_POLLING_INTERVAL + dice * doubled, max(longest, SHORTEST_POLLING_INTERVAL))


def decoded(content: str, encoding: Encoding) -> bytes:
    """The body of a message as it lies in the queue; raises `ValueError` when it is not in the encoding."""
    return base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()


def _tries(message: StoredMessage) -> int:
    return message.dequeue_count or 0


def _is_no_longer_ours(error: AzureError) -> bool:
    """Whether the message was deleted or taken over meanwhile: by the function itself, or after a lost lease."""
    return getattr(error, "error_code", "") in ("MessageNotFound", "PopReceiptMismatch")
