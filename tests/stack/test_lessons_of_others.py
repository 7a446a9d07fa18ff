"""Mistakes that were found in the source of other systems of this kind: fourteen, each a test that we don't make it."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
import requests
from azure.storage.queue import QueueClient

from local.host.listener import decoded
from local.host.options import read_options
from shared.messages import Operation, Result, Submission
from shared.names import RESULTS_POISON_QUEUE, SUBMISSIONS_POISON_QUEUE, SUBMISSIONS_QUEUE
from shared.steps.failure import record_failure
from shared.steps.poll import poll_operation
from shared.steps.submit import submit_document
from tests.stack.app import App, a_pdf, accepted_times, add_fault, make_app, sha256
from tests.stack.scripted_service import ScriptedService, pairs
from tests.stack.test_store import read_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.settings import StorageConnection
    from tests.stack.conftest import Analyzer

ROOT = Path(__file__).parents[2]
THROTTLED = {"error": {"code": "429", "message": "Requests have exceeded the call rate limit."}}


@pytest.mark.parametrize("asking", ["for an analysis", "for its result"])
def test_1_a_retry_counter_written_under_one_name_and_read_under_another(
    app: App, service: ScriptedService, path: str, monkeypatch: pytest.MonkeyPatch, asking: str
) -> None:
    """So the delay never grew. Ours does, from message to message as they stand in the queue."""
    sent: list[tuple[Submission | Operation, int]] = []
    app.drop(path, a_pdf("backoff", path))
    if asking == "for its result":
        app.submit(path)
        service.will_answer((429, THROTTLED))
        message: Submission | Operation = Operation(
            path, app.document(path).etag, app.document(path).operation_url or ""
        )
    else:
        service.will_refuse(429, THROTTLED)
        message = Submission(path, "")
    monkeypatch.setattr(app.services.queues, "send", lambda message, delay=0: sent.append((message, delay)))

    for hour in range(5):
        later = app.later(hours=hour).services
        if isinstance(message, Operation):
            poll_operation(later, Operation.decode(message.encode().encode()))
        else:
            submit_document(later, Submission.decode(message.encode().encode()))
        message = sent[-1][0]

    delays = [delay for _, delay in sent]
    assert len(delays) == 5
    assert all(2 * one <= 1.2 * other for one, other in pairwise(delays)), delays


@pytest.mark.parametrize("status", ["notStarted", "running", "Running", "queued by a later version"])
def test_2_any_status_but_two_submitted_again(app: App, service: ScriptedService, path: str, status: str) -> None:
    """So `notStarted` was billed again. Only `succeeded` and `failed` end an analysis; the rest is asked for again."""
    service.will_answer((200, {"status": status}))
    app.drop(path, a_pdf("not started", path))
    app.submit(path)

    app.poll(path)

    assert app.document(path).status == "analyzing"
    assert len(service.posts) == 1


def test_3_exceptions_swallowed(app: App, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So nothing ever reached a poison queue. Ours is on the row, and raised for the host to count."""
    app.drop(path, a_pdf("swallowed", path))
    app.submit(path)
    monkeypatch.setattr(app.services.results, "stage", _no_room)

    with pytest.raises(OSError, match="No room"):
        app.poll(path)

    assert app.document(path).error_message == f"Polling {path} ended in OSError: No room."


def _no_room(_: str) -> None:
    raise OSError("No room.")


@pytest.mark.parametrize("spelled", ["failed", "Failed", "FAILED"])
def test_4_failed_compared_with_another_spelling(app: App, service: ScriptedService, path: str, spelled: str) -> None:
    """So failed documents were polled for ever."""
    service.will_answer((200, {"status": spelled, "error": {"code": "InvalidRequest", "message": "No form."}}))
    app.drop(path, a_pdf("spelling", path))
    app.submit(path)
    app.forget_messages()

    app.poll(path)

    assert (app.document(path).status, app.document(path).error_code) == ("failed", "InvalidRequest")
    assert app.queued() == {"submissions": 0, "operations": 0, "results": 0}


def test_5_a_random_row_key(app: App, service: ScriptedService, path: str) -> None:
    """So a rerun doubled the rows. Ours writes the same rows again."""
    read_by(app, service, path, pairs(("A", "1"), ("B", "2")))
    app.store(path)
    before = (app.document(path), app.fields(path), app.records(path))

    app.store(path)

    assert (app.document(path), app.fields(path), app.records(path)) == before


def test_6_all_words_in_one_property(app: App, service: ScriptedService, path: str) -> None:
    """Over 64 KB, so no row was written. We keep 32,767 units; the whole value stands in the result's blob."""
    read_by(app, service, path, pairs(("Long", "😀" * 20_000)))

    app.store(path)

    (row,) = app.fields(path)
    assert row["Truncated"] is True
    assert row["Text"] == "😀" * 16_383


def test_7_a_poll_timeout_that_submitted_again(app: App, service: ScriptedService, path: str) -> None:
    """Six paid tries. Ours asks until the deadline, a day after acceptance, and then is `failed`: paid once."""
    service.will_answer((200, {"status": "running"}))
    app.drop(path, a_pdf("never ends", path))
    app.submit(path)
    app.later(hours=23).poll(path)
    assert app.document(path).status == "analyzing"

    app.later(hours=25).poll(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("failed", "DeadlineExceeded")
    assert len(service.posts) == 1


def test_8_results_named_by_file_name_alone(app: App, service: ScriptedService, unique: Callable[[str], str]) -> None:
    """So two folders collided. Each of ours has its own result and its own rows."""
    one, other = f"{unique('folder')}/a.pdf", f"{unique('folder')}/a.pdf"
    read_by(app, service, one, pairs(("A", "of one")))
    service.operation_location += "2"
    read_by(app, service, other, pairs(("A", "of the other")))

    app.store(one)
    app.store(other)

    assert app.document(one).result_blob != app.document(other).result_blob
    assert [row["Text"] for row in app.fields(one)] == ["of one"]
    assert [row["Text"] for row in app.fields(other)] == ["of the other"]


BLANK = {
    "without a pair": pairs(),
    "without anything": {"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": []}},
    "of nulls": {
        "status": "succeeded",
        "analyzeResult": {"version": "2.1.0", "readResults": [], "pageResults": None, "documentResults": None},
    },
    "later": {
        "status": "succeeded",
        "analyzeResult": {"apiVersion": "2023-07-31", "modelId": "prebuilt-layout", "content": "", "pages": []},
    },
}


@pytest.mark.parametrize("answer", BLANK.values(), ids=BLANK)
def test_9_a_blank_page_that_crashed_the_reader(
    app: App, service: ScriptedService, path: str, answer: dict[str, Any]
) -> None:
    """And was paid for five times. It is a success without values, and still one row per file."""
    read_by(app, service, path, answer)

    app.store(path)

    assert (app.document(path).status, app.document(path).field_count) == ("succeeded", 0)
    assert (len(app.records(path)), len(service.posts)) == (1, 1)


def test_10_a_late_duplicate_that_turned_a_success_into_a_failure(
    app: App, service: ScriptedService, path: str
) -> None:
    """Poison about older content, or about a document that is final, changes nothing."""
    app.drop(path, a_pdf("final", path))
    app.submit(path)
    older = Submission(path, "0x1").encode().encode()
    before = app.document(path)
    record_failure(app.services, "submitting", SUBMISSIONS_POISON_QUEUE, "3", older)
    assert app.document(path) == before

    app.poll(path)
    app.store(path)
    done = app.document(path)
    record_failure(app.services, "storing", RESULTS_POISON_QUEUE, "4", Result(path, done.etag).encode().encode())
    assert app.document(path) == done
    assert (done.status, len(service.posts)) == ("succeeded", 1)


def test_11_new_content_served_from_the_old_result(app: App, service: ScriptedService, path: str) -> None:
    """Because the file had the same name. Ours is read anew, and its rows take the place of the old ones."""
    app = make_app(app.storage, service.url, "key")
    read_by(app, service, path, pairs(("A", "old"), ("B", "old")))
    app.store(path)
    etag = read_by(app, service, path, pairs(("A", "new")))

    app.store(path)

    assert [(row["ETag"], row["Text"]) for row in app.fields(path)] == [(etag, "new")]
    assert [row["A"] for row in app.records(path)] == ["new"]
    assert len(service.posts) == 2


def test_12_base64_on_one_side_of_a_queue_only(app: App, path: str) -> None:
    """So every message was poison. What we send, the host decodes as `host.json` says, and the step understands."""
    message = Submission(path, "0x1")
    app.services.queues.send(message)

    with QueueClient.from_connection_string(app.storage.connection_string, SUBMISSIONS_QUEUE) as queue:
        (stored,) = queue.receive_messages()
    body = decoded(str(stored.content), read_options(ROOT / "host.json", {}).queues.encoding)

    assert Submission.decode(body) == message


def test_13_throttling_of_a_question_that_lost_a_paid_result(
    storage: StorageConnection, analyzer: Analyzer, unique: Callable[[str], str]
) -> None:
    """Over the real wire: a 429 on a GET, then the result, one accepted call in all."""
    app, path = make_app(storage, analyzer.url, analyzer.key), f"{unique('folder')}/a.pdf"
    content = a_pdf("throttled question", path)
    app.drop(path, content)
    app.submit(path)
    add_fault(analyzer.url, on="result", kind="throttle", times=1)

    app.poll(path)
    requests.delete(f"{analyzer.url}/_analyzer/faults", timeout=10).raise_for_status()

    assert app.document(path).error_code == "429"
    for _ in range(600):
        app.poll(path)
        if app.document(path).status == "storing":
            break
    assert app.document(path).status == "storing"
    assert accepted_times(analyzer.url, content) == 1


def test_14_results_silently_cut_at_two_pages(app: App, service: ScriptedService, path: str) -> None:
    """By the free tier. Ours succeeds with a warning, and is not reused."""
    service.will_answer((200, pairs(("A", "1"))))
    three = _pages(3)
    app.drop(path, three)
    app.submit(path)
    assert app.document(path).pages == 3
    app.poll(path)

    app.store(path)

    document = app.document(path)
    assert (document.status, document.error_code, document.pages) == ("succeeded", "PartialResult", 1)
    assert "1 of 3 pages" in (document.error_message or "")
    assert app.services.contents.find(sha256(three), "2.1", "prebuilt-layout") is None


def _pages(count: int) -> bytes:
    """A PDF of so many empty pages."""
    writer = pypdf.PdfWriter()
    for _ in range(count):
        writer.add_blank_page(200, 200)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()
