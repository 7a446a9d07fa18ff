"""The app's steps, called one at a time over real storage, with a look at what they leave behind."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient
from reportlab.pdfgen.canvas import Canvas

from shared.messages import Operation, Result, Submission
from shared.names import FIELDS_TABLE, OPERATIONS_QUEUE, RECORDS_TABLE, RESULTS_QUEUE, SUBMISSIONS_QUEUE
from shared.services import Services, make_services
from shared.settings import StorageConnection, read_settings
from shared.steps.poll import poll_operation
from shared.steps.store import store_fields
from shared.steps.submit import submit_document
from shared.storage.clients import table_service
from shared.storage.tables import quoted, route_of, table_key

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

    from shared.documents import Document


@dataclass(frozen=True)
class App:
    """One worker of the app. Paths are names of blobs in `documents`."""

    services: Services
    files: ContainerClient
    storage: StorageConnection

    def drop(self, path: str, content: bytes) -> str:
        """Drops a file; returns its ETag."""
        return str(self.files.upload_blob(path, content, overwrite=True).get_blob_properties().etag).strip('"')

    def later(self, **delay: float) -> App:
        """The same worker after a while, such as `hours=1`."""
        now = self.services.now() + timedelta(**delay)
        return replace(self, services=replace(self.services, now=lambda: now))

    def submit(self, path: str) -> None:
        """Runs `submit_document`."""
        submit_document(self.services, Submission(path, etag=""))

    def poll(self, path: str, **changes: Any) -> None:  # noqa: ANN401
        """Runs `poll_operation` on the message that the row tells of, with `changes`."""
        document = self.document(path)
        operation = Operation(path, document.etag, document.operation_url or "", document.polls)
        poll_operation(self.services, replace(operation, **changes))

    def store(self, path: str, etag: str | None = None) -> None:
        """Runs `store_fields`."""
        store_fields(self.services, Result(path, etag or self.document(path).etag))

    def document(self, path: str) -> Document:
        """The file's row."""
        document = self.services.documents.read(path)
        assert document is not None, f"{path} has no row"
        return document

    def fields(self, path: str) -> list[dict[str, Any]]:
        """The file's rows in `Fields`."""
        return self._rows(FIELDS_TABLE, f"PartitionKey eq {quoted(table_key(path))}")

    def records(self, path: str) -> list[dict[str, Any]]:
        """The file's rows in `Records`."""
        return self._rows(RECORDS_TABLE, f"PartitionKey eq {quoted(route_of(path))} and Path eq {quoted(path)}")

    def queued(self) -> dict[str, int]:
        """How many messages wait in each queue, hidden ones among them."""
        with QueueServiceClient.from_connection_string(self.storage.connection_string) as queues:
            return {
                name: queues.get_queue_client(name).get_queue_properties().approximate_message_count or 0
                for name in (SUBMISSIONS_QUEUE, OPERATIONS_QUEUE, RESULTS_QUEUE)
            }

    def forget_messages(self) -> None:
        """Empties the queues."""
        with QueueServiceClient.from_connection_string(self.storage.connection_string) as queues:
            for name in (SUBMISSIONS_QUEUE, OPERATIONS_QUEUE, RESULTS_QUEUE):
                queues.get_queue_client(name).clear_messages()

    def _rows(self, table: str, condition: str) -> list[dict[str, Any]]:
        with table_service(self.storage) as tables:
            return [dict(row) for row in tables.get_table_client(table).query_entities(condition)]


def make_app(storage: StorageConnection, endpoint: str, key: str, **settings: str) -> App:
    """A worker that speaks to the service at `endpoint`."""
    values = {
        "DOCUMENTS_STORAGE": storage.connection_string,
        "FORM_RECOGNIZER_ENDPOINT": endpoint,
        "FORM_RECOGNIZER_KEY": key,
    }
    services = make_services(read_settings({**values, **settings}))
    files = BlobServiceClient.from_connection_string(storage.connection_string).get_container_client("documents")
    return App(services, files, storage)


def a_pdf(*lines: str) -> bytes:
    """A PDF of one page with these lines; equal lines make equal bytes."""
    made = io.BytesIO()
    canvas = Canvas(made, invariant=True)
    for number, line in enumerate(lines):
        canvas.drawString(72, 720 - 20 * number, line)
    canvas.save()
    return made.getvalue()


def sha256(content: bytes) -> str:
    """The SHA-256 in hex, as the analyzer counts contents."""
    return hashlib.sha256(content).hexdigest()


def accepted_times(url: str, content: bytes) -> int:
    """How often the analyzer at `url` accepted this content, so that it would have been paid for."""
    counts = requests.get(f"{url}/_analyzer/counts", timeout=10).json()
    return int(counts["accepted_by_content"].get(sha256(content), 0))


def add_fault(url: str, **fault: object) -> None:
    """Has the analyzer at `url` do something wrong; see `local/analyzer/faults.py`."""
    requests.post(f"{url}/_analyzer/faults", json=fault, timeout=10).raise_for_status()
