"""Submit: check a file, claim it, and have the service read it. One paid call, made by one run."""

from __future__ import annotations

import math
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError

from shared import backoff
from shared.documents import Document, accepted, analyzed, claimed, discovered, waiting
from shared.errors import Later, Misconfigured, Never, RowChanged
from shared.inspection import content_type_of
from shared.logs import log
from shared.messages import Operation, Result, Submission
from shared.models import Reader, choose_reader
from shared.recognizer.analysis import start_analysis
from shared.steps.failure import fail, recorded
from shared.storage.blobs import GONE, Content

if TYPE_CHECKING:
    from shared.services import Services


def submit_document(services: Services, path: str, tries: int = 0) -> None:
    """Submits the file `path` as it is now, unless that was done, is being done, or can't be.

    `tries` is how often it was put off before. However often it is called for one content, the service is asked to
    read it once, unless an answer left open whether it had begun.
    """
    try:
        content = Content(services.files.get_blob_client(path))
    except ResourceNotFoundError:
        _file_is_gone(services, path)
        return
    document = discovered(path, content.etag, content.size, services.documents.read(path))
    with recorded(services, path, content.etag, "submitting"):
        if not _go_on_from_where_it_stands(services, document, tries):
            _submit(services, document, content, tries)


def resubmit_document(services: Services, message: Submission) -> None:
    """Submits the file of a submission that was put off until now, as the file is now."""
    submit_document(services, message.path, message.tries)


def _go_on_from_where_it_stands(services: Services, document: Document, tries: int) -> bool:
    """Whether this content needs no submission by this run: a late duplicate only makes sure that it moves on."""
    now = services.now()
    if document.is_final:
        log("already_final", document.path, document.etag, status=document.status)
    elif document.status == "storing":
        services.queues.send(Result(document.path, document.etag))
    elif document.operation_url:
        again = Operation(document.path, document.etag, document.operation_url, document.polls)
        services.queues.send(again, delay=backoff.LEAST)
    elif document.is_claimed(now):
        left = math.ceil((document.claimed_until - now).total_seconds()) if document.claimed_until else 0
        services.queues.send(Submission(document.path, document.etag, tries), delay=left + 1)
    else:
        return False
    return True


def _submit(services: Services, document: Document, content: Content, tries: int) -> None:
    try:
        reader = choose_reader(document.path, services.models, services.settings)
        content_type = content_type_of(content)
        document = replace(document, content_type=content_type, content_hash=content.sha256())
        if reader is None:
            _wait_for_model(services, document, tries)
        elif not _reuse(services, document, reader):
            _claim_and_post(services, document, content, reader, tries)
    except Never as error:
        fail(services, document, error.code, str(error))
    except GONE:
        fail(services, document, "DocumentGone", f"{document.path} was deleted or replaced while it was read.")
    except RowChanged:
        log("submission_superseded", document.path, document.etag)
        services.queues.send(Submission(document.path, document.etag, tries), delay=backoff.LEAST)


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


def _claim_and_post(services: Services, document: Document, content: Content, reader: Reader, tries: int) -> None:
    services.pace.wait()
    mine = services.documents.write(claimed(document, reader, uuid.uuid4().hex, services.now()))
    try:
        operation_url = start_analysis(services.service, reader, mine.content_type or "", content)
    except Never as error:
        fail(services, mine, error.code, str(error), refused=error.refused)
    except GONE:
        reason = f"{mine.path} was deleted or replaced while it was sent."
        fail(services, mine, "DocumentGone", reason, refused=True)
    except Later as error:
        _try_later(services, mine, error, tries)
    except Misconfigured as error:
        _wait_until_mended(services, mine, error, tries)
    else:
        _accept(services, mine, operation_url)


def _accept(services: Services, document: Document, operation_url: str) -> None:
    now = services.now()
    delay = backoff.first_poll(None, services.dice)
    services.documents.write(accepted(document, operation_url, now, now + timedelta(seconds=delay)))
    services.queues.send(Operation(document.path, document.etag, operation_url), delay=delay)
    log("document_submitted", document.path, document.etag, model=document.model, first_poll_in=delay)


def _try_later(services: Services, document: Document, error: Later, tries: int) -> None:
    deadline = services.settings.analysis_deadline
    begun = document.submitted_at or services.now()
    if services.now() - begun > timedelta(seconds=deadline):
        reason = f"It could not be submitted within {deadline} s; the last answer: {error}"
        fail(services, document, "DeadlineExceeded", reason, refused=error.refused)
        return
    delay = backoff.after_fault(tries, error.retry_after, services.dice)
    _put_off(services, document, error.code, str(error), delay, tries + 1, refused=error.refused)


def _wait_until_mended(services: Services, document: Document, error: Misconfigured, tries: int) -> None:
    """The document is not to blame, so the time until somebody mends the setting does not count."""
    unhurried = replace(document, submitted_at=None)
    _put_off(services, unhurried, error.code, str(error), backoff.WAIT_FOR_CONFIGURATION, tries, refused=True)


def _wait_for_model(services: Services, document: Document, tries: int) -> None:
    reason = "Its model is still being trained; it is submitted when the model is ready."
    _put_off(services, document, "ModelCreating", reason, backoff.WAIT_FOR_MODEL, tries, refused=False)


def _put_off(
    services: Services, document: Document, code: str, reason: str, delay: int, tries: int, *, refused: bool
) -> None:
    next_try_at = services.now() + timedelta(seconds=delay)
    services.documents.write(waiting(document, code, reason, next_try_at, refused=refused))
    services.queues.send(Submission(document.path, document.etag, tries), delay=delay)
    log("submission_put_off", document.path, document.etag, level="warning", code=code, delay=delay)


def _file_is_gone(services: Services, path: str) -> None:
    document = services.documents.read(path)
    if document is not None and not document.is_final:
        fail(services, document, "DocumentGone", f"{path} was deleted before it was read; drop it again.")
    log("file_gone", path, document.etag if document else "")
