"""What fails five times reaches its consumer: real host, queues and app, with steps that break or end the worker."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.documents import Document
from shared.messages import Operation, Result, Submission
from shared.names import (
    BLOB_TRIGGER_POISON_QUEUE,
    OPERATIONS_POISON_QUEUE,
    OPERATIONS_QUEUE,
    QUEUES,
    RESULTS_POISON_QUEUE,
    RESULTS_QUEUE,
    SUBMISSIONS_POISON_QUEUE,
    SUBMISSIONS_QUEUE,
)
from tests.stack.app import App, a_pdf, make_app
from tests.stack.conftest import running_storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]
ENDPOINT = "http://127.0.0.1:9"
POISON_QUEUES = (BLOB_TRIGGER_POISON_QUEUE, SUBMISSIONS_POISON_QUEUE, OPERATIONS_POISON_QUEUE, RESULTS_POISON_QUEUE)

BROKEN_APP = """
import os
import signal
import time
from importlib.util import module_from_spec, spec_from_file_location

from shared.steps import poll, store, submit


def breaks(*_):
    if os.environ["STEPS"] == "kill":
        time.sleep(1)  # until the host has begun what else there is
        os.kill(os.getpid(), signal.SIGKILL)
    raise RuntimeError("Nothing works today.")


if os.environ["STEPS"] != "work":
    submit._submit = poll._poll = store._store = breaks
spec = spec_from_file_location("the_app", os.environ["THE_APP"])
module = module_from_spec(spec)
spec.loader.exec_module(module)
app = module.app
"""


@dataclass(frozen=True)
class Stage:
    """A storage account of one's own, and the app over it."""

    app: App
    folder: Path
    connection_string: str
    queues: QueueServiceClient

    @contextmanager
    def host(self, steps: str) -> Iterator[subprocess.Popen[bytes]]:
        """The functions host with the app's steps as they should `work`, or that `raise`, or `kill` the worker."""
        account = {"AzureWebJobsStorage": self.connection_string, "DOCUMENTS_STORAGE": self.connection_string}
        settings = {**account, "FORM_RECOGNIZER_ENDPOINT": ENDPOINT, "FORM_RECOGNIZER_KEY": "key", "STEPS": steps}
        at_once = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00"}
        environment = {**os.environ, **settings, **at_once, "THE_APP": str(ROOT / "function_app.py")}
        command = [sys.executable, "-m", "local.host", "--folder", str(self.folder)]
        command += ["--lease", "1" if steps == "kill" else "30"]
        with (
            (self.folder / "log").open("ab") as log,
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def send(self, queue: str, *bodies: str) -> None:
        """Puts messages into a queue."""
        with self.queues.get_queue_client(queue) as client:
            for body in bodies:
                client.send_message(body)

    def kept(self, queue: str) -> list[bytes]:
        """The messages kept under `results/poison/` of this poison queue."""
        with BlobServiceClient.from_connection_string(self.connection_string) as account:
            container = account.get_container_client("results")
            names = [blob.name for blob in container.list_blobs(f"poison/{queue}/")]
            return [container.download_blob(name).readall() for name in names]

    def left(self) -> int:
        """The messages in all queues and poison queues."""
        there = {queue.name for queue in self.queues.list_queues()} & {*QUEUES, *POISON_QUEUES}
        clients = map(self.queues.get_queue_client, there)
        return sum(client.get_queue_properties().approximate_message_count or 0 for client in clients)


@pytest.fixture
def stage(free_ports: Callable[[int], int], eventually: Eventually, tmp_path: Path) -> Iterator[Stage]:
    """An account in which nothing else was dropped."""
    (tmp_path / "function_app.py").write_text(BROKEN_APP)
    (tmp_path / "host.json").write_bytes((ROOT / "host.json").read_bytes())
    with running_storage(free_ports(3), eventually) as storage:
        text = storage.connection_string
        with QueueServiceClient.from_connection_string(text) as queues:
            yield Stage(make_app(storage, ENDPOINT, "key"), tmp_path, text, queues)


def under_way(stage: Stage) -> dict[str, bytes]:
    """A document for each consumer, about to take its next step; the message about it, by poison queue."""
    documents = stage.app.services.documents
    documents.write(Document("polled.pdf", "0x1", "analyzing", operation_url=f"{ENDPOINT}/1"))
    documents.write(Document("stored.pdf", "0x1", "storing", result_blob="none.json"))
    etag = stage.app.drop("dropped.pdf", a_pdf("dropped"))
    again = Submission("again.pdf", stage.app.drop("again.pdf", a_pdf("again"))).encode()
    operation, result = Operation("polled.pdf", "0x1", f"{ENDPOINT}/1").encode(), Result("stored.pdf", "0x1").encode()
    stage.send(SUBMISSIONS_QUEUE, again)
    stage.send(OPERATIONS_QUEUE, operation)
    stage.send(RESULTS_QUEUE, result)
    bodies = (f'"BlobName": "dropped.pdf", "ETag": "\\"{etag}\\""', again, operation, result)
    return {queue: body.encode() for queue, body in zip(POISON_QUEUES, bodies, strict=True)}


DOING = {"dropped.pdf": "submitting", "again.pdf": "submitting", "polled.pdf": "polling", "stored.pdf": "storing"}


def all_ended(stage: Stage, messages: dict[str, bytes]) -> bool:
    """Whether each document is final and each consumer has kept its message."""
    rows = [stage.app.services.documents.read(path) for path in DOING]
    kept = {queue: b"".join(map(_plain, stage.kept(queue))) for queue in messages}
    return all(row and row.is_final for row in rows) and all(body in kept[queue] for queue, body in messages.items())


def _plain(body: bytes) -> bytes:
    return body if body.startswith(b"{") else base64.b64decode(body)


def test_a_step_that_always_raises_ends_its_document_with_the_error(stage: Stage, eventually: Eventually) -> None:
    """After five tries, by each of the four consumers: with the error, and with what to do."""
    messages = under_way(stage)

    with stage.host("raise"):
        eventually(lambda: all_ended(stage, messages), "the end of all four documents")
        eventually(lambda: stage.left() == 0, "empty queues")

    for path, doing in DOING.items():
        document = stage.app.document(path)
        assert (document.status, document.error_code) == ("failed", "RuntimeError"), path
        said = document.error_message or ""
        assert said.startswith(f"{doing.capitalize()} {path} ended in RuntimeError: Nothing works today.")
        assert said.endswith("have it tried again: `python -m cli retry`.")
    assert (stage.folder / "log").read_text().count("poll_operation failed") == 5


def test_a_worker_that_is_killed_five_times_leaves_a_reason(stage: Stage, eventually: Eventually) -> None:
    """SIGKILL in the middle of each step, until the host gives the messages up; it tries none a sixth time."""
    messages = under_way(stage)
    ended: list[int] = []

    while not all_ended(stage, messages):
        with stage.host("kill") as host:
            eventually(lambda: host.poll() is not None or all_ended(stage, messages), "the end of the worker")
            ended.append(host.poll() or 0)
        assert len(ended) < 30

    assert ended.count(-signal.SIGKILL) >= 5
    for path, doing in DOING.items():
        document = stage.app.document(path)
        assert (document.status, document.error_code) == ("failed", "WorkerStopped"), path
        assert f"The worker stopped five times while {doing} {path}." in (document.error_message or "")


UNREADABLE = {
    "no JSON": "Dear Sir or Madam",
    "base64 of no JSON": base64.b64encode(b"\xff\xfe garbage").decode(),
    "broken base64": "bm90IGp=zb24=",
    "of a wrong shape": '{"path": ["a.pdf"], "etag": {"0x1": null}, "polls": "many"}',
    "about no blob": json.dumps({"path": "../training/a.pdf", "etag": "0x1", "operation_url": f"{ENDPOINT}/1"}),
    "about half a character": '{"path": "\\ud800", "etag": "0x1", "operation_url": ""}',
    "of 64 KB": "x" * 65536,
    "deep": "[" * 60_000,
}


def test_a_message_that_nobody_can_read_is_kept_and_not_brought_back(stage: Stage, eventually: Eventually) -> None:
    """In each queue, and in the poison queue that the host itself fills; the host goes on."""
    for queue in (*QUEUES, BLOB_TRIGGER_POISON_QUEUE):
        if queue == BLOB_TRIGGER_POISON_QUEUE:
            stage.queues.create_queue(queue)
        stage.send(queue, *UNREADABLE.values())

    with stage.host("work") as host:
        bodies = {body.encode() for body in UNREADABLE.values()}
        eventually(lambda: all(set(stage.kept(queue)) == bodies for queue in POISON_QUEUES), "all kept")
        eventually(lambda: stage.left() == 0, "empty queues")
        assert host.poll() is None

    log = (stage.folder / "log").read_text()
    assert log.count("poison_unreadable") == len(POISON_QUEUES) * len(UNREADABLE)
    assert "Dear Sir or Madam" not in log
