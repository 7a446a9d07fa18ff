"""The log tells a document's way: what each step came to, with its model, its operation, and how long it took."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ServiceResponseError

from shared.contents import Contents
from shared.storage.queues import Queues
from tests.stack.app import a_pdf

if TYPE_CHECKING:
    from tests.stack.app import App
    from tests.stack.scripted_service import ScriptedService

EVERY = {"event", "document", "etag", "model", "operation", "polls", "wait", "seconds"}


def outcomes(caplog: pytest.LogCaptureFixture, path: str) -> list[dict[str, Any]]:
    """The lines about a document, in order."""
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "forms_to_tables"]
    return [line for line in lines if line["document"] == path]


@pytest.fixture(autouse=True)
def _info_is_seen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "forms_to_tables")


def test_the_seconds_of_the_steps_make_the_time_from_the_drop_to_the_rows(
    app: App, service: ScriptedService, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A document that was not ready when it was first asked for."""
    app.drop(path, a_pdf(path))
    service.will_answer((200, {"status": "running"}), *service.answers)
    app.submit(path)
    app.later(seconds=10).poll(path)
    app.later(seconds=20).poll(path)
    app.later(seconds=21).store(path)

    lines, document = outcomes(caplog, path), app.document(path)
    submitted, put_off, analyzed, stored = lines
    assert [line["event"] for line in lines] == [
        *("document_submitted", "poll_put_off", "document_analyzed", "document_stored")
    ]
    assert all(line.keys() >= EVERY for line in lines)
    assert {line["model"] for line in lines} == {"prebuilt-layout"}
    assert {line["operation"] for line in lines} == {(document.operation_url or "").rpartition("/")[2]}
    assert [line["polls"] for line in lines] == [0, 1, 2, 2]
    assert submitted["wait"] >= 2
    assert put_off["wait"] >= 2
    assert (analyzed["wait"], stored["wait"]) == (None, None)

    dropped_at = app.files.get_blob_client(path).get_blob_properties().last_modified
    assert document.stored_at is not None
    took = sum(line["seconds"] for line in (submitted, analyzed, stored))
    assert took == pytest.approx((document.stored_at - dropped_at).total_seconds(), abs=0.01)
    assert (stored["pages"], stored["paid"], stored["forms"], stored["fields"]) == (1, 1, 1, document.field_count)
    assert (stored["needs_review"], stored["lowest"]) == (document.needs_review, document.lowest_confidence)


def test_a_failure_and_a_delay_say_how_long_it_took_and_why(
    app: App, service: ScriptedService, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Throttled first, then accepted, then not readable."""
    app.drop(path, a_pdf(path))
    service.will_refuse(429, {"error": {"code": "429", "message": "Please retry after 3 seconds."}})
    app.submit(path)
    service.refusal = None
    app.later(seconds=60).submit(path)
    service.will_answer((200, {"status": "failed", "error": {"code": "InvalidContent", "message": "no"}}))
    app.later(seconds=70).poll(path)

    put_off, submitted, failed = outcomes(caplog, path)
    assert (put_off["event"], put_off["code"], put_off["operation"]) == ("submission_put_off", "429", None)
    assert put_off["wait"] >= 3
    assert submitted["seconds"] >= 60
    assert (failed["event"], failed["code"]) == ("document_failed", "InvalidContent")
    assert failed["seconds"] == pytest.approx(10, abs=5)
    assert (failed["pages"], failed["paid"]) == (1, 1)


def test_the_same_bytes_again_cost_nothing_and_say_so(app: App, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """`result_reused` stands in the place of `document_submitted`."""
    reusing = make_reusing(app)
    other = path.replace("a.pdf", "b.pdf")
    for one in (path, other):
        app.drop(one, a_pdf(path))
    reusing.submit(path)
    reusing.poll(path)
    reusing.store(path)
    reusing.submit(other)
    reusing.store(other)

    reused, stored = outcomes(caplog, other)
    assert (reused["event"], reused["operation"]) == ("result_reused", None)
    assert reused["seconds"] >= 0
    assert stored["paid"] == 0


def test_what_fails_after_the_row_was_written_hides_no_outcome(
    app: App, path: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storage gives way after each step's row: the second run has nothing to say any more."""

    def gives_way(*_: object, **__: object) -> None:
        raise ServiceResponseError("Connection aborted.")

    app.drop(path, a_pdf(path))
    for step in (app.submit, app.poll):
        with monkeypatch.context() as patch:
            patch.setattr(Queues, "send", gives_way)
            with pytest.raises(ServiceResponseError):
                step(path)
    with monkeypatch.context() as patch:
        patch.setattr(Contents, "remember", gives_way)
        with pytest.raises(ServiceResponseError):
            app.store(path)
    app.store(path)

    said = [line["event"] for line in outcomes(caplog, path) if line["event"] != "step_failed"]
    assert said == ["document_submitted", "document_analyzed", "document_stored"]


def make_reusing(app: App) -> App:
    """The same worker, with `REUSE_RESULTS` as it ships."""
    services = replace(app.services, settings=replace(app.services.settings, reuse_results=True))
    return replace(app, services=services)
