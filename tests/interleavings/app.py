"""The app over storage in memory: a host that delivers messages, and runs that stop before each call."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from azure.core.exceptions import AzureError
from greenlet import greenlet

from shared.contents import Contents
from shared.documents import Documents
from shared.errors import FormsError
from shared.messages import Operation, Result, Submission
from shared.models import Models
from shared.names import (
    BLOB_TRIGGER_POISON_QUEUE,
    OPERATIONS_POISON_QUEUE,
    OPERATIONS_QUEUE,
    RESULTS_POISON_QUEUE,
    RESULTS_QUEUE,
    SUBMISSIONS_POISON_QUEUE,
    SUBMISSIONS_QUEUE,
)
from shared.recognizer.http import Recognizer, by_key
from shared.recognizer.pace import Pace
from shared.services import Services
from shared.settings import read_settings
from shared.steps.failure import record_failure
from shared.steps.poll import poll_operation
from shared.steps.store import store_fields
from shared.steps.submit import submit_document
from shared.storage.blobs import Results
from shared.storage.queues import Queues
from shared.storage.rows import Rows
from shared.timings import Timings
from tests.interleavings.memory import FOR_EVER, Account, Container, Message, Queue, QueueService, Table
from tests.interleavings.service import ENDPOINT, Service

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BLOB_TRIGGER_QUEUE = "webjobs-blobtrigger"
RETRIED_AFTER = 30
SECOND = timedelta(seconds=1)
LEASE = 600
"""Seconds after which the host brings the message of a worker that died."""

POISON = {
    BLOB_TRIGGER_QUEUE: BLOB_TRIGGER_POISON_QUEUE,
    SUBMISSIONS_QUEUE: SUBMISSIONS_POISON_QUEUE,
    OPERATIONS_QUEUE: OPERATIONS_POISON_QUEUE,
    RESULTS_QUEUE: RESULTS_POISON_QUEUE,
}
DOING = {
    BLOB_TRIGGER_POISON_QUEUE: "submitting",
    SUBMISSIONS_POISON_QUEUE: "submitting",
    OPERATIONS_POISON_QUEUE: "polling",
    RESULTS_POISON_QUEUE: "storing",
}
QUEUES = (*DOING, *POISON)


class Killed(BaseException):
    """The worker was killed: nothing that follows in its run happens."""


class Run(greenlet):
    """One run of a step. It stands still before each call until it is told how that call ends."""

    def __init__(self, do: Callable[[], object], kind: str, path: str, begun: datetime) -> None:
        super().__init__(self._run)
        self._do = do
        self.kind = kind
        self.path = path
        self.begun = begun
        self.before = ""
        """The call it stands before."""

        self.killed = False
        self.failure: Exception | None = None
        self.is_clean = True
        """Whether every call so far ended well, or with a clear answer."""

        self.operation = ""
        """The analysis it began."""

    def _run(self) -> None:
        try:
            self._do()
        except Exception as error:  # noqa: BLE001 - as the host does
            self.failure = error
        except Killed:
            pass

    @property
    def is_well(self) -> bool:
        """Whether it ended as it should."""
        return not self.killed and self.failure is None

    @staticmethod
    def current() -> Run:
        """The run that makes the call at hand."""
        return cast("Run", greenlet.getcurrent())

    def go_on(self, fate: str = "") -> None:
        """Has the call end that way, and runs up to the next."""
        self.switch() if not self.before else self.switch(fate)

    def kill(self) -> None:
        """Ends it where it stands."""
        self.killed, self.is_clean = True, False
        if self.before:
            self.switch("")


def at_call(what: str) -> str:
    """Where each call of a run waits for its fate; calls of others end well."""
    run = greenlet.getcurrent()
    if not isinstance(run, Run):
        return ""
    if run.killed:
        raise Killed
    run.before = what
    fate: str = cast("greenlet", run.parent).switch()
    if run.killed:
        raise Killed
    return fate


@dataclass
class App:
    """The app, its storage, the service and its host."""

    account: Account
    files: Container
    results: Container
    tables: dict[str, Table]
    queues: QueueService
    service: Service
    services: Services
    most_dequeued: int = 5
    """So many runs of one message end in errors, then it is poison."""

    has_lost: bool = False
    """Whether a message was lost, given up even in a poison queue, or not sent by a person's command that broke off."""

    def queue(self, name: str) -> Queue:
        """The queue called so."""
        return self.queues.get_queue_client(name)

    def visible(self) -> list[tuple[str, Message]]:
        """What the host may deliver now."""
        return [(name, message) for name in QUEUES for message in self.queue(name).visible()]

    def deliver(self, name: str, message: Message) -> Run | None:
        """A run for this message; None if it had its last already; then it is poison."""
        message.dequeued += 1
        if message.dequeued > self.most_dequeued:
            self._put_away(name, message)
            return None
        message.visible_at = FOR_EVER
        step = _step(self.services, name, message)
        return Run(step, name, path_of(message.body), self.account.now)

    def end(self, run: Run, name: str, message: Message) -> None:
        """What the host does with the message after its run."""
        if run.killed:
            message.visible_at = self.account.now + LEASE * SECOND
        elif run.failure is None:
            self.queue(name).messages.remove(message)
        elif message.dequeued >= self.most_dequeued:
            self._put_away(name, message)
        else:
            again = 0 if name == BLOB_TRIGGER_QUEUE else RETRIED_AFTER
            message.visible_at = self.account.now + again * SECOND

    def _put_away(self, name: str, message: Message) -> None:
        self.queue(name).messages.remove(message)
        body = message.body
        if name == BLOB_TRIGGER_QUEUE:
            body = base64.b64encode(body)
        if name in POISON:
            self.queue(POISON[name]).put(body)
        else:
            self.has_lost = True


def make_app(changed: Callable[[str, Any, Any], None]) -> App:
    """An empty account, and the app over it."""
    account = Account(at_call=at_call, changed=changed)
    files, results = Container(account, "documents"), Container(account, "results")
    names = ("Documents", "Fields", "Records", "Models", "Contents")
    tables = {name: Table(account, name) for name in names}
    queues = QueueService(account)
    service = Service(lambda: account.now, at_call, lambda: Run.current().path)
    services = Services(
        settings=read_settings({"DOCUMENTS_STORAGE": "UseDevelopmentStorage=true", "FORM_RECOGNIZER_ENDPOINT": ENDPOINT,
                                "FORM_RECOGNIZER_KEY": "secret"}),
        recognizer=_recognizer(service),
        pace=Pace(15, lambda: 0.0, lambda _: None),
        files=cast("Any", files),
        results=Results(cast("Any", results)),
        queues=Queues(cast("Any", queues)),
        documents=Documents(cast("Any", tables["Documents"])),
        rows=Rows(cast("Any", tables["Fields"]), cast("Any", tables["Records"])),
        models=Models(cast("Any", tables["Models"])),
        timings=Timings(cast("Any", tables["Models"]), lambda: 0.0),
        contents=Contents(cast("Any", tables["Contents"])),
        now=lambda: account.now,
        dice=lambda: 0.5,
    )  # fmt: skip
    return App(account, files, results, tables, queues, service, services)


def path_of(body: bytes) -> str:
    """The document that a message is about."""
    if not body.startswith(b"{"):
        body = base64.b64decode(body)
    members = json.loads(body)
    return str(members.get("path") or members["BlobName"])


def is_expected(error: Exception | None) -> bool:
    """Whether a step may end in this: our own errors and those of storage; anything else is a mistake."""
    return error is None or isinstance(error, (FormsError, AzureError))


def _step(services: Services, name: str, message: Message) -> Callable[[], object]:
    body = message.body
    if name in DOING:
        return lambda: record_failure(services, DOING[name], name, message.id, body)
    return {
        BLOB_TRIGGER_QUEUE: lambda: submit_document(services, Submission(path_of(body), etag="")),
        SUBMISSIONS_QUEUE: lambda: submit_document(services, Submission.decode(body)),
        OPERATIONS_QUEUE: lambda: poll_operation(services, Operation.decode(body)),
        RESULTS_QUEUE: lambda: store_fields(services, Result.decode(body)),
    }[name]


def _recognizer(service: Service) -> Recognizer:
    recognizer = Recognizer(ENDPOINT, by_key("secret"))
    recognizer._session.mount(ENDPOINT, service)  # noqa: SLF001 - the network is all that is replaced
    return recognizer
