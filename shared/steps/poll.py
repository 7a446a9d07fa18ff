"""Poll: ask how an analysis stands; "not yet" goes back to the queue with a delay, a result goes into a blob."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from shared import backoff
from shared.documents import Document, analyzed, asked, is_overdue, paused, resumed
from shared.errors import FormsError, Later, MalformedResult, Misconfigured, Never, NotThere, RowChanged
from shared.logs import log
from shared.messages import Operation, Result
from shared.recognizer.analysis import Answer, get_result
from shared.recognizer.http import FOREIGN_URL
from shared.steps.failure import fail, leave_to_others, recording_errors, submit_anew
from shared.steps.outcome import log_outcome, seconds_between

if TYPE_CHECKING:
    from shared.services import Services

MOST_BROKEN = 5
"""So many answers in a row that are not what the service promises end the document as `MalformedResult`."""

RESULTS_LIVE = timedelta(hours=24)
"""How long the service keeps a result."""


def poll_operation(services: Services, message: Operation) -> None:
    """Asks once for the operation in `message`, if it is still the one chain of polls of the file's newest content."""
    document = services.documents.read(message.path)
    if document is None or not _is_current(document, message):
        log("poll_dropped", message.path, message.etag, polls=message.polls)
        if document is not None:
            leave_to_others(services, document)
        return
    with recording_errors(services, document, "polling"):
        try:
            _poll(services, document, message)
        except RowChanged:
            # Perhaps by the question before this one, which was slow to write its row: then the chain goes on here.
            log("poll_superseded", document.path, document.etag, polls=message.polls)
            services.queues.send(message, delay=backoff.LEAST_SECONDS)


def _is_current(document: Document, message: Operation) -> bool:
    if document.etag != message.etag or document.operation_url != message.operation_url:
        return False
    return document.status == "storing" or (document.status == "analyzing" and document.polls <= message.polls)


def _poll(services: Services, document: Document, message: Operation) -> None:
    if document.status == "storing":
        services.queues.send(Result(document.path, document.etag))
        return
    staged = services.results.stage(result_name(document))
    try:
        answer = get_result(services.recognizer, message.operation_url, staged.write)
    except NotThere as error:
        _result_is_missing(services, document, message, error)
    except MalformedResult as error:
        _count_broken(services, document, message, error)
    except Later as error:
        delay = backoff.after_fault(message.faults, error.retry_after, services.dice)
        _ask_again(services, document, message, delay, error=error)
    except Misconfigured as error:
        if error.code == FOREIGN_URL and not _may_be_there(services, document):
            _submit_once_more(services, document)
        else:
            _ask_again(services, document, message, backoff.WAIT_FOR_CONFIGURATION, error=error)
    except Never as error:
        fail(services, document, error.code, str(error))
    else:
        if answer.status == "succeeded":
            staged.commit()
        _go_by(services, document, message, answer)


def _go_by(services: Services, document: Document, message: Operation, answer: Answer) -> None:
    waited = (services.now() - (document.submitted_at or services.now())).total_seconds()
    if answer.status == "failed":
        fail(services, document, answer.code, answer.message)
    elif answer.status == "pending":
        delay = backoff.next_poll(waited, answer.retry_after, services.dice)
        _ask_again(services, document, message, delay)
    else:
        asked_last = replace(document, polls=message.polls + 1)
        written = services.documents.write(analyzed(asked_last, result_name(document), services.now()))
        log_outcome("document_analyzed", written, seconds=waited)
        services.queues.send(Result(document.path, document.etag))
        took = backoff.seconds_taken(answer.took, waited, message.polls)
        services.timings.learn(document.model or "", document.model_id or "", took)


def result_name(document: Document) -> str:
    """The blob in `results` that holds what this model of this API version read in this content."""
    return f"{document.key}/{document.etag}/{document.api_version}-{document.model_id}.json"


def _ask_again(
    services: Services,
    document: Document,
    message: Operation,
    delay: int,
    *,
    error: FormsError | None = None,
    broken: int = 0,
) -> None:
    """First the next message, then the row: a crash between the two makes a duplicate, which dies at its next step."""
    now, deadline = services.now(), services.settings.analysis_deadline
    is_paused = isinstance(error, Misconfigured)
    document = paused(document, now) if is_paused else resumed(document, now)
    if not is_paused and is_overdue(document, deadline, now):
        reason = f"No result within {deadline} s. The last answer: {error or 'not yet'}"
        fail(services, document, "DeadlineExceeded", reason)
        return
    polls = message.polls + 1
    faults = message.faults + 1 if error else 0
    services.queues.send(replace(message, polls=polls, faults=faults, broken=broken), delay=delay)
    next_try_at = services.now() + timedelta(seconds=delay)
    written = services.documents.write(asked(document, polls, next_try_at, (error.code, str(error)) if error else None))
    waited, code = seconds_between(document.submitted_at, now), error.code if error else None
    log_outcome("poll_put_off", written, level="warning" if error else "info", wait=delay, seconds=waited, code=code)


def _count_broken(services: Services, document: Document, message: Operation, error: MalformedResult) -> None:
    broken = message.broken + 1
    if broken >= MOST_BROKEN:
        fail(services, document, error.code, f"{error} That is so for {broken} answers in a row.")
        return
    delay = backoff.after_fault(message.faults, error.retry_after, services.dice)
    _ask_again(services, document, message, delay, error=error, broken=broken)


def _result_is_missing(services: Services, document: Document, message: Operation, error: NotThere) -> None:
    if _may_be_there(services, document):
        delay = backoff.after_fault(message.faults, None, services.dice)
        _ask_again(services, document, message, delay, error=Later(error.code, str(error)))
    else:
        _submit_once_more(services, document)


def _may_be_there(services: Services, document: Document) -> bool:
    """A result is kept for a day: before that it may yet turn up, after that it must be paid for again."""
    return services.now() - (document.submitted_at or services.now()) <= RESULTS_LIVE


def _submit_once_more(services: Services, document: Document) -> None:
    reason = "The service keeps a result for a day, and nobody fetched it in time"
    if document.expired_results:
        fail(services, document, "ResultExpired", f"{reason}, and that for the second time.")
    else:
        once = replace(document, expired_results=1)
        submit_anew(services, once, "ResultExpired", f"{reason}; it is submitted once more.")
