"""The calls that one document costs, by kind, as a functions host sends them; and the same mix sent bare, by the SDKs.

`python -m bench.calls FILE ...` is the local host, which counts what it sends and writes the counts to FILE when it
ends. Questions that found an empty queue, and listings, are not counted: they are not any document's.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from azure.core.exceptions import ResourceNotFoundError
from requests.adapters import HTTPAdapter

from local.storage import addresses
from shared.names import CONNECTION
from shared.settings import storage_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.data.tables import TableClient
    from azure.storage.blob import ContainerClient
    from azure.storage.queue import QueueClient, QueueMessage
    from requests import PreparedRequest, Response

    from shared.storage.tables import Entity

ABSENT = "absent"
BATCH = 8
LEASE_SECONDS = 30
FOUND_NOTHING = 404


def counted_host(counts: Path, arguments: list[str]) -> int:
    """Runs the host until it is stopped, then writes how many calls of each kind it sent."""
    from local.host.__main__ import main  # noqa: PLC0415 - it must not be loaded by who only sends

    ports = [urlsplit(url).port for url in addresses(storage_connection(CONNECTION, os.environ))]
    parts = dict(zip(ports, ("blob", "queue", "table"), strict=True))
    seen: Counter[str] = Counter()
    send = HTTPAdapter.send

    def counting(adapter: HTTPAdapter, request: PreparedRequest, **how: Any) -> Response:  # noqa: ANN401
        answer = send(adapter, request, **how)
        if kind := kind_of(parts, request, answer):
            seen[kind] += 1
        return answer

    HTTPAdapter.send = counting  # type: ignore[method-assign,assignment]
    code = main(arguments)
    counts.write_text(json.dumps(seen), encoding="utf-8")
    return code


def kind_of(parts: Mapping[int | None, str], request: PreparedRequest, answer: Response) -> str:
    """What a call is, such as `blob PUT lease`; empty for one that is no document's."""
    url = urlsplit(request.url or "")
    part = parts.get(url.port, "service")
    what = parse_qs(url.query).get("comp", [""])[0] if part == "blob" else ""
    if what == "list" or (part == "queue" and request.method == "GET" and b"<QueueMessage>" not in answer.content):
        return ""
    if part == "table":
        last = url.path.rpartition("/")[2]
        what = last if last == "$batch" else "rows" if request.method == "GET" and last.endswith("()") else ""
    if request.method == "GET" and answer.status_code == FOUND_NOTHING:
        what = ABSENT
    return f"{part} {request.method} {what}".strip()


@dataclass
class Bare:
    """Sends single calls; where one needs another before it, such as a deletion, it lives off what was sent before."""

    blobs: ContainerClient
    queue: QueueClient
    table: TableClient
    post: Callable[[], object]
    get: Callable[[], object]
    content: bytes
    row: Entity
    _taken: deque[QueueMessage] = field(default_factory=deque)
    _own: threading.local = field(default_factory=threading.local)

    def prepare(self) -> None:
        """What the calls find there."""
        self.blobs.upload_blob("there", self.content)
        self.table.upsert_entity(self._row("there"))

    def send(self, kind: str, name: str) -> None:
        """One call of the kind, about `name` where it makes something."""
        part, method, *what = kind.split()
        {"blob": self._blob, "queue": self._queue, "table": self._table, "service": self._service}[part](
            method, " ".join(what), name
        )

    def _blob(self, method: str, what: str, name: str) -> None:
        blob = self.blobs.get_blob_client("there" if method != "PUT" else name)
        if what == ABSENT:
            _absent(self.blobs.get_blob_client(ABSENT).download_blob)
        elif what == "lease":
            self._own.lease = self.blobs.get_blob_client(self._own.name).acquire_lease(LEASE_SECONDS)
        elif what == "metadata":
            self.blobs.get_blob_client(self._own.name).set_blob_metadata({}, lease=self._own.lease)
        elif method == "PUT":
            blob.upload_blob(self.content, overwrite=True)
            self._own.name = name
        elif method == "HEAD":
            blob.get_blob_properties()
        else:
            blob.download_blob().readall()

    def _queue(self, method: str, _: str, name: str) -> None:
        if method == "POST":
            self.queue.send_message(json.dumps({"path": name, "etag": "0x8DC", "operation_url": "x" * 120}))
        elif method == "GET":
            pages = self.queue.receive_messages(messages_per_page=BATCH, visibility_timeout=600).by_page()
            self._taken.extend(next(pages, ()))
        elif self._taken and method == "DELETE":
            self.queue.delete_message(self._taken.popleft())
        elif self._taken:
            self._taken.append(self.queue.update_message(self._taken.popleft(), visibility_timeout=600))

    def _table(self, method: str, what: str, name: str) -> None:
        if what == "$batch":
            self.table.submit_transaction([("upsert", self._row(name))])
        elif what == "rows":
            list(self.table.query_entities("PartitionKey eq 'nothing'", select=["RowKey"]))
        elif method == "GET":
            _absent(lambda: self.table.get_entity("bare", what or "there"))
        elif method == "POST":
            self.table.create_entity(self._row(name))
        else:
            self.table.upsert_entity(self._row(name))

    def _service(self, method: str, _: str, __: str) -> None:
        (self.post if method == "POST" else self.get)()

    def _row(self, name: str) -> Entity:
        return {**self.row, "PartitionKey": "bare", "RowKey": name}


def _absent(look: Callable[[], object]) -> None:
    try:
        look()
    except ResourceNotFoundError:
        return


if __name__ == "__main__":
    code = counted_host(Path(sys.argv[1]), sys.argv[2:])
    # As the host ends: whatever still runs is not waited for.
    os._exit(code)
