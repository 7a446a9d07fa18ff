"""How a document ends as failed, which rows are deleted at its end, and what becomes of a run that ends in an error."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError

from shared.documents import Document, discovered, failed
from shared.errors import FormsError, RowChanged
from shared.logs import log
from shared.messages import is_blob_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shared.services import Services

WORKER_STOPPED = "WorkerStopped"


def fail(services: Services, document: Document, code: str, message: str, *, refused: bool = False) -> None:
    """Ends the document as `failed`, and takes away the rows of what the file held before.

    `refused` takes back a paid submission that the service surely did not take. Raises `RowChanged` when another run
    was there first; then nothing is taken away.
    """
    written = services.documents.write(failed(document, code, message, refused=refused))
    log("document_failed", document.path, document.etag, level="error", code=code)
    delete_outdated_rows(services, written)


def delete_outdated_rows(services: Services, document: Document) -> None:
    """Deletes the rows that are not of a final document's content; of a failed one, all. May be done at any time.

    The rows are listed before the document is read again: if that is as it was, none of them is of newer content.
    """
    fields = services.rows.other_fields(document.key, document.etag, document.field_count or 0)
    records = services.rows.records(document.route, document.key) if document.status == "failed" else {}
    if (fields or records) and services.documents.read(document.path) == document:
        services.rows.delete_fields(document.key, fields)
        services.rows.delete_records(document.route, records)


@contextmanager
def recording_errors(services: Services, document: Document, doing: str) -> Iterator[None]:
    """An error that ends a run stands on the document's row before it is raised again, for the host to retry.

    A row that a run has claimed, perhaps another one, is left to that run.
    """
    path, etag = document.path, document.etag
    try:
        yield
    except RowChanged:
        raise
    except Exception as error:
        code = error.code if isinstance(error, FormsError) else type(error).__name__
        log("step_failed", path, etag, level="error", doing=doing, code=code)
        with suppress(AzureError, FormsError):
            current = services.documents.read(path)
            document = current if current and current.etag == etag else document
            if _is_free(document, services.now()):
                message = f"{_while(doing, path)} ended in {code}: {_first_line(error)}"
                services.documents.write(replace(document, error_code=code, error_message=message))
        raise


def record_failure(services: Services, doing: str, queue: str, message_id: str, body: bytes) -> None:
    """Ends the document of a message that failed five times as `failed`, and keeps the message under `results/poison/`.

    A document that is final, or about other content by now, is left alone. Raises what storage raises, and `RowChanged`
    when another run is at the document; then the host brings the message again.
    """
    services.results.keep(f"poison/{queue}/{message_id}.json", body)
    path, etag = _whose(body)
    if not path:
        log("poison_unreadable", "", "", level="error", queue=queue, message_id=message_id)
        return
    document = services.documents.read(path) or _without_row(services, path)
    if document is None or document.is_final or etag not in ("", document.etag):
        log("poison_dropped", path, etag, queue=queue, message_id=message_id)
        return
    if document.is_claimed(services.now()):
        raise RowChanged(f"Another run is submitting {path}; whether it failed is seen when that has ended.")
    recorded = document.error_message or ""
    if recorded.startswith(_while(doing, path)):
        fail(services, document, document.error_code or WORKER_STOPPED, f"{recorded} {_WHAT_TO_DO}")
    else:
        fail(services, document, WORKER_STOPPED, stopped_while(doing, path))


def stopped_while(doing: str, path: str) -> str:
    """The sentence about a document at which worker after worker ended without a word."""
    return f"The worker stopped five times while {doing} {path}. Is it short of memory? {_WHAT_TO_DO}"


_WHAT_TO_DO = "When the cause is mended, have it tried again: `python -m cli retry`."


def _while(doing: str, path: str) -> str:
    return f"{doing.capitalize()} {path}"


def _whose(body: bytes) -> tuple[str, str]:
    """The path and the ETag that a message is about: one of ours, or one of the blob trigger's, plain or in base64."""
    with suppress(ValueError):
        body = base64.b64decode(body, validate=True)
    try:
        members = json.loads(body)
        path, etag = (members.get("path") or members["BlobName"]), members.get("etag") or members.get("ETag") or ""
        return (path, str(etag).strip('"')) if is_blob_name(path) else ("", "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "", ""


def _without_row(services: Services, path: str) -> Document | None:
    """A file at which every run failed before it had a row, such as one that may not be read."""
    try:
        properties = services.files.get_blob_client(path).get_blob_properties()
    except HttpResponseError as error:
        if error.status_code in (400, 404):  # no blob can have this name, or none has
            return None
        raise
    return discovered(path, str(properties.etag).strip('"'), properties.size, None)


def _is_free(document: Document, now: datetime) -> bool:
    return not document.is_final and not document.is_claimed(now)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:500] if lines else type(error).__name__
