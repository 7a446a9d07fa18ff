"""Submit: check a file, claim it, and have the service read it. One paid call, made by one run."""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from shared import backoff
from shared.documents import (
    Document,
    accepted,
    analyzed,
    claimed,
    discovered,
    is_overdue,
    next_message,
    waiting,
)
from shared.errors import FormsError, Later, Misconfigured, Never, RowChanged
from shared.inspection import inspect
from shared.logs import log
from shared.messages import Operation, Result, Submission
from shared.models import Reader, choose_reader
from shared.recognizer.analysis import start_analysis
from shared.recognizer.refusals import NO_MODEL
from shared.steps.failure import WORKER_STOPPED, delete_outdated_rows, fail, recording_errors, stopped_while
from shared.storage.blobs import GONE, Content

if TYPE_CHECKING:
    from datetime import datetime

    from shared.services import Services


MOST_STOPPED = 5
"""So many runs in a row that ended without a word, claim in hand, end the document as `WorkerStopped`."""


def submit_document(services: Services, message: Submission) -> None:
    """Submits the file in `message` as it is now, unless that was done, is being done, or can't be.

    However often it is called for one content, the service is asked to read it once, unless an answer left open
    whether it had begun.
    """
    # First the row, then the file: should newer content come between the two, the row's ETag stops this run.
    previous = services.documents.read(message.path)
    try:
        content = Content(services.files.get_blob_client(message.path))
    except ResourceNotFoundError:
        _file_is_gone(services, message.path, previous)
        return
    document = discovered(message.path, content.etag, content.size, previous)
    if message.etag != document.etag:
        message = Submission(document.path, document.etag)
    with recording_errors(services, document, "submitting"):
        try:
            if not _go_on_from_where_it_stands(services, document, message):
                _submit(services, document, content, message)
        except RowChanged:
            log("submission_superseded", document.path, document.etag)
            services.queues.send(message, delay=backoff.LEAST_SECONDS)


def _go_on_from_where_it_stands(services: Services, document: Document, message: Submission) -> bool:
    """Whether this content needs no submission by this run: a late duplicate only makes sure that it moves on."""
    now = services.now()
    if document.is_final:
        log("already_final", document.path, document.etag, status=document.status)
        delete_outdated_rows(services, document)
    elif document.status in ("analyzing", "storing"):
        services.queues.send(next_message(document), delay=backoff.LEAST_SECONDS)
    elif document.claimed_until is not None and document.is_claimed(now):
        _come_back(services, replace(message, stopped=message.stopped + 1), document.claimed_until)
    elif document.next_try_at is not None and document.next_try_at > now:
        _come_back(services, message, document.next_try_at)
    else:
        return False
    return True


def _come_back(services: Services, message: Submission, when: datetime) -> None:
    """A claim or a wait is respected by every message about the document, so that there is one POST at a time."""
    services.queues.send(message, delay=math.ceil((when - services.now()).total_seconds()) + 1)


def _submit(services: Services, document: Document, content: Content, message: Submission) -> None:
    try:
        reader = choose_reader(document.path, services.models, services.settings)
        seen = inspect(content, reader.api_version if reader else services.settings.api_version, services.settings.tier)
        document = replace(document, content_type=seen.content_type, content_hash=content.sha256(), pages=seen.pages)
    except Never as error:
        fail(services, document, error.code, str(error))
    except ResourceModifiedError:
        raise RowChanged(f"{document.path} was replaced while it was read.") from None
    else:
        if reader is None:
            _wait_for_model(services, document, message)
        elif document.claim and message.stopped >= MOST_STOPPED:
            fail(services, document, WORKER_STOPPED, stopped_while("submitting", document.path))
        elif is_overdue(document, services.settings.analysis_deadline, services.now()):
            fail(services, document, "DeadlineExceeded", _too_late(services, document.error_message or "none"))
        elif message.again or not _reuse(services, document, reader):
            _claim_and_post(services, document, content, reader, message)


def _reuse(services: Services, document: Document, reader: Reader) -> bool:
    """Whether the same bytes were read by the same model before: then that result is stored for this file too."""
    if not services.settings.reuse_results or document.content_hash is None:
        return False
    result_blob = services.contents.find(document.content_hash, reader.api_version, reader.model_id)
    if result_blob is None or not services.results.exists(result_blob):
        return False
    read_by = replace(document, model=reader.name, model_id=reader.model_id, api_version=reader.api_version)
    services.documents.write(analyzed(read_by, result_blob, services.now()))
    services.queues.send(Result(document.path, document.etag))
    log("result_reused", document.path, document.etag, result=result_blob)
    return True


def _claim_and_post(
    services: Services, document: Document, content: Content, reader: Reader, message: Submission
) -> None:
    services.pace.wait()
    now = services.now()
    begun = replace(document, submitted_at=document.submitted_at or now - timedelta(seconds=message.used))
    mine = services.documents.write(claimed(begun, reader, uuid.uuid4().hex, now))
    content_type = mine.content_type or ""
    try:
        operation_url = start_analysis(services.recognizer, reader.api_version, reader.model_id, content_type, content)
    except Never as error:
        if error.code in NO_MODEL and message.tries == 0:
            not_ready = Later(error.code, str(error), retry_after=backoff.WAIT_FOR_MODEL, refused=True)
            _try_later(services, mine, not_ready, message)
        else:
            fail(services, mine, error.code, str(error), refused=error.refused)
    except GONE:
        reason = f"{mine.path} was deleted or replaced while it was sent; if it was deleted, drop it again."
        fail(services, mine, "DocumentGone", reason, refused=True)
    except Later as error:
        _try_later(services, mine, error, message)
    except Misconfigured as error:
        # The document is not to blame, so the time until somebody mends the setting does not count.
        unhurried = replace(mine, submitted_at=None)
        used = int((now - (mine.submitted_at or now)).total_seconds())
        again = replace(message, used=used)
        _put_off(services, unhurried, error, again, backoff.WAIT_FOR_CONFIGURATION, refused=True)
    else:
        _accept(services, mine, operation_url, message)


def _accept(services: Services, mine: Document, operation_url: str, message: Submission) -> None:
    now = services.now()
    delay = backoff.first_poll(None, services.dice)
    next_try_at = now + timedelta(seconds=delay)
    try:
        services.documents.write(accepted(mine, operation_url, now, next_try_at))
    except RowChanged:
        # Whatever else was written there: while the claim on the row is ours, so is the operation.
        current = services.documents.read(mine.path)
        if current is None or (current.etag, current.claim) != (mine.etag, mine.claim):
            raise
        services.documents.write(accepted(current, operation_url, now, next_try_at))
    operation = Operation(mine.path, mine.etag, operation_url, expired=message.expired)
    services.queues.send(operation, delay=delay)
    log("document_submitted", mine.path, mine.etag, model=mine.model, first_poll_in=delay)


def _try_later(services: Services, document: Document, error: Later, message: Submission) -> None:
    if is_overdue(document, services.settings.analysis_deadline, services.now()):
        fail(services, document, "DeadlineExceeded", _too_late(services, str(error)), refused=error.refused)
        return
    delay = backoff.after_fault(message.tries, error.retry_after, services.dice)
    again = replace(message, tries=message.tries + 1)
    _put_off(services, document, error, again, delay, refused=error.refused)


def _too_late(services: Services, last_answer: str) -> str:
    return f"It could not be submitted within {services.settings.analysis_deadline} s. The last answer: {last_answer}"


def _wait_for_model(services: Services, document: Document, message: Submission) -> None:
    reason = "Its model is being trained. If the training was interrupted, train it again."
    _put_off(services, document, FormsError("ModelCreating", reason), message, backoff.WAIT_FOR_MODEL, refused=False)


def _put_off(
    services: Services, document: Document, why: FormsError, message: Submission, delay: int, *, refused: bool
) -> None:
    next_try_at = services.now() + timedelta(seconds=delay)
    services.documents.write(waiting(document, why.code, str(why), next_try_at, refused=refused))
    services.queues.send(message, delay=delay)
    log("submission_put_off", document.path, document.etag, level="warning", code=why.code, delay=delay)


def _file_is_gone(services: Services, path: str, document: Document | None) -> None:
    if document is not None and not document.is_final:
        fail(services, document, "DocumentGone", f"{path} was deleted before it was read; drop it again.")
    log("file_gone", path, document.etag if document else "")
