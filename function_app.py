"""Forms to Tables: a file dropped into `documents` becomes rows in Table Storage.

    documents/<folder>/<file>
        | blob trigger
    submit_document  --> the service: analyze          resubmit_document <-- queue `submissions`
        |                                              (the same step, delayed)
    queue `operations`, hidden until an answer is likely
        |
    poll_operation   --> the service: result           ("not yet" goes back to the queue with a delay)
        | result JSON to `results`
    queue `results`
        |
    store_fields     --> tables Fields, Records, Documents

What fails five times ends in a poison queue, and record_failure_of_* ends its document as `failed`; every hour
reconcile_documents looks for what was lost on the way. Nothing is decided here: each trigger leads to its step.
docs/how-a-document-moves.md has the whole story.
"""

from __future__ import annotations

import os
from datetime import timedelta

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob

from shared.messages import Operation, Result, Submission
from shared.names import (
    BLOB_TRIGGER_POISON_QUEUE,
    CONNECTION,
    DOCUMENTS_CONTAINER,
    OPERATIONS_POISON_QUEUE,
    OPERATIONS_QUEUE,
    RESULTS_POISON_QUEUE,
    RESULTS_QUEUE,
    SUBMISSIONS_POISON_QUEUE,
    SUBMISSIONS_QUEUE,
)
from shared.services import services
from shared.settings import read_settings
from shared.steps import failure, poll, reconcile, store, submit

app = func.FunctionApp()
RECONCILING = timedelta(minutes=5)
"""Well within `functionTimeout`, at which the host restarts the worker and all its runs; the next hour goes on."""

source = func.BlobSource(read_settings(os.environ).trigger_source)


@app.blob_trigger("document", f"{DOCUMENTS_CONTAINER}/{{name}}", CONNECTION, source=source)
def submit_document(document: blob.BlobClient) -> None:
    """A file was dropped: have it read."""
    submit.submit_document(services(), Submission(document.blob_name, etag=""))


@app.queue_trigger("message", SUBMISSIONS_QUEUE, CONNECTION)
def resubmit_document(message: func.QueueMessage) -> None:
    """A submission was put off until now: the same step again."""
    submit.submit_document(services(), Submission.decode(message.get_body()))


@app.queue_trigger("message", OPERATIONS_QUEUE, CONNECTION)
def poll_operation(message: func.QueueMessage) -> None:
    """An answer is likely: ask for it."""
    poll.poll_operation(services(), Operation.decode(message.get_body()))


@app.queue_trigger("message", RESULTS_QUEUE, CONNECTION)
def store_fields(message: func.QueueMessage) -> None:
    """A result is there: write its rows."""
    store.store_fields(services(), Result.decode(message.get_body()))


@app.queue_trigger("message", BLOB_TRIGGER_POISON_QUEUE, CONNECTION)
def record_failure_of_submission(message: func.QueueMessage) -> None:
    """The blob trigger failed five times."""
    _record_failure("submitting", BLOB_TRIGGER_POISON_QUEUE, message)


@app.queue_trigger("message", SUBMISSIONS_POISON_QUEUE, CONNECTION)
def record_failure_of_resubmission(message: func.QueueMessage) -> None:
    """A message in `submissions` failed five times."""
    _record_failure("submitting", SUBMISSIONS_POISON_QUEUE, message)


@app.queue_trigger("message", OPERATIONS_POISON_QUEUE, CONNECTION)
def record_failure_of_polling(message: func.QueueMessage) -> None:
    """A message in `operations` failed five times."""
    _record_failure("polling", OPERATIONS_POISON_QUEUE, message)


@app.queue_trigger("message", RESULTS_POISON_QUEUE, CONNECTION)
def record_failure_of_storing(message: func.QueueMessage) -> None:
    """A message in `results` failed five times."""
    _record_failure("storing", RESULTS_POISON_QUEUE, message)


def _record_failure(doing: str, queue: str, message: func.QueueMessage) -> None:
    failure.record_failure(services(), doing, queue, message.id or "", message.get_body())


@app.timer_trigger("timer", "0 0 * * * *")
def reconcile_documents(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding's name
    """Every hour: what was lost on the way is found and sent on."""
    for _ in reconcile.reconcile_documents(services(), within=RECONCILING):
        pass
