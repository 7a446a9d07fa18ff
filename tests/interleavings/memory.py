"""A storage account in memory that behaves as ours does, for one test: every call can be stopped or go wrong.

`tests/stack/test_memory_is_like_azurite.py` keeps it honest.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceResponseError,
)
from azure.data.tables import TableEntity, TableTransactionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

START = datetime(2026, 11, 1, tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

Result = TypeVar("Result")
Kind = TypeVar("Kind", bound=HttpResponseError)
Row = dict[str, Any]
Key = tuple[str, str]

_COMPARISON = re.compile(r"(\w+) (eq|ne|lt|le|gt|ge) ('(?:[^']|'')*')")
_OPERATORS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}


@dataclass
class Account:
    """The tables, containers and queues, the clock, and what happens at each call.

    `at_call` is asked before each call; it returns how the call ends: `""` well, `"fails"` before anything was done,
    `"unheard"` when it was done and the answer got lost, `"twice"` when the SDK did not hear the answer and asked again
    by itself. `changed` hears of each row that is written.
    """

    now: datetime = START
    at_call: Callable[[str], str] = lambda _: ""
    changed: Callable[[str, Row | None, Row], None] = lambda *_: None
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def call(self, what: str, do: Callable[[], Result]) -> Result:
        """Does one call, and lets it go wrong."""
        how = self.at_call(what)
        if how == "fails":
            raise ServiceResponseError("The storage service did not answer.")
        done = do()
        if how == "unheard":
            raise ServiceResponseError("The storage service's answer got lost.")
        return do() if how == "twice" else done

    def next_etag(self) -> str:
        """An ETag that was not there before."""
        return f"0x{next(self._count):08X}"


@dataclass
class Table:
    """What `TableClient` is to us."""

    account: Account
    name: str
    rows: dict[Key, TableEntity] = field(default_factory=dict)

    def get_entity(self, partition: str, key: str) -> TableEntity:
        """The row, or `ResourceNotFoundError`."""

        def do() -> TableEntity:
            if (partition, key) not in self.rows:
                raise _error(ResourceNotFoundError, 404)
            return _copy(self.rows[partition, key])

        return self.account.call(f"read {self.name}", do)

    def query_entities(self, condition: str, select: Iterable[str] | None = None) -> Iterator[TableEntity]:
        """The rows that meet an OData condition, as they are when the first is asked for."""
        meets = _predicate(condition)
        wanted = set(select) if select else None

        def do() -> list[TableEntity]:
            return [_copy(self.rows[key], wanted) for key in sorted(self.rows) if meets(self.rows[key])]

        yield from self.account.call(f"query {self.name}", do)

    def create_entity(self, row: Row) -> Row:
        """A new row, or `ResourceExistsError`."""
        return self.account.call(f"create in {self.name}", lambda: self._do("create", row))

    def update_entity(self, row: Row, _mode: object, *, etag: str, match_condition: object) -> Row:
        """A row in the place of the one with this ETag, else `ResourceModifiedError` or `ResourceNotFoundError`."""
        how = {"etag": etag, "match_condition": match_condition}
        return self.account.call(f"update {self.name}", lambda: self._do("update", row, how))

    def upsert_entity(self, row: Row, _mode: object) -> Row:
        """A row, whatever was there."""
        return self.account.call(f"upsert in {self.name}", lambda: self._do("upsert", row))

    def delete_entity(self, row: Row, *, etag: str | None = None, match_condition: object = None) -> None:  # noqa: ARG002 - the SDK's
        """No such row from now on, if it has this ETag; no complaint when there was none."""

        def do() -> None:
            there = self.rows.get(_key(row))
            if there is not None and etag not in (None, there.metadata["etag"]):
                raise _error(ResourceModifiedError, 412)
            self.rows.pop(_key(row), None)

        self.account.call(f"remove from {self.name}", do)

    def submit_transaction(self, operations: Iterable[tuple[Any, ...]]) -> None:
        """All of the operations, or none and a `TableTransactionError`."""

        def do() -> None:
            before = dict(self.rows)
            for verb, row, *how in operations:
                try:
                    self._do(verb, row, *how)
                except HttpResponseError as error:
                    self.rows = before
                    failed = TableTransactionError(message=str(error), index=0)
                    failed.status_code = error.status_code
                    raise failed from error

        self.account.call(f"transaction in {self.name}", do)

    def _do(self, verb: str, row: Row, how: Mapping[str, Any] | None = None) -> Row:
        there = self.rows.get(_key(row))
        if verb == "create" and there is not None:
            raise _error(ResourceExistsError, 409)
        if verb in ("update", "delete") and there is None:
            raise _error(ResourceNotFoundError, 404)
        if there is not None and how and how.get("etag") not in (None, there.metadata["etag"]):
            raise _error(ResourceModifiedError, 412)
        if verb == "delete":
            del self.rows[_key(row)]
            return {}
        written = TableEntity(row)
        written._metadata = {"etag": self.account.next_etag(), "timestamp": self.account.now}  # noqa: SLF001
        self.account.changed(self.name, there, written)
        self.rows[_key(row)] = written
        return dict(written.metadata)


@dataclass
class Blob:
    """A blob's content."""

    data: bytes
    etag: str
    last_modified: datetime
    name: str


@dataclass
class Container:
    """What `ContainerClient` is to us."""

    account: Account
    name: str
    blobs: dict[str, Blob] = field(default_factory=dict)
    staged: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def get_blob_client(self, name: str) -> BlobClient:
        """A client, whether or not there is such a blob."""
        return BlobClient(self, name)

    def upload_blob(self, name: str, data: bytes, *, overwrite: bool) -> BlobClient:
        """A blob in the place of what was there."""
        client = self.get_blob_client(name)
        client.upload_blob(data, overwrite=overwrite)
        return client

    def list_blobs(self, results_per_page: int) -> SimpleNamespace:
        """The blobs by name, a page at a time."""

        def pages() -> Iterator[list[Blob]]:
            names = self.account.call(f"list {self.name}", lambda: sorted(self.blobs))
            for first in range(0, len(names), results_per_page):
                page = names[first : first + results_per_page]
                yield [self.blobs[name] for name in page if name in self.blobs]

        return SimpleNamespace(by_page=pages)


@dataclass
class BlobClient:
    """What `BlobClient` is to us."""

    container: Container
    name: str

    def download_blob(
        self, offset: int | None = None, length: int | None = None, *, etag: str | None = None, **_: object
    ) -> SimpleNamespace:
        """The bytes from `offset` on; those of the content with this ETag, or `ResourceModifiedError`."""

        def do() -> SimpleNamespace:
            blob = self._blob()
            if etag is not None and etag != f'"{blob.etag}"':
                raise _error(ResourceModifiedError, 412)
            data = blob.data[offset or 0 :][:length]
            return SimpleNamespace(
                properties=self._properties(blob), size=len(data), readall=lambda: data, chunks=lambda: iter([data])
            )

        return self.container.account.call(f"read from {self.container.name}", do)

    def get_blob_properties(self) -> SimpleNamespace:
        """ETag, size and time."""
        return self.container.account.call(f"look at {self.container.name}", lambda: self._properties(self._blob()))

    def exists(self) -> bool:
        """Whether there is such a blob."""
        return self.container.account.call(f"look at {self.container.name}", lambda: self.name in self.container.blobs)

    def upload_blob(self, data: bytes, *, overwrite: bool, content_settings: object = None) -> None:
        """This content in the place of what was there."""
        _ = content_settings

        def do() -> None:
            if not overwrite and self.name in self.container.blobs:
                raise _error(ResourceExistsError, 409)
            self._put(data)

        self.container.account.call(f"write to {self.container.name}", do)

    def stage_block(self, block: str, data: bytes) -> None:
        """A part of a content to come, which nobody sees yet."""

        def do() -> None:
            self.container.staged[self.name, block] = data

        self.container.account.call(f"stage in {self.container.name}", do)

    def commit_block_list(self, blocks: Iterable[Any], content_settings: object = None) -> None:
        """The staged parts, in this order, are the content; all others are dropped, whoever staged them."""
        _ = content_settings

        def do() -> None:
            staged = [self.container.staged.get((self.name, block.id)) for block in blocks]
            if None in staged:
                raise _error(HttpResponseError, 400)
            self._put(b"".join(part for part in staged if part is not None))
            self.container.staged = {key: part for key, part in self.container.staged.items() if key[0] != self.name}

        self.container.account.call(f"write to {self.container.name}", do)

    def _blob(self) -> Blob:
        if self.name not in self.container.blobs:
            raise _error(ResourceNotFoundError, 404)
        return self.container.blobs[self.name]

    def _put(self, data: bytes) -> None:
        account = self.container.account
        self.container.blobs[self.name] = Blob(bytes(data), account.next_etag(), account.now, self.name)

    @staticmethod
    def _properties(blob: Blob) -> SimpleNamespace:
        return SimpleNamespace(etag=f'"{blob.etag}"', size=len(blob.data), last_modified=blob.last_modified)


@dataclass
class Message:
    """A message in a queue; hidden until `visible_at`."""

    id: str
    body: bytes
    visible_at: datetime
    dequeued: int = 0


@dataclass
class Queue:
    """What `QueueClient` is to us, and a look inside."""

    account: Account
    name: str
    messages: list[Message] = field(default_factory=list)

    def send_message(self, content: str, *, visibility_timeout: int = 0, time_to_live: int = -1) -> None:
        """A message, hidden at first for so many seconds."""
        _ = time_to_live
        self.account.call(f"send to {self.name}", lambda: self.put(content.encode(), visibility_timeout))

    def put(self, body: bytes, delay: float = 0) -> None:
        """The same, without a call."""
        visible_at = self.account.now + timedelta(seconds=delay)
        self.messages.append(Message(self.account.next_etag(), body, visible_at))

    def visible(self) -> list[Message]:
        """What a host may be given now."""
        return [message for message in self.messages if message.visible_at <= self.account.now]


@dataclass
class QueueService:
    """What `QueueServiceClient` is to us."""

    account: Account
    queues: dict[str, Queue] = field(default_factory=dict)

    def get_queue_client(self, name: str) -> Queue:
        """The queue."""
        return self.queues.setdefault(name, Queue(self.account, name))


def _predicate(condition: str) -> Callable[[Row], bool]:
    """An OData condition of comparisons with strings, `and`, `or` and parentheses, as a function of a row."""
    code = _COMPARISON.sub(_python, condition)
    return eval(f"lambda row: {code}")  # type: ignore[no-any-return]  # noqa: S307 - the conditions are our own


def _python(comparison: re.Match[str]) -> str:
    """A row that lacks the column meets no comparison."""
    name, operator, value = comparison.groups()
    text = value[1:-1].replace("''", "'")
    return f"({name!r} in row and row[{name!r}] {_OPERATORS[operator]} {text!r})"


def _copy(row: TableEntity, wanted: set[str] | None = None) -> TableEntity:
    copied = TableEntity({name: value for name, value in row.items() if wanted is None or name in wanted})
    copied._metadata = row.metadata  # noqa: SLF001
    return copied


def _key(row: Mapping[str, Any]) -> Key:
    return row["PartitionKey"], row["RowKey"]


def _error(kind: type[Kind], status: int) -> Kind:
    error = kind(f"{kind.__name__}: {status}")
    error.status_code = status
    return error
