"""Submit: check a file, claim it, and have the service read it. One paid call, made by one run."""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError, ResourceModifiedError, ResourceNotFoundError

from shared import backoff
from shared.documents import (
    Document,
    accepted,
    analyzed,
    claimed,
    discovered,
    is_overdue,
    next_message,
    paused,
    resumed,
    waiting,
)
from shared.errors import FormsError, Later, Misconfigured, Never, RowChanged
from shared.inspection import inspect
from shared.logs import log
from shared.messages import Operation, Result, Submission
from shared.models import Reader, choose_reader
from shared.recognizer.analysis import start_analysis
from shared.recognizer.refusals import NO_MODEL
from shared.steps.failure import delete_outdated_rows, fail, give_up, recording_errors
from shared.steps.outcome import log_outcome, seconds_between
from shared.storage.blobs import GONE, HELD_BYTES, Content

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from shared.services import Services


MOST_STOPPED = 5
"""So many runs in a row that stopped, claim in hand, end the document."""


def submit_document(services: Services, message: Submission) -> None:
    """Submits the file in `message` as it is now, unless that was done, is being done, or can't be.

    However often it is called for one content, the service is asked to read it once, unless an answer left open
    whether it had begun. A message without an ETag is the blob trigger's: as a rule its file is new.
    """
    if message.etag or not _submit_as_new(services, message.path):
        _submit_from_its_row(services, message)


def _submit_as_new(services: Services, path: str) -> bool:
    """Tries to submit a file that has no row, and creates that; False when it has one, is large, or storage fails.

    Nothing is known about the row so far: what an error means for the document is left to who reads that first. A large
    file would be read to its end before its row is found to be there.
    """
    try:
        content = Content(services.files.get_blob_client(path))
    except HttpResponseError:
        return False
    if content.size > HELD_BYTES:
        return False
    document = discovered(path, content.etag, content.size, None)
    claim = uuid.uuid4().hex
    with recording_errors(services, document, "submitting", claim):
        try:
            _submit(services, document, content, Submission(path, content.etag), claim)
        except (RowChanged, AzureError):
            return False
    return True


def _submit_from_its_row(services: Services, message: Submission) -> None:
    # First the row, then the file: should newer content come between the two, the row's ETag stops this run.
    previous = services.documents.read(message.path)
    content = _open(services, message.path, previous)
    document = discovered(message.path, content.etag, content.size, previous) if content is not None else previous
    if document is None:
        log("file_gone", message.path, message.etag)
        return
    if message.etag != document.etag:
        message = Submission(document.path, document.etag)
    claim = uuid.uuid4().hex
    with recording_errors(services, document, "submitting", claim):
        try:
            if _go_on_from_where_it_stands(services, document, message):
                return
            if content is None:
                reason = f"{document.path} was deleted before it was read; drop it again."
                fail(services, document, "DocumentGone", reason)
            else:
                _submit(services, document, content, message, claim)
        except RowChanged:
            log("submission_superseded", document.path, document.etag)
            services.queues.send(message, delay=backoff.LEAST_SECONDS)


def _open(services: Services, path: str, previous: Document | None) -> Content | None:
    blob = services.files.get_blob_client(path)
    try:
        return Content(blob)
    except ResourceNotFoundError:
        return None
    except HttpResponseError:
        # It is there and can't be read, such as one in the archive tier: its row says so.
        properties = blob.get_blob_properties()
        unreadable = discovered(path, str(properties.etag).strip('"'), properties.size, previous)
        with recording_errors(services, unreadable, "submitting"):
            raise


def _go_on_from_where_it_stands(services: Services, document: Document, message: Submission) -> bool:
    """Whether this content needs no submission by this run: a late duplicate only makes sure that it moves on.

    A claim or a wait is respected by every message about the document, so that there is one POST at a time.
    """
    now = services.now()
    if document.is_final:
        log("already_final", document.path, document.etag, status=document.status)
        delete_outdated_rows(services, document)
    elif document.status in ("analyzing", "storing"):
        delay = max(_seconds_until(document.next_try_at or now, now), backoff.LEAST_SECONDS)
        services.queues.send(next_message(document), delay=delay)
    elif document.claimed_until is not None and document.is_claimed(now):
        stopped = replace(message, stopped=message.stopped + 1)
        services.queues.send(stopped, delay=_seconds_until(document.claimed_until, now))
    elif document.next_try_at is not None and document.next_try_at > now:
        services.queues.send(replace(message, stopped=0), delay=_seconds_until(document.next_try_at, now))
    else:
        return False
    return True


def _seconds_until(when: datetime, now: datetime) -> int:
    return math.ceil((when - now).total_seconds()) + 1


def _submit(services: Services, document: Document, content: Content, message: Submission, claim: str) -> None:
    try:
        reader = choose_reader(document.path, services.models, services.settings, services.now())
        if reader is None:
            _wait_for_model(services, document, message)
        elif document.claim and message.stopped >= MOST_STOPPED:
            give_up(services, document, "submitting")
        elif is_overdue(document, services.settings.analysis_deadline, services.now()):
            fail(services, document, "DeadlineExceeded", _too_late(services, document.error_message or "none"))
        else:
            seen = inspect(content, reader.api_version, services.settings.tier)
            kind, digest = seen.content_type, content.sha256()
            known = replace(document, content_type=kind, content_hash=digest, pages=seen.pages)
            if message.again or not _reuse(services, known, reader, content.dropped_at):
                _claim_and_post(services, known, content, reader, message, claim)
    except Never as error:
        fail(services, document, error.code, str(error))
    except ResourceModifiedError:
        raise RowChanged(f"{document.path} was replaced while it was read.") from None


def _reuse(services: Services, document: Document, reader: Reader, dropped_at: datetime | None) -> bool:
    """Whether the same bytes were read by the same model before: then that result is stored for this file too."""
    if not services.settings.reuse_results or document.content_hash is None:
        return False
    result_blob = services.contents.find(document.content_hash, reader.api_version, reader.model_id)
    if result_blob is None or not services.results.exists(result_blob):
        return False
    read_by = replace(document, model=reader.name, model_id=reader.model_id, api_version=reader.api_version)
    written = services.documents.write(analyzed(read_by, result_blob, services.now()))
    log_outcome("result_reused", written, seconds=seconds_between(dropped_at, written.analyzed_at))
    services.queues.send(Result(document.path, document.etag))
    return True


def _claim_and_post(
    services: Services, document: Document, content: Content, reader: Reader, message: Submission, claim: str
) -> None:
    first_poll_in = backoff.first_poll(services.timings.typical(reader.name, reader.model_id), services.dice)
    mine = services.documents.write(claimed(document, reader, claim, services.now()))
    content_type = mine.content_type or ""
    # Right before the call: whatever came between would let calls bunch together again.
    services.pace.wait()
    try:
        operation_url = start_analysis(services.recognizer, reader.api_version, reader.model_id, content_type, content)
    except Never as error:
        if error.code in NO_MODEL:
            services.models.forget(reader.name)
        if error.code in NO_MODEL and document.error_code != error.code:
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
        until_mended = paused(mine, services.now())
        _put_off(services, until_mended, error, message, backoff.WAIT_FOR_CONFIGURATION, refused=True)
    else:
        mine = _accept(services, mine, operation_url, claim, first_poll_in)
        dropped = seconds_between(content.dropped_at, mine.submitted_at)
        log_outcome("document_submitted", mine, wait=first_poll_in, seconds=dropped, pages=mine.pages)
        services.queues.send(Operation(mine.path, mine.etag, operation_url), delay=first_poll_in)


def _accept(services: Services, mine: Document, operation_url: str, claim: str, delay: int) -> Document:
    now = services.now()
    next_try_at = now + timedelta(seconds=delay)
    while True:
        try:
            return _write_accepted(services, mine, claim, lambda row: accepted(row, operation_url, now, next_try_at))
        except AzureError as error:
            # It is paid for and nobody else knows where its result will be. The SDK has waited between its own tries.
            if _is_refused(error) or not mine.is_claimed(services.now()):
                raise


def _write_accepted(services: Services, mine: Document, claim: str, after: Callable[[Document], Document]) -> Document:
    """Whatever else was written there: while the claim on the row is ours, so is the operation."""
    try:
        return services.documents.write(after(mine))
    except RowChanged:
        current = services.documents.read(mine.path)
        if current is None or (current.etag, current.claim) != (mine.etag, claim):
            log("operation_abandoned", mine.path, mine.etag, level="warning")
            raise
        return services.documents.write(after(current))


def _is_refused(error: AzureError) -> bool:
    """Whether storage said no, and not that it can't at the moment."""
    status = error.status_code if isinstance(error, HttpResponseError) else None
    return status is not None and 400 <= status < 500 and status not in (408, 429)  # noqa: PLR2004


def _try_later(services: Services, document: Document, error: Later, message: Submission) -> None:
    document = resumed(document, services.now())
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
    written = services.documents.write(waiting(document, why.code, str(why), next_try_at, refused=refused))
    tried = seconds_between(document.submitted_at, services.now())
    log_outcome("submission_put_off", written, level="warning", wait=delay, seconds=tried, code=why.code)
    services.queues.send(replace(message, stopped=0), delay=delay)
