"""What the tables, the queues and the analyzer say after a chaos run, compared with what was dropped."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests
from azure.core.exceptions import ResourceNotFoundError

from shared import names
from shared.documents import Document, from_entity
from shared.storage.clients import blob_service, queue_service, table_service
from shared.storage.tables import table_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.stack import Stack

POISON_QUEUES = (
    names.BLOB_TRIGGER_POISON_QUEUE,
    names.SUBMISSIONS_POISON_QUEUE,
    names.OPERATIONS_POISON_QUEUE,
    names.RESULTS_POISON_QUEUE,
)
BLOB_TRIGGER_QUEUE = "azure-webjobs-blobtrigger-local"
READ_AS = 16
"""Without reading, the analyzer says that a file's one value is so many digits of its SHA-256."""


@dataclass(frozen=True)
class Dropped:
    """The newest content of a file: its ETag and its bytes."""

    etag: str
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """In hex, as the analyzer counts contents."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Verdict:
    """The figures. The lists name each breach of a promise, and are empty when all was kept."""

    succeeded: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    wrong_rows: list[str] = field(default_factory=list)
    unreported: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    poison: int = 0
    poison_of_failed: int = 0
    accepted: int = 0
    accepted_of_newest: int = 0
    paid_twice: int = 0
    paid_submissions: int = 0
    posts: int = 0
    gets: int = 0

    @property
    def breaches(self) -> list[str]:
        """Every broken promise, as a sentence."""
        return [*self.lost, *self.wrong_rows, *self.unreported, *self.unexplained]


def is_settled(stack: Stack, dropped: Mapping[str, Dropped]) -> bool:
    """Whether every file is final for its newest content, and no message is left that could change anything."""
    if any(_messages(stack, (BLOB_TRIGGER_QUEUE, *names.QUEUES, *POISON_QUEUES)).values()):
        return False
    rows = _documents(stack)
    return all(path in rows and rows[path].is_final and rows[path].etag == one.etag for path, one in dropped.items())


def judge(stack: Stack, dropped: Mapping[str, Dropped]) -> Verdict:
    """Looks at everything once; nothing may be running any more but the storage and the analyzer."""
    verdict = Verdict()
    rows = _documents(stack)
    _judge_states(verdict, rows, dropped)
    _judge_rows(verdict, stack, rows, dropped)
    _judge_payments(verdict, stack, rows, dropped)
    _judge_poison(verdict, stack, rows)
    return verdict


def _judge_states(verdict: Verdict, rows: Mapping[str, Document], dropped: Mapping[str, Dropped]) -> None:
    for path, newest in dropped.items():
        row = rows.get(path)
        if row is None or row.etag != newest.etag or not row.is_final:
            verdict.lost.append(f"{path} is not final for its newest content {newest.etag}: {row}")
        elif row.status == "succeeded":
            verdict.succeeded += 1
        else:
            verdict.failed[row.error_code or ""] += 1
            if not (row.error_code and row.error_message):
                verdict.lost.append(f"{path} failed without a reason")
    verdict.lost += [f"{path} has a row and was never dropped" for path in rows if path not in dropped]


def _judge_rows(verdict: Verdict, stack: Stack, rows: Mapping[str, Document], dropped: Mapping[str, Dropped]) -> None:
    """A file that succeeded has one row in each table, of its newest content; one that failed has none."""
    fields = _by_path(stack, names.FIELDS_TABLE)
    records = _by_path(stack, names.RECORDS_TABLE)
    for path in {*dropped, *fields, *records}:
        wanted: list[tuple[str, ...]] = []
        if path in rows and rows[path].status == "succeeded":
            etag, value = dropped[path].etag, dropped[path].sha256[:READ_AS]
            wanted = [
                (table_key(path), f"{etag}-00000000", etag, value),
                (rows[path].route, table_key(path), etag, value),
            ]
        found = [
            *((row["PartitionKey"], row["RowKey"], row["ETag"], row["Text"]) for row in fields[path]),
            *((row["PartitionKey"], row["RowKey"], row["ETag"], row.get("Number", "")) for row in records[path]),
        ]
        if found != wanted:
            verdict.wrong_rows.append(f"{path} has the rows {found} instead of {wanted}")


def _judge_payments(
    verdict: Verdict, stack: Stack, rows: Mapping[str, Document], dropped: Mapping[str, Dropped]
) -> None:
    """Of each content: the service accepted it no more often than the rows of all files that hold it say."""
    counts: dict[str, Any] = requests.get(f"{stack.endpoint}/_analyzer/counts", timeout=10).json()
    verdict.posts, verdict.gets = counts["analyze"]["received"], counts["result"]["received"]
    verdict.accepted = counts["analyze"]["accepted"]
    reported: Counter[str] = Counter()
    for path, newest in dropped.items():
        reported[newest.sha256] += rows[path].paid_submissions if path in rows else 0
    for sha256, paid in reported.items():
        accepted = counts["accepted_by_content"].get(sha256, 0)
        verdict.accepted_of_newest += accepted
        verdict.paid_submissions += paid
        verdict.paid_twice += max(0, accepted - 1)
        if accepted > paid:
            verdict.unreported.append(f"The content {sha256} was accepted {accepted} times, and its rows say {paid}")


def _judge_poison(verdict: Verdict, stack: Stack, rows: Mapping[str, Document]) -> None:
    """The poison queues are empty, and what went through them is about a file that is final.

    It failed with a reason, or another message about it had brought it to its end, or it has newer content.
    """
    left = {queue: count for queue, count in _messages(stack, POISON_QUEUES).items() if count}
    verdict.unexplained += [f"{count} messages are left in {queue}" for queue, count in left.items()]
    with blob_service(stack.connection) as blobs:
        results = blobs.get_container_client(names.RESULTS_CONTAINER)
        for blob in results.list_blobs(name_starts_with="poison/"):
            verdict.poison += 1
            path, etag = _whose(results.download_blob(blob.name).readall())
            row = rows.get(path)
            verdict.poison_of_failed += row is not None and (row.etag, row.status) == (etag, "failed")
            if row is None or not row.is_final:
                verdict.unexplained.append(f"The poison message {blob.name} is about {path}, which is {row}")


def _whose(body: bytes) -> tuple[str, str]:
    with suppress(ValueError):
        body = base64.b64decode(body, validate=True)
    members = json.loads(body)
    return members.get("path") or members["BlobName"], (members.get("etag") or members["ETag"]).strip('"')


def _documents(stack: Stack) -> dict[str, Document]:
    with table_service(stack.connection) as tables:
        found = tables.get_table_client(names.DOCUMENTS_TABLE).list_entities()
        documents = [from_entity(entity, entity.metadata["etag"] or "") for entity in found]
    return {document.path: document for document in documents}


def _by_path(stack: Stack, table: str) -> defaultdict[str, list[dict[str, Any]]]:
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with table_service(stack.connection) as tables:
        for row in tables.get_table_client(table).list_entities():
            rows[row["Path"]].append(dict(row))
    return rows


def _messages(stack: Stack, queues: Iterable[str]) -> dict[str, int]:
    """How many messages each queue holds, hidden ones among them."""
    found: dict[str, int] = {}
    with queue_service(stack.connection) as service:
        for name in queues:
            with suppress(ResourceNotFoundError):
                properties = service.get_queue_client(name).get_queue_properties()
                found[name] = properties.approximate_message_count or 0
    return found
