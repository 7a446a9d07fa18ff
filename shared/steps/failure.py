"""How a document ends as failed, which rows are deleted at its end, and how a run's error gets onto its row."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from shared.documents import Document, failed
from shared.errors import FormsError, RowChanged
from shared.logs import log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shared.services import Services


def fail(services: Services, document: Document, code: str, message: str, *, refused: bool = False) -> None:
    """Ends the document as `failed`, and takes away the rows of what the file held before.

    `refused` takes back a paid submission that the service surely did not take. Raises `RowChanged` when another run
    was there first; then nothing is taken away.
    """
    written = services.documents.write(failed(document, code, message, refused=refused))
    log("document_failed", document.path, document.etag, level="error", code=code, message=message)
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
def recording_errors(services: Services, path: str, etag: str, doing: str) -> Iterator[None]:
    """An error that ends a run stands on the document's row before it is raised again, for the host to retry.

    A row that a run has claimed, perhaps another one, is left to that run.
    """
    try:
        yield
    except RowChanged:
        raise
    except Exception as error:
        code = error.code if isinstance(error, FormsError) else type(error).__name__
        log("step_failed", path, etag, level="error", doing=doing, code=code)
        with suppress(AzureError, FormsError):
            document = services.documents.read(path)
            if document is not None and document.etag == etag and _is_free(document, services.now()):
                message = f"{doing} {path} ended in {code}: {_first_line(error)} It is tried again."
                services.documents.write(replace(document, error_code=code, error_message=message))
        raise


def _is_free(document: Document, now: datetime) -> bool:
    return not document.is_final and not document.is_claimed(now)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:500] if lines else type(error).__name__
