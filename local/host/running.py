"""The host at work: one thread for each queue and each watched container, and one pool in which functions run."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceExistsError

from local.host.blob_trigger import POISON_QUEUE, BlobFunction, Scanner, run_message
from local.host.listener import QueueListener
from local.host.queue_trigger import queue_listener
from local.host.timer_trigger import Timer
from local.host.triggers import BLOB, KINDS, QUEUE, TIMER, declared
from local.storage import addresses, answers
from shared.settings import storage_connection
from shared.storage.clients import blob_service, queue_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import azure.functions as func
    from azure.storage.blob import ContainerClient

    from local.host.options import HostOptions
    from local.host.triggers import Trigger
    from shared.settings import StorageConnection

HOST_CONNECTION = "AzureWebJobsStorage"
HOST_ID_SETTING = "AzureFunctionsWebHost__hostid"
THREADS_SETTING = "PYTHON_THREADPOOL_THREAD_COUNT"

RECORDS_CONTAINER = "azure-webjobs-hosts"
"""In the host's own account: blob receipts, and when timers ran."""

STORAGE_ANSWERS_WITHIN = 60
RENEWALS_EVERY = 0.5
FUNCTIONS_END_WITHIN = 5
"""Seconds that running functions have when the host stops; the rest comes back when its lease ends."""


@dataclass(frozen=True, slots=True)
class Host:
    """What runs, and with what. `stopping` ends the taking of work, `ended` the renewal of leases."""

    options: HostOptions
    environ: Mapping[str, str]
    workers: ThreadPoolExecutor
    clients: ExitStack
    stopping: threading.Event
    ended: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def identity(self) -> str:
        """The host id: hosts that share it share their records and do each thing once."""
        return self.environ.get(HOST_ID_SETTING) or "local"

    def connection(self, trigger: Trigger) -> StorageConnection:
        """The storage account that the trigger names."""
        return storage_connection(trigger.settings.get("connection") or HOST_CONNECTION, self.environ)

    def keep_running(self, loop: Callable[[], None]) -> None:
        """Runs `loop` beside everything else; it ends by itself when the host stops."""
        thread = threading.Thread(target=loop, daemon=True)
        self.threads.append(thread)
        thread.start()


@contextmanager
def running(
    app: func.FunctionApp, options: HostOptions, environ: Mapping[str, str], stopping: threading.Event | None = None
) -> Iterator[None]:
    """Runs the app's functions until the block ends; then takes nothing more and gives what runs a few seconds."""
    triggers = declared(app, environ)
    workers = ThreadPoolExecutor(int(environ.get(THREADS_SETTING) or 0) or None, "function")
    host = Host(options, environ, workers, ExitStack(), stopping or threading.Event())
    with host.clients:
        _wait_for_storage(host, triggers)
        listeners = _listeners(host, triggers)
        for listener in listeners:
            host.keep_running(listener.run)
        host.keep_running(partial(_renew_leases, host, listeners))
        try:
            yield
        finally:
            _stop(host, listeners)


def _wait_for_storage(host: Host, triggers: list[Trigger]) -> None:
    connections = {storage_connection(HOST_CONNECTION, host.environ), *map(host.connection, triggers)}
    urls = [url for connection in connections for url in addresses(connection)]
    deadline = time.monotonic() + STORAGE_ANSWERS_WITHIN
    while not answers(urls) and time.monotonic() < deadline and not host.stopping.wait(0.05):
        pass


def _listeners(host: Host, triggers: list[Trigger]) -> list[QueueListener]:
    """What drains queues; scanners and timers are begun beside them."""
    of_kind = {kind: [trigger for trigger in triggers if trigger.kind == kind] for kind in KINDS}
    own = storage_connection(HOST_CONNECTION, host.environ)
    records = host.clients.enter_context(blob_service(own)).get_container_client(RECORDS_CONTAINER)
    _create(records.create_container)
    for trigger in of_kind[TIMER]:
        host.keep_running(partial(Timer(trigger, records, host.identity).run, host.stopping))
    listeners = [_queue_listener(host, trigger) for trigger in of_kind[QUEUE]]
    return [*listeners, _blob_listener(host, of_kind[BLOB], records)] if of_kind[BLOB] else listeners


def _queue_listener(host: Host, trigger: Trigger) -> QueueListener:
    queues = host.clients.enter_context(queue_service(host.connection(trigger)))
    return queue_listener(trigger, queues, host.options.queues, host.workers)


def _blob_listener(host: Host, triggers: list[Trigger], receipts: ContainerClient) -> QueueListener:
    """Drains the one internal queue of all blob functions; each of them gets a scanner that fills it."""
    own = storage_connection(HOST_CONNECTION, host.environ)
    name = f"azure-webjobs-blobtrigger-{host.identity}"
    queue = host.clients.enter_context(queue_service(own)).get_queue_client(name)
    _create(queue.create_queue)
    poison = host.clients.enter_context(queue_service(host.connection(triggers[0]))).get_queue_client(POISON_QUEUE)
    functions = [BlobFunction(one, host.clients.enter_context(blob_service(host.connection(one)))) for one in triggers]
    run = partial(run_message, {function.identity: function for function in functions})
    listener = QueueListener(queue, poison, host.options.blobs, run, host.workers)
    for function in functions:
        scanner = Scanner(function, receipts, queue, host.identity, listener.wake)
        host.keep_running(partial(scanner.run, host.stopping, host.options.scan_interval))
    return listener


def _create(*makers: Callable[[], object]) -> None:
    for make in makers:
        with suppress(ResourceExistsError):
            make()


def _renew_leases(host: Host, listeners: list[QueueListener]) -> None:
    while not host.ended.wait(RENEWALS_EVERY):
        for listener in listeners:
            listener.renew_leases(time.monotonic())


def _stop(host: Host, listeners: list[QueueListener]) -> None:
    host.stopping.set()
    for listener in listeners:
        listener.stop()
    host.workers.shutdown(wait=False, cancel_futures=True)
    deadline = time.monotonic() + FUNCTIONS_END_WITHIN
    for listener in listeners:
        listener.wait_until_idle(deadline - time.monotonic())
    host.ended.set()
    for thread in host.threads:
        thread.join(max(deadline - time.monotonic(), 0.1))
