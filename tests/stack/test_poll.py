"""Poll: "not yet" goes back to the queue, a result goes into a blob, and no message outlives its document."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from shared.documents import back_to_waiting
from shared.messages import Operation
from shared.recognizer.analysis import Answer, get_result
from shared.steps import poll
from shared.steps.poll import poll_operation
from tests.stack.app import App, a_pdf, make_app
from tests.stack.scripted_service import ScriptedService, scripted_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.settings import StorageConnection

RUNNING = {"status": "running", "createdDateTime": "2026-01-01T00:00:00Z", "analyzeResult": None}
SUCCEEDED = {"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": [{"page": 1, "unit": "inch"}]}}


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose answers the test writes."""
    with scripted_service() as service:
        service.will_answer((200, RUNNING))
        yield service


@pytest.fixture
def app(storage: StorageConnection, service: ScriptedService) -> App:
    """A worker of that service, with empty queues."""
    app = make_app(storage, service.url, "key")
    app.forget_messages()
    return app


@pytest.fixture
def path(app: App, unique: Callable[[str], str]) -> str:
    """A file that the service accepted."""
    path = f"{unique('folder')}/a.pdf"
    app.drop(path, a_pdf(path))
    app.submit(path)
    app.forget_messages()
    return path


def test_not_yet_is_no_error(app: App, path: str) -> None:
    """The next question is queued with the next number, the row says when, and no fault is counted."""
    app.poll(path)

    document = app.document(path)
    assert (document.status, document.polls, document.error_code) == ("analyzing", 1, None)
    assert document.next_try_at is not None
    assert document.next_try_at > app.services.now()
    assert app.queued() == {"submissions": 0, "operations": 1, "results": 0}


def test_a_result_is_kept_whole_and_the_rows_are_asked_for(app: App, service: ScriptedService, path: str) -> None:
    """The blob holds the bytes the service sent; one message waits for `store_fields`."""
    body = b'{ "status":"succeeded",\n"analyzeResult": {"version":"2.1.0","readResults":[]} }'
    service.will_answer((200, body))

    app.poll(path)

    document = app.document(path)
    assert (document.status, document.polls) == ("storing", 1)
    result = app.services.results.open(document.result_blob or "")
    assert result is not None
    assert result.read() == body
    assert app.queued() == {"submissions": 0, "operations": 0, "results": 1}


def test_a_result_larger_than_a_block_is_kept_whole(app: App, service: ScriptedService, path: str) -> None:
    """Eleven mebibytes go through in pieces and come out as they were."""
    body = b'{"status":"succeeded","analyzeResult":{"readResults":[],"padding":"' + b"x" * 11 * 1024 * 1024 + b'"}}'
    service.will_answer((200, body))

    app.poll(path)

    result = app.services.results.open(app.document(path).result_blob or "")
    assert result is not None
    assert b"".join(iter(lambda: result.read(1024 * 1024), b"")) == body


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        ({"status": "failed", "analyzeResult": {"version": None, "readResults": None,
          "errors": [{"code": "2005", "message": "Unable to read file."}]}}, "2005", "Unable to read file."),
        ({"status": "failed", "error": {"code": "InvalidRequest", "message": "Invalid request.",
          "innererror": {"code": "InvalidContent", "message": "The file is corrupted."}}},
         "InvalidContent", "The file is corrupted."),
        ({"status": "failed"}, "AnalysisFailed", "gave no reason"),
    ],
    ids=["v2", "later", "no reason"],
)  # fmt: skip
def test_a_failed_analysis_ends_the_document_with_the_service_words(
    app: App, service: ScriptedService, path: str, failure: dict[str, Any], code: str, words: str
) -> None:
    """`failed`, with the innermost code and message; no more questions."""
    service.will_answer((200, failure))

    app.poll(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("failed", code)
    assert words in (document.error_message or "")
    assert app.queued() == {"submissions": 0, "operations": 0, "results": 0}


def test_polling_twice_on_one_message_leaves_one_chain(app: App, service: ScriptedService, path: str) -> None:
    """A redelivered message is dropped without a question once its poll was counted."""
    document = app.document(path)
    message = Operation(path, document.etag, document.operation_url or "", 0)

    poll_operation(app.services, message)
    poll_operation(app.services, message)

    assert len(service.gets) == 1
    assert app.document(path).polls == 1


def test_a_run_that_stopped_before_it_queued_the_result_is_made_up_for(
    app: App, service: ScriptedService, path: str
) -> None:
    """The redelivered message, still with its old number, asks for the rows of a document that is `storing`."""
    service.will_answer((200, SUCCEEDED))
    document = app.document(path)
    message = Operation(path, document.etag, document.operation_url or "", document.polls)
    poll_operation(app.services, message)
    app.forget_messages()

    poll_operation(app.services, message)

    assert app.queued()["results"] == 1
    assert len(service.gets) == 1


def test_a_question_that_overtakes_the_row_of_the_one_before_is_asked_again(
    app: App, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run before it was slow to write its row, and so took away the ETag: the chain goes on here, or nowhere."""
    document = app.document(path)
    operation_url = document.operation_url or ""

    def overtaken(*arguments: Any) -> Answer:  # noqa: ANN401
        app.services.documents.write(replace(document, polls=1))
        return get_result(*arguments)

    monkeypatch.setattr(poll, "get_result", overtaken)

    poll_operation(app.services, Operation(path, document.etag, operation_url, polls=1))
    monkeypatch.undo()
    app.forget_messages()

    poll_operation(app.services, Operation(path, document.etag, operation_url, polls=1))

    assert app.document(path).polls == 2
    assert app.queued()["operations"] == 1


def test_a_late_question_sends_a_document_that_went_back_on_its_way(app: App, path: str) -> None:
    """Its new submission came before its row said so, found it `analyzing` and turned into this question."""
    document = app.document(path)
    message = Operation(path, document.etag, document.operation_url or "")
    app.services.documents.write(back_to_waiting(document, "ResultExpired", "", app.services.now()))

    poll_operation(app.services, message)

    assert app.queued() == {"submissions": 1, "operations": 0, "results": 0}


def test_a_message_about_older_content_is_dropped(app: App, service: ScriptedService, path: str) -> None:
    """An analysis whose content was replaced is not asked for again."""
    document = app.document(path)
    old = Operation(path, document.etag, document.operation_url or "", 0)
    service.operation_location += "2"
    app.drop(path, a_pdf("newer", path))
    app.submit(path)

    poll_operation(app.services, old)

    assert service.gets == []
    assert app.document(path).status == "analyzing"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1", "https://127.0.0.1", "http://attacker.example"])
def test_a_planted_message_gets_no_request(app: App, service: ScriptedService, path: str, origin: str) -> None:
    """The key goes to the configured endpoint only, whatever a message says."""
    app.poll(path, operation_url=f"{origin}/formrecognizer/v2.1/layout/analyzeResults/1")

    assert service.gets == []
    assert app.document(path).status == "analyzing"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408])
def test_a_fault_on_the_question_loses_no_paid_result(
    app: App, service: ScriptedService, path: str, status: int
) -> None:
    """It is asked again, nothing is submitted again, and then the result is there."""
    service.will_answer(
        (status, {"error": {"code": str(status), "message": "Please retry after 7 seconds."}}), (200, SUCCEEDED)
    )
    before = app.services.now()

    app.poll(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("analyzing", str(status))
    assert document.next_try_at is not None
    assert document.next_try_at - before >= timedelta(seconds=7)

    app.poll(path)
    assert app.document(path).status == "storing"
    assert len(service.posts) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>gateway</html>", b"", b"[]", b'{"status": "succ', b'{"analyzeResult": {}}', b"[" * 100_000],
    ids=["html", "empty", "list", "truncated", "no status", "absurdly deep"],
)
def test_five_broken_answers_in_a_row_end_as_malformed(
    app: App, service: ScriptedService, path: str, body: bytes
) -> None:
    """Four are asked again, the fifth is final; nothing incomplete was kept."""
    service.will_answer((200, body))

    for broken in range(4):
        app.poll(path, broken=broken)
        assert app.document(path).status == "analyzing"
    app.poll(path, broken=4)

    document = app.document(path)
    assert (document.status, document.error_code) == ("failed", "MalformedResult")
    assert document.result_blob is None


def test_a_rotated_key_pauses_the_document_past_its_deadline(app: App, service: ScriptedService, path: str) -> None:
    """While the key is wrong nothing fails, however long that takes; the row names the setting."""
    service.will_answer((401, {"error": {"code": "401", "message": "Access denied."}}))

    app.later(days=3).poll(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("analyzing", "401")
    assert "FORM_RECOGNIZER_KEY" in (document.error_message or "")
    assert app.queued()["operations"] == 1


def test_time_spent_waiting_for_a_mended_key_does_not_count(app: App, path: str) -> None:
    """Past the deadline only because of the pause: it is asked again, not failed."""
    app.services.documents.write(replace(app.document(path), paused_seconds=3 * 3600))

    app.later(hours=25).poll(path)
    assert app.document(path).status == "analyzing"

    app.later(hours=28).poll(path)
    assert app.document(path).error_code == "DeadlineExceeded"


def test_a_changed_endpoint_pauses_the_documents_under_way(app: App, service: ScriptedService, path: str) -> None:
    """Their results are at the old endpoint: no request goes there, and nothing is thrown away."""
    elsewhere = make_app(app.storage, service.url.replace("127.0.0.1", "localhost"), "key")

    elsewhere.poll(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("analyzing", "ForeignUrl")
    assert "FORM_RECOGNIZER_ENDPOINT" in (document.error_message or "")
    assert service.gets == []


def test_a_missing_result_is_asked_for_again_until_it_must_have_expired(
    app: App, service: ScriptedService, path: str
) -> None:
    """Young, it may yet turn up; older than a day it is submitted once more, and the row says so."""
    service.will_answer((404, {"error": {"code": "404", "message": "Resource not found."}}))

    app.poll(path)
    assert app.document(path).status == "analyzing"

    app.later(hours=25).poll(path)
    document = app.document(path)
    assert (document.status, document.error_code, document.operation_url) == ("waiting", "ResultExpired", None)

    app.later(hours=26).submit(path)
    assert app.document(path).paid_submissions == 2

    app.later(hours=52).poll(path)
    assert (app.document(path).status, app.document(path).error_code) == ("failed", "ResultExpired")


def test_a_redirect_is_not_followed(app: App, service: ScriptedService, path: str) -> None:
    """It is a wrong endpoint, not an answer."""
    service.will_answer((302, b""))

    app.poll(path)

    assert "FORM_RECOGNIZER_ENDPOINT" in (app.document(path).error_message or "")
    assert len(service.gets) == 1


def test_a_missing_result_does_not_outlive_a_short_deadline(app: App, service: ScriptedService, path: str) -> None:
    """A young 404 is asked again like any fault, until `ANALYSIS_DEADLINE`; it is no pause."""
    service.will_answer((404, {"error": {"code": "404", "message": "Resource not found."}}))
    short = make_app(app.storage, service.url, "key", ANALYSIS_DEADLINE="600")

    short.later(hours=1).poll(path)

    assert (short.document(path).status, short.document(path).error_code) == ("failed", "DeadlineExceeded")
