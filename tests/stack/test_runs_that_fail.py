"""A run that ends in an error says so on the row, keeps what was paid for, and takes nothing from other runs."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, ServiceRequestError
from azure.data.tables import TableClient
from azure.storage.blob import StandardBlobTier

from cli.recover import retry_document
from shared.documents import Document, Documents, analyzed, discovered, failed
from shared.errors import RowChanged
from shared.messages import Operation, Submission
from shared.names import BLOB_TRIGGER_POISON_QUEUE, OPERATIONS_POISON_QUEUE, SUBMISSIONS_POISON_QUEUE
from shared.steps import submit
from shared.steps.failure import record_failure
from shared.steps.submit import MOST_STOPPED, submit_document
from shared.storage.clients import table_service
from shared.storage.queues import Queues
from shared.storage.rows import Rows
from shared.storage.tables import route_of, table_key
from tests.stack.app import App, a_pdf, make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stack.scripted_service import ScriptedService


def _trigger_message(path: str, etag: str) -> bytes:
    return base64.b64encode(json.dumps({"BlobName": path, "ETag": f'"{etag}"'}).encode())


def _submitted(app: App, path: str) -> Document:
    app.drop(path, a_pdf("submitted", path))
    app.submit(path)
    return app.document(path)


# --- the reason is on the row --------------------------------------------------------------------------------------


def test_an_error_after_the_claim_is_the_reason_in_the_end(
    app: App, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not "the worker stopped": every run said what was wrong, on the row that it had claimed itself."""

    def breaks(*_: object) -> str:
        raise ZeroDivisionError("so much")

    monkeypatch.setattr(submit, "start_analysis", breaks)
    app.drop(path, a_pdf("error", path))
    with pytest.raises(ZeroDivisionError):
        app.submit(path)
    row = app.document(path)
    assert row.error_code == "ZeroDivisionError"
    assert row.error_message == f"Submitting {path} ended in ZeroDivisionError: so much"

    later = app.later(hours=1)
    submit_document(later.services, Submission(path, row.etag, stopped=MOST_STOPPED))

    ended = app.document(path)
    assert (ended.status, ended.error_code) == ("failed", "ZeroDivisionError")


def test_a_file_that_cannot_be_opened_says_why(app: App, path: str) -> None:
    """One in the archive tier is there and can't be read: five failures end it with the storage's own code."""
    etag = app.drop(path, a_pdf("archived", path))
    app.files.get_blob_client(path).set_standard_blob_tier(StandardBlobTier.ARCHIVE)

    with pytest.raises(HttpResponseError):
        app.submit(path)
    record_failure(app.services, "submitting", BLOB_TRIGGER_POISON_QUEUE, "1", _trigger_message(path, etag))

    ended = app.document(path)
    assert ended.status == "failed"
    assert "archive" in (ended.error_message or "").casefold()


def test_an_error_at_new_content_stands_on_the_row_of_the_old(
    app: App, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run had taken the file as one that has no row."""

    def breaks(*_: object) -> str:
        raise ZeroDivisionError("so much")

    app.services.documents.write(failed(_submitted(app, path), "Old", "Old."))
    etag = app.drop(path, a_pdf("new", path))
    monkeypatch.setattr(submit, "inspect", breaks)

    with pytest.raises(ZeroDivisionError):
        app.submit(path)

    row = app.document(path)
    assert (row.etag, row.status, row.error_code) == (etag, "submitting", "ZeroDivisionError")


def test_new_content_at_which_every_run_stopped_ends_visibly(app: App, path: str) -> None:
    """The row is about the old content; the newest is what the person waits for."""
    app.services.documents.write(failed(_submitted(app, path), "Old", "Old."))
    etag = app.drop(path, a_pdf("new", path))

    record_failure(app.services, "submitting", BLOB_TRIGGER_POISON_QUEUE, "1", _trigger_message(path, etag))

    ended = app.document(path)
    assert (ended.etag, ended.status, ended.error_code) == (etag, "failed", "WorkerStopped")


# --- poison that came too late -------------------------------------------------------------------------------------


def test_poison_of_another_operation_does_not_end_the_one_under_way(app: App, path: str) -> None:
    """The paid analysis goes on; its message is sent once more, in case it was the last."""
    document = _submitted(app, path)
    app.forget_messages()
    other = Operation(path, document.etag, f"{document.operation_url}0").encode().encode()

    record_failure(app.services, "polling", OPERATIONS_POISON_QUEUE, "1", other)

    assert app.document(path).status == "analyzing"
    assert app.queued() == {"submissions": 0, "operations": 1, "results": 0}


def test_poison_of_an_overtaken_question_does_not_end_its_document(app: App, path: str) -> None:
    """The chain went on without it."""
    document = app.services.documents.write(replace(_submitted(app, path), polls=4))
    message = Operation(path, document.etag, document.operation_url or "", polls=3).encode().encode()

    record_failure(app.services, "polling", OPERATIONS_POISON_QUEUE, "1", message)

    assert app.document(path).status == "analyzing"


@pytest.mark.parametrize("status", ["analyzing", "storing"])
def test_poison_of_a_submission_does_not_end_what_was_accepted(app: App, path: str, status: str) -> None:
    """Such as of a run that could not send its next message five times: that message is sent now."""
    document = _submitted(app, path)
    if status == "storing":
        document = app.services.documents.write(analyzed(document, "result", app.services.now()))
    app.forget_messages()

    message = Submission(path, document.etag).encode().encode()
    record_failure(app.services, "submitting", SUBMISSIONS_POISON_QUEUE, "1", message)

    assert app.document(path).status == status
    queued = {"analyzing": "operations", "storing": "results"}[status]
    assert app.queued() == {"submissions": 0, "operations": 0, "results": 0, queued: 1}


# --- what was paid for is kept -------------------------------------------------------------------------------------


def test_storage_that_is_away_after_the_acceptance_does_not_lose_the_operation(
    app: App, service: ScriptedService, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only this run knows where the result will be; it writes that down as soon as it can."""
    write, busy = Documents.write, HttpResponseError("Server busy.")
    busy.status_code = 503
    refused = iter([ServiceRequestError("away"), busy])

    def sometimes(documents: Documents, document: Document) -> Document:
        error = next(refused, None) if document.status == "analyzing" else None
        if error:
            raise error
        return write(documents, document)

    monkeypatch.setattr(Documents, "write", sometimes)

    document = _submitted(app, path)

    assert (document.status, document.operation_url) == ("analyzing", service.operation_location)
    assert len(service.posts) == 1


def test_a_duplicate_asks_no_sooner_than_the_row_says(app: App, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the service's Retry-After nor a pause is cut short by a second trigger."""
    document = _submitted(app, path)
    app.services.documents.write(replace(document, next_try_at=app.later(minutes=4).services.now()))
    delays: list[int] = []
    monkeypatch.setattr(Queues, "send", lambda *_, delay=0: delays.append(delay))

    app.submit(path)

    assert [delay >= 235 for delay in delays] == [True]


def test_an_operation_at_a_former_endpoint_is_given_up_when_its_result_must_be_gone(
    app: App, service: ScriptedService, path: str
) -> None:
    """Until a day has passed setting the endpoint back helps; after that only a new call does."""
    _submitted(app, path)
    moved = make_app(app.storage, service.url.replace("127.0.0.1", "localhost"), "key")

    moved.later(hours=23).poll(path)
    assert (app.document(path).status, app.document(path).error_code) == ("analyzing", "ForeignUrl")

    moved.later(hours=25).poll(path)
    assert (app.document(path).status, app.document(path).error_code) == ("waiting", "ResultExpired")


def test_retry_again_pays_for_a_new_call_while_the_old_one_is_under_way(
    app: App, service: ScriptedService, path: str
) -> None:
    """It is what the person asked for."""
    document = _submitted(app, path)

    assert isinstance(retry_document(app.services, document, again=True), Submission)
    app.submit(path)

    assert len(service.posts) == app.document(path).paid_submissions == 2


# --- no rows of another version ------------------------------------------------------------------------------------


def test_a_file_that_is_read_again_and_fails_keeps_no_rows_of_the_first_time(
    app: App, service: ScriptedService, path: str
) -> None:
    """Nor a date or a count of it on its row."""
    _submitted(app, path)
    app.poll(path)
    app.store(path)
    assert app.fields(path)
    service.will_refuse(400, {"error": {"code": "InvalidImage", "message": "No."}})

    retry_document(app.services, app.document(path), again=True)
    app.submit(path)

    ended = app.document(path)
    assert (ended.status, ended.field_count, ended.stored_at, ended.result_blob) == ("failed", None, None, None)
    assert (app.fields(path), app.records(path)) == ([], [])


def test_a_run_that_is_overtaken_by_content_that_fails_takes_its_record_away(
    app: App, service: ScriptedService, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer content had cleaned up before this run wrote: nobody else would."""
    document = _submitted(app, path)
    app.poll(path)
    put_records = Rows.put_records

    def overtaken(rows: Rows, *arguments: object) -> None:
        newer = discovered(path, "0xNEW", 1, app.document(path))
        app.services.documents.write(failed(newer, "UnsupportedType", "No."))
        put_records(rows, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Rows, "put_records", overtaken)
    app.store(path, document.etag)

    assert app.document(path).etag == "0xNEW"
    assert (app.fields(path), app.records(path)) == ([], [])
    assert service.posts


def test_a_record_that_was_written_meanwhile_is_not_deleted(app: App, path: str) -> None:
    """The failure that listed it was of other content."""
    document = _submitted(app, path)
    app.poll(path)
    app.store(path)
    listed = dict.fromkeys([document.key], "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"")

    app.services.rows.delete_records(document.route, listed)
    assert app.records(path)

    app.services.rows.delete_records(document.route, app.services.rows.records(document.route, document.key))
    assert app.records(path) == []


def test_a_deletion_that_breaks_off_leaves_the_first_forms_row(
    app: App, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By it the next run sees that there are others."""
    route, key, rows = route_of(path), table_key(path), app.services.rows
    rows.put_records(route, key, [{"Path": path, "Form": form} for form in (1, 2, 3)], {})
    delete = TableClient.delete_entity
    deleted: list[tuple[Any, ...]] = []

    def delete_one(table: TableClient, *row: Any, **how: Any) -> None:  # noqa: ANN401
        if deleted:
            raise ServiceRequestError("storage is away")
        deleted.append(row)
        delete(table, *row, **how)

    monkeypatch.setattr(TableClient, "delete_entity", delete_one)
    with pytest.raises(ServiceRequestError):
        rows.delete_records(route, rows.records(route, key))

    assert [row["Form"] for row in app.records(path)] == [1, 2]
    with pytest.raises(RowChanged):
        rows.put_records(route, key, [{"Path": path}], {})


def test_a_missing_table_is_an_error_and_not_a_lost_race(app: App, path: str, unique: Callable[[str], str]) -> None:
    """Else the document would be tried every two seconds for ever, in silence."""
    with table_service(app.storage) as tables:
        nowhere = Documents(tables.get_table_client(unique("nowhere").replace("-", "")))
        app = replace(app, services=replace(app.services, documents=nowhere))
        app.drop(path, a_pdf("no table", path))

        with pytest.raises(ResourceNotFoundError):
            app.submit(path)
    assert app.queued()["submissions"] == 0
