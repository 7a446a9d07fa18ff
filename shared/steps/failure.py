"""How a document ends as failed, which rows are deleted at its end, and what becomes of a run that ends in an error."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from azure.core.exceptions import AzureError, HttpResponseError

from shared.backoff import LEAST_SECONDS
from shared.documents import Document, back_to_waiting, discovered, failed, next_message
from shared.errors import FormsError, RowChanged
from shared.logs import log
from shared.messages import Submission, is_blob_name
from shared.steps.outcome import log_outcome, seconds_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.services import Services

WORKER_STOPPED = "WorkerStopped"


def fail(services: Services, document: Document, code: str, message: str, *, refused: bool = False) -> None:
    """Ends the document as `failed`, and takes away the rows of what the file held before.

    `refused` takes back a paid submission that the service surely did not take. Raises `RowChanged` when another run
    was there first; then nothing is taken away.
    """
    written = services.documents.write(failed(document, code, message, refused=refused))
    taken = seconds_between(document.submitted_at, services.now())
    paid, pages = written.paid_submissions, written.pages
    log_outcome("document_failed", written, level="error", seconds=taken, code=code, pages=pages, paid=paid)
    delete_outdated_rows(services, written)


def submit_anew(services: Services, document: Document, code: str, reason: str) -> None:
    """Has the document submitted once more, because what was paid for is lost. First the message, then the row."""
    services.queues.send(Submission(document.path, document.etag), delay=LEAST_SECONDS)
    services.documents.write(back_to_waiting(document, code, reason, services.now()))
    taken = seconds_between(document.submitted_at, services.now())
    log_outcome("submitted_anew", document, level="warning", wait=LEAST_SECONDS, seconds=taken, code=code)


def delete_outdated_rows(services: Services, document: Document) -> None:
    """Deletes the rows that are not of a final document's content; of a failed one, all. May be done at any time.

    The rows are listed before the document is read again: if that is as it was, none of them is of newer content.
    """
    has_failed = document.status == "failed"
    fields = services.rows.other_fields(document.key, document.etag, 0 if has_failed else document.field_count or 0)
    records = services.rows.records(document.route, document.key) if has_failed else {}
    if (fields or records) and services.documents.read(document.path) == document:
        services.rows.delete_fields(document.key, fields)
        services.rows.delete_records(document.route, records)


def leave_to_others(services: Services, document: Document) -> None:
    """What a message that came too late still does for its document: finish the deletion, or have it submitted.

    A document goes back to `waiting` just after its message was sent; if that was quicker, it turned into this one. And
    a run that failed five times may have claimed newer content than its message speaks of.
    """
    if document.is_final:
        delete_outdated_rows(services, document)
    elif document.status in ("submitting", "waiting"):
        services.queues.send(next_message(document), delay=LEAST_SECONDS)


@contextmanager
def recording_errors(services: Services, document: Document, doing: str, claim: str = "") -> Iterator[None]:
    """An error that ends a run stands on the document's row before it is raised again, for the host to retry.

    A file that has no row yet, or one about older content, gets its row so. A row that another run than the one with
    this `claim` has claimed is left to that run.
    """
    try:
        yield
    except RowChanged:
        raise
    except Exception as error:
        code = error.code if isinstance(error, FormsError) else type(error).__name__
        log_outcome("step_failed", document, level="error", doing=doing, code=code)
        with suppress(AzureError, FormsError):
            there = _current(services, document.path, document.etag)
            current = there if there is not None and there.etag == document.etag else document
            if not current.is_final and (current.claim == claim or not current.is_claimed(services.now())):
                message = f"{_while(doing, document.path)} ended in {code}: {_first_line(error)}"
                services.documents.write(replace(current, error_code=code, error_message=message))
        raise


def record_failure(services: Services, doing: str, queue: str, message_id: str, body: bytes) -> None:
    """Ends the document of a message that failed five times as `failed`, and keeps the message under `results/poison/`.

    A document that is final, or about other content by now, is left alone; one that is past what the message wanted
    is sent on. Raises what storage raises, and `RowChanged` when another run is at the document; then the host brings
    the message again.
    """
    services.results.keep(f"poison/{queue}/{message_id}.json", body)
    poison = _Poison.read(body)
    if not poison.path:
        log("poison_unreadable", "", "", level="error", queue=queue, message_id=message_id)
        return
    document = _current(services, poison.path, poison.etag)
    if document is None or document.is_final or poison.etag not in ("", document.etag):
        log("poison_dropped", poison.path, poison.etag, queue=queue, message_id=message_id)
        if document is not None:
            leave_to_others(services, document)
    elif not poison.is_about(document, doing):
        log("poison_overtaken", poison.path, poison.etag, queue=queue, message_id=message_id)
        services.queues.send(next_message(document), delay=LEAST_SECONDS)
    elif document.is_claimed(services.now()):
        reason = f"Another run is submitting {document.path}; whether it failed is seen when that has ended."
        raise RowChanged(reason)
    else:
        give_up(services, document, doing)


def give_up(services: Services, document: Document, doing: str) -> None:
    """Ends as `failed` a document at which run after run ended in an error, or without a word."""
    recorded = document.error_message or ""
    if recorded.startswith(_while(doing, document.path)):
        fail(services, document, document.error_code or WORKER_STOPPED, f"{recorded} {_WHAT_TO_DO}")
    else:
        reason = f"The worker stopped five times while {doing} {document.path}. Is it short of memory? {_WHAT_TO_DO}"
        fail(services, document, WORKER_STOPPED, reason)


_WHAT_TO_DO = "When the cause is mended, have it tried again: `python -m cli retry`."


def _while(doing: str, path: str) -> str:
    return f"{doing.capitalize()} {path}"


@dataclass(frozen=True, slots=True)
class _Poison:
    """What a message of ours, or of the blob trigger, is about; without a path when nobody can tell."""

    path: str = ""
    etag: str = ""
    operation_url: str = ""
    polls: int = 0

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The message in `body`, plain or in base64."""
        with suppress(ValueError):
            body = base64.b64decode(body, validate=True)
        try:
            members = json.loads(body)
            path = members.get("path") or members["BlobName"]
            etag = members.get("etag") or members.get("ETag") or ""
            url, polls = str(members.get("operation_url", "")), int(members.get("polls", 0))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls()
        return cls(path, str(etag).strip('"'), url, polls) if is_blob_name(path) else cls()

    def is_about(self, document: Document, doing: str) -> bool:
        """Whether the document still stands where this message was to move it on."""
        if doing == "polling" and (document.operation_url, document.polls <= self.polls) != (self.operation_url, True):
            return False
        return document.status in _STATES_WHILE[doing]


_STATES_WHILE = {"submitting": ("submitting", "waiting"), "polling": ("analyzing",), "storing": ("storing",)}


def _current(services: Services, path: str, etag: str) -> Document | None:
    """The row about this content, or any without an `etag`; when the file has it and no row is about it, a new one."""
    row = services.documents.read(path)
    if row is not None and etag in ("", row.etag):
        return row
    try:
        properties = services.files.get_blob_client(path).get_blob_properties()
    except HttpResponseError as error:
        if error.status_code in (400, 404):  # no blob can have this name, or none has
            return row
        raise
    there = str(properties.etag).strip('"')
    return discovered(path, there, properties.size, row) if etag in ("", there) else row


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:500] if lines else type(error).__name__
