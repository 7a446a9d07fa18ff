"""The life of a document: its states, what moves it from one to the next, and the table that keeps them.

    submitting --> analyzing --> storing --> succeeded
        |  ^           |            |
        v  |           v            v
      waiting <------------------------           (a result that is gone is waited for anew)

`failed` may follow every state; it and `succeeded` are final. Bytes that were read before go to `storing` at once.

One row per blob path, about its newest content. The transitions are pure; `Documents.write` makes each under the
row's own ETag, so that of two runs one wins.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty, UpdateMode

from shared.errors import RowChanged
from shared.messages import Operation, Result, Submission
from shared.storage.tables import Entity, column, fitted, quoted, route_of, table_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.data.tables import TableClient, TableEntity

    from shared.models import Reader

Status = Literal["submitting", "waiting", "analyzing", "storing", "succeeded", "failed"]

STATES = get_args(Status)

CLAIM_SECONDS = 120
"""How long a claim lasts, and a second more for each megabyte to send."""

_CHANGED = (404, 409, 412)
_NO_TABLE = ("TableNotFound", "TableBeingDeleted")


@dataclass(frozen=True, slots=True)
class Document:
    """One row of `Documents`: a file, and where its newest content stands. Times are UTC."""

    path: str
    etag: str
    status: Status
    size: int = 0
    content_type: str | None = None
    content_hash: str | None = None
    model: str | None = None
    model_id: str | None = None
    api_version: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    next_try_at: datetime | None = None
    operation_url: str | None = None
    claim: str | None = None
    claimed_until: datetime | None = None
    submitted_at: datetime | None = None
    """When it was first claimed; once the service accepted it, when that was."""

    analyzed_at: datetime | None = None
    stored_at: datetime | None = None
    paused_since: datetime | None = None
    """Since when it waits for a mended setting."""

    paused_seconds: int = 0
    """How long it did so before, since `submitted_at`; neither counts towards the deadline."""

    expired_results: int = 0
    """How many of its results nobody fetched in time."""

    polls: int = 0
    paid_submissions: int = 0
    """How many analyses of this content may have been paid for: never less than the service counts."""

    pages: int | None = None
    """How many pages were read; before that, how many the file has, where that is known."""

    field_count: int | None = None
    lowest_confidence: float | None = None
    needs_review: bool | None = None
    result_blob: str | None = None
    row_etag: str = ""
    """The table's ETag of the row this was read from; empty for a row that is not there yet."""

    @property
    def key(self) -> str:
        """The document key: `RowKey` here and in `Records`, `PartitionKey` in `Fields`."""
        return table_key(self.path)

    @property
    def route(self) -> str:
        """The `PartitionKey` here and in `Records`."""
        return route_of(self.path)

    @property
    def is_final(self) -> bool:
        """Whether nothing but `retry` or new content moves it on."""
        return self.status in ("succeeded", "failed")

    def is_claimed(self, now: datetime) -> bool:
        """Whether another run is submitting it at this moment."""
        return self.claimed_until is not None and self.claimed_until > now


def discovered(path: str, etag: str, size: int, previous: Document | None) -> Document:
    """The row to work on: the previous one when it is about this content, else a new start in its place."""
    if previous is not None and previous.etag == etag:
        return previous
    return Document(path, etag, "submitting", size=size, row_etag=previous.row_etag if previous else "")


def claimed(document: Document, reader: Reader, claim: str, now: datetime) -> Document:
    """Before the POST: this run, and no other, submits it until the claim ends; one more may have been paid."""
    return replace(
        _without_error(document),
        status="submitting",
        model=reader.name,
        model_id=reader.model_id,
        api_version=reader.api_version,
        claim=claim,
        claimed_until=now + timedelta(seconds=CLAIM_SECONDS + document.size // 1_000_000),
        submitted_at=document.submitted_at or now,
        paid_submissions=document.paid_submissions + 1,
        polls=0,
    )


def waiting(document: Document, code: str, message: str, next_try_at: datetime, *, refused: bool) -> Document:
    """Not submitted yet, and why; `refused` takes back the paid submission that the service surely did not take."""
    return replace(
        _unclaimed(document),
        status="waiting",
        error_code=code,
        error_message=message,
        next_try_at=next_try_at,
        operation_url=None,
        paid_submissions=document.paid_submissions - (1 if refused else 0),
    )


def accepted(document: Document, operation_url: str, now: datetime, next_try_at: datetime) -> Document:
    """The service took it and will have an answer at `operation_url`."""
    return replace(
        _without_error(_unclaimed(document)),
        status="analyzing",
        operation_url=operation_url,
        submitted_at=now,
        paused_since=None,
        paused_seconds=0,
        next_try_at=next_try_at,
    )


def paused(document: Document, now: datetime) -> Document:
    """From now on, or since earlier, it waits for a mended setting."""
    return replace(document, paused_since=document.paused_since or now)


def resumed(document: Document, now: datetime) -> Document:
    """The settings are fine again, or were all the time."""
    if document.paused_since is None:
        return document
    seconds = int((now - document.paused_since).total_seconds())
    return replace(document, paused_since=None, paused_seconds=document.paused_seconds + seconds)


def asked(document: Document, polls: int, next_try_at: datetime, error: tuple[str, str] | None = None) -> Document:
    """It was asked for `polls` times; `error` is what the last answer was, when it was not "not yet"."""
    code, message = error or (None, None)
    return replace(document, polls=polls, next_try_at=next_try_at, error_code=code, error_message=message)


def analyzed(document: Document, result_blob: str, now: datetime) -> Document:
    """Its whole result stands in `result_blob`."""
    return replace(_without_error(_unclaimed(document)), status="storing", analyzed_at=now, result_blob=result_blob)


def succeeded(
    document: Document,
    *,
    partial: str,
    pages: int,
    field_count: int,
    lowest: float | None,
    needs_review: bool,
    now: datetime,
) -> Document:
    """Its rows are in the tables; `partial` says what is missing from them, if anything is."""
    return replace(
        _without_error(document),
        status="succeeded",
        error_code="PartialResult" if partial else None,
        error_message=partial or None,
        stored_at=now,
        pages=pages,
        field_count=field_count,
        lowest_confidence=lowest,
        needs_review=needs_review,
    )


def back_to_waiting(document: Document, code: str, message: str, now: datetime) -> Document:
    """Its result is gone, so it waits to be submitted again, with all the time it had at first."""
    return _without_result(waiting(document, code, message, now, refused=False))


def failed(document: Document, code: str, message: str, *, refused: bool = False) -> Document:
    """It will not be read, and why."""
    return replace(
        _unclaimed(document),
        status="failed",
        error_code=code,
        error_message=message,
        next_try_at=None,
        paid_submissions=document.paid_submissions - (1 if refused else 0),
    )


def _unclaimed(document: Document) -> Document:
    return replace(document, claim=None, claimed_until=None)


def _without_error(document: Document) -> Document:
    return replace(document, error_code=None, error_message=None, next_try_at=None)


def _without_result(document: Document) -> Document:
    return replace(
        document,
        submitted_at=None,
        paused_since=None,
        paused_seconds=0,
        analyzed_at=None,
        stored_at=None,
        result_blob=None,
        field_count=None,
        lowest_confidence=None,
        needs_review=None,
    )


def retried(document: Document, now: datetime, *, result_is_there: bool, again: bool) -> Document:
    """A final document on its way once more, from what was already paid: its result, its operation, or a new POST.

    `again` pays for a new one in any case.
    """
    fresh = replace(_without_error(_unclaimed(document)), expired_results=0)
    if result_is_there and not again:
        return replace(fresh, status="storing")
    if document.operation_url and not again:
        # The deadline starts anew; the age of the operation stays known.
        past = int((now - (document.submitted_at or now)).total_seconds())
        return replace(fresh, status="analyzing", next_try_at=now, paused_since=None, paused_seconds=past)
    return _without_result(waiting(fresh, "Retried", "It was sent on its way again by hand.", now, refused=False))


def next_message(document: Document) -> Submission | Operation | Result:
    """What brings a document that is not final to its next step, from where it stands."""
    if document.status == "storing":
        return Result(document.path, document.etag)
    if document.operation_url:
        return Operation(document.path, document.etag, document.operation_url, document.polls)
    return Submission(document.path, document.etag)


def is_overdue(document: Document, deadline: int, now: datetime) -> bool:
    """Whether more than `deadline` seconds, without pauses, passed since it was first claimed or, later, accepted."""
    allowed = timedelta(seconds=deadline + document.paused_seconds)
    until = document.paused_since or now
    return document.submitted_at is not None and until - document.submitted_at > allowed


class Documents:
    """The table `Documents`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def read(self, path: str) -> Document | None:
        """The row of the file `path`, if it has one."""
        try:
            entity = self._table.get_entity(route_of(path), table_key(path))
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", "") in _NO_TABLE:
                raise
            return None
        return from_entity(entity, entity.metadata["etag"] or "")

    def unfinished(self) -> Iterator[tuple[str, Document | None, datetime]]:
        """Each row that is not final: its RowKey, its document if it is one of ours, and when it was last written.

        The table is read a page at a time.
        """
        for entity in self._table.query_entities("Status ne 'succeeded' and Status ne 'failed'"):
            yield entity["RowKey"], _ours(entity), cast("datetime", entity.metadata["timestamp"])

    def failed(self) -> Iterator[Document]:
        """Every document that failed, read a page at a time."""
        for entity in self._table.query_entities("Status eq 'failed'"):
            if document := _ours(entity):
                yield document

    def etags(self, route: str, first_key: str, last_key: str) -> Iterator[tuple[str, str]]:
        """The path and the ETag of each row of a route whose key is from `first_key` to `last_key`."""
        keys = f"RowKey ge {quoted(first_key)} and RowKey le {quoted(last_key)}"
        condition = f"PartitionKey eq {quoted(route)} and {keys}"
        for entity in self._table.query_entities(condition, select=["Path", "ETag"]):
            yield entity.get("Path", ""), entity.get("ETag", "")

    def write(self, document: Document) -> Document:
        """Puts the row in the place of the one it was made from, and returns it as it stands now.

        Raises `RowChanged` when another run was there first. The SDK's own retry can turn our success into a
        conflict; a row that is what we meant to write is ours.
        """
        entity = to_entity(document)
        try:
            written = self._insert_or_replace(entity, document.row_etag)
        except HttpResponseError as error:
            if error.status_code not in _CHANGED or getattr(error, "error_code", "") in _NO_TABLE:
                raise
            there = self.read(document.path)
            if there is None or to_entity(there) != entity:
                reason = f"{document.path}: another run changed its row in Documents meanwhile."
                raise RowChanged(reason) from error
            return there
        return replace(document, row_etag=written["etag"])

    def _insert_or_replace(self, entity: Entity, row_etag: str) -> dict[str, Any]:
        if not row_etag:
            return dict(self._table.create_entity(entity))
        return dict(
            self._table.update_entity(
                entity, UpdateMode.REPLACE, etag=row_etag, match_condition=MatchConditions.IfNotModified
            )
        )


def to_entity(document: Document) -> Entity:
    """The row as Table Storage takes it: `Size` an Int64, no column without a value."""
    columns = {
        _column(field.name): value
        for field in fields(document)
        if field.name != "row_etag" and (value := getattr(document, field.name)) is not None
    }
    size = EntityProperty(document.size, EdmType.INT64)
    return fitted({"PartitionKey": document.route, "RowKey": document.key, **columns, "Size": size})


def from_entity(entity: Entity, row_etag: str) -> Document:
    """The row as this code reads it, without the columns it does not know."""
    values = {field.name: entity[_column(field.name)] for field in fields(Document) if _column(field.name) in entity}
    values["size"] = entity["Size"].value if isinstance(entity.get("Size"), EntityProperty) else entity.get("Size", 0)
    return Document(**{**values, "row_etag": row_etag})


def _ours(entity: TableEntity) -> Document | None:
    """The document of a row that this app wrote; None of one that somebody wrote, or changed, by hand."""
    try:
        document = from_entity(entity, entity.metadata["etag"] or "")
        fine = document.key == entity["RowKey"] and document.status in STATES
    except TypeError:
        return None
    moments = (document.next_try_at, document.claimed_until)
    return document if fine and all(moment is None or isinstance(moment, datetime) for moment in moments) else None


_NAMES = {"etag": "ETag"}


def _column(name: str) -> str:
    return _NAMES.get(name) or column(name)
