"""What was lost is found, what failed five times ends visibly, and what failed goes on from what was paid for."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import BlobServiceClient

from cli import recover
from cli.recover import retry_document
from shared.documents import claimed, failed, waiting
from shared.errors import FormsError, RowChanged
from shared.messages import Operation, Result, Submission
from shared.models import Reader
from shared.names import BLOB_TRIGGER_POISON_QUEUE, OPERATIONS_POISON_QUEUE, RESULTS_POISON_QUEUE
from shared.steps.failure import record_failure
from shared.steps.poll import poll_operation
from shared.steps.reconcile import Finding, reconcile_documents
from shared.steps.submit import submit_document
from tests.stack.app import App, a_pdf, make_app
from tests.stack.scripted_service import ScriptedService, pairs
from tests.stack.typed import rows_of, typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.settings import StorageConnection
    from tests.stack.person import Person

READER = Reader("prebuilt-layout", "prebuilt-layout", "2.1", 0.8)


def found(app: App, path: str, *, dry_run: bool = False) -> list[Finding]:
    """What reconciling finds out about one file; other tests leave theirs behind."""
    return [one for one in reconcile_documents(app.services, dry_run=dry_run) if one.path == path]


# --- poison --------------------------------------------------------------------------------------------------------


def test_a_message_that_failed_five_times_ends_its_document(app: App, path: str) -> None:
    """With the error that the last run wrote on the row, and what to do; the message is kept."""
    app.drop(path, a_pdf("poison", path))
    app.submit(path)
    document = app.document(path)
    reason = f"Polling {path} ended in ServiceRequestError: no route"
    app.services.documents.write(replace(document, error_code="ServiceRequestError", error_message=reason))
    body = Operation(path, document.etag, document.operation_url or "").encode().encode()

    record_failure(app.services, "polling", OPERATIONS_POISON_QUEUE, "7d1e", body)

    ended = app.document(path)
    assert (ended.status, ended.error_code) == ("failed", "ServiceRequestError")
    assert ended.error_message == f"{reason} When the cause is mended, have it tried again: `python -m cli retry`."
    kept = BlobServiceClient.from_connection_string(app.storage.connection_string).get_blob_client(
        "results", "poison/operations-poison/7d1e.json"
    )
    assert kept.download_blob().readall() == body


def test_a_worker_that_was_killed_five_times_leaves_a_reason(app: App, service: ScriptedService, path: str) -> None:
    """Nothing stands on the row, so the reason is that the worker stopped."""
    app.drop(path, a_pdf("killed", path))
    app.submit(path)
    app.poll(path)
    assert service.gets
    document = app.document(path)

    record_failure(app.services, "storing", RESULTS_POISON_QUEUE, "1", Result(path, document.etag).encode().encode())

    ended = app.document(path)
    assert (ended.status, ended.error_code) == ("failed", "WorkerStopped")
    assert f"stopped five times while storing {path}" in str(ended.error_message)
    assert ended.result_blob == document.result_blob


def blob_trigger_message(path: str, etag: str) -> bytes:
    """As the host writes it, in base64 whatever `messageEncoding` says."""
    message = {"Type": "BlobTrigger", "FunctionId": "Host.Functions.submit_document", "BlobType": "BlockBlob"}
    message |= {"ContainerName": "documents", "BlobName": path, "ETag": f'"{etag}"'}
    return base64.b64encode(json.dumps(message).encode())


def test_a_blob_trigger_that_failed_leaves_a_row_even_where_there_was_none(app: App, path: str) -> None:
    """Such as a file that could not be opened at all."""
    etag = app.drop(path, a_pdf("never opened", path))

    record_failure(app.services, "submitting", BLOB_TRIGGER_POISON_QUEUE, "2", blob_trigger_message(path, etag))

    ended = app.document(path)
    assert (ended.status, ended.etag, ended.error_code) == ("failed", etag, "WorkerStopped")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"path": 1',
        b'{"BlobName": null}',
        b"\xff\xfe",
        b"bm90IGpzb24=",
        b"7" * 9,
    ],
)
def test_a_message_that_nobody_understands_is_kept_and_ends_nothing(app: App, body: bytes) -> None:
    """It stands in `results/poison/` for a person to look at, and is not brought again."""
    record_failure(app.services, "polling", OPERATIONS_POISON_QUEUE, "unreadable", body)

    container = BlobServiceClient.from_connection_string(app.storage.connection_string).get_container_client("results")
    kept = container.get_blob_client("poison/operations-poison/unreadable.json")
    assert kept.download_blob().readall() == body


def test_poison_of_a_final_document_still_clears_rows_of_older_content(
    app: App, service: ScriptedService, path: str
) -> None:
    """Five runs made nothing of it but the final row; what they should have cleared is cleared now."""
    service.will_answer((200, pairs(("Total:", "12.50"))))
    app.drop(path, a_pdf("read", path))
    app.submit(path)
    app.poll(path)
    app.store(path)
    newer = replace(failed(app.document(path), "UnsupportedType", ""), etag="0x1", field_count=None)
    app.services.documents.write(newer)

    record_failure(app.services, "submitting", "submissions-poison", "6", Submission(path, "0x1").encode().encode())

    assert (app.fields(path), app.records(path)) == ([], [])


def test_poison_of_older_content_has_the_newer_submitted_that_its_runs_had_claimed(app: App, path: str) -> None:
    """A trigger reads the file as it is by then; nothing else may speak of what it found there."""
    app.drop(path, a_pdf("newer", path))
    app.submit(path)
    unsent = replace(app.document(path), operation_url=None)
    app.services.documents.write(claimed(unsent, READER, "a run that died", app.services.now()))
    app.forget_messages()

    record_failure(app.services, "submitting", "submissions-poison", "7", Submission(path, "0x1").encode().encode())

    assert app.queued() == {"submissions": 1, "operations": 0, "results": 0}


def test_poison_does_not_take_a_live_claim_away(app: App, path: str) -> None:
    """Else the run that has it would lose the operation it is paying for; the host brings the message again."""
    etag = app.drop(path, a_pdf("claimed", path))
    app.submit(path)
    mine = claimed(replace(app.document(path), operation_url=None), READER, "a run", app.services.now())
    app.services.documents.write(mine)
    body = Submission(path, etag).encode().encode()

    with pytest.raises(RowChanged, match="Another run is submitting"):
        record_failure(app.services, "submitting", "submissions-poison", "5", body)

    assert app.document(path).status == "submitting"


def test_a_document_at_which_every_worker_dies_is_paid_for_five_times_at_most(
    app: App, service: ScriptedService, path: str
) -> None:
    """A run that dies leaves its claim; whoever waited for five such claims ends the document."""
    etag = app.drop(path, a_pdf("deadly", path))
    app.submit(path)
    dead = claimed(replace(app.document(path), operation_url=None), READER, "a run", app.services.now())
    app.services.documents.write(dead)
    service.posts.clear()

    submit_document(app.later(hours=1).services, Submission(path, etag, stopped=5))

    assert (app.document(path).status, app.document(path).error_code) == ("failed", "WorkerStopped")
    assert service.posts == []


# --- reconcile -----------------------------------------------------------------------------------------------------


def test_a_file_that_was_never_seen_is_submitted(app: App, path: str) -> None:
    """Not at once: its trigger may be on the way."""
    app.drop(path, a_pdf("unseen", path))
    assert found(app, path) == []

    (finding,) = found(app.later(hours=1), path)

    assert finding.what == "unseen"
    assert app.queued()["submissions"] >= 1


def test_new_content_that_was_never_seen_is_submitted(app: App, path: str) -> None:
    """The row is about older content."""
    app.drop(path, a_pdf("old", path))
    app.submit(path)
    etag = app.drop(path, a_pdf("new", path))

    findings = found(app.later(hours=1), path)

    assert Finding(path, etag, "replaced", Submission(path, etag)) in findings


def test_a_document_that_was_seen_is_no_finding(app: App, path: str) -> None:
    """Neither while it moves, nor when it is final."""
    app.drop(path, a_pdf("well", path))
    app.submit(path)
    assert found(app, path) == []
    app.poll(path)
    app.store(path)

    assert found(app.later(hours=100), path) == []


def test_a_document_whose_message_was_lost_is_woken_from_where_it_stands(app: App, path: str) -> None:
    """Submitted: its operation is asked for. Analyzed: its result is stored. Nothing is paid for again."""
    etag = app.drop(path, a_pdf("lost", path))
    app.submit(path)
    url = app.document(path).operation_url or ""
    app.forget_messages()

    (finding,) = found(app.later(hours=1), path)
    assert finding == Finding(path, etag, "silent", Operation(path, etag, url))
    app.poll(path)
    app.forget_messages()
    (finding,) = found(app.later(hours=1), path)
    assert finding == Finding(path, etag, "silent", Result(path, etag))
    app.store(path)

    assert (app.document(path).status, app.document(path).paid_submissions) == ("succeeded", 1)


def test_a_claim_and_a_wait_are_not_silence(app: App, path: str) -> None:
    """Fifteen minutes count from the time at which the document should have moved on."""
    app.drop(path, a_pdf("waiting", path))
    app.submit(path)
    in_an_hour = app.services.now() + timedelta(hours=1)
    app.services.documents.write(waiting(app.document(path), "429", "Not now.", in_an_hour, refused=True))

    assert found(app.later(hours=1.2), path) == []
    (finding,) = found(app.later(hours=1.3), path)
    assert finding.what == "silent"


def test_a_dry_run_sends_nothing(app: App, path: str) -> None:
    """It only tells."""
    app.drop(path, a_pdf("dry", path))

    (finding,) = found(app.later(hours=1), path, dry_run=True)

    assert finding.what == "unseen"
    assert app.queued() == {"submissions": 0, "operations": 0, "results": 0}


def test_a_row_that_nobody_can_explain_is_told_and_left_alone(app: App, unique: Callable[[str], str]) -> None:
    """Somebody wrote it by hand, or changed its status."""
    key = unique("by-hand")
    table = app.services.documents._table  # noqa: SLF001 - nobody else can write such a row
    table.create_entity({"PartitionKey": "default", "RowKey": key, "Status": "thinking"})

    (finding,) = found(app.later(hours=1), key)

    assert (finding.what, finding.message) == ("odd", None)


@pytest.mark.parametrize(
    "changes",
    [{"Path": 17}, {"NextTryAt": "soon"}, {"ClaimedUntil": 5}, {"Status": 3}, {"Path": "another.pdf"}],
    ids=str,
)
def test_a_row_changed_by_hand_does_not_end_reconcile(app: App, path: str, changes: dict[str, object]) -> None:
    """It is told like any other that nobody can explain, and what is well is looked after."""
    app.drop(path, a_pdf("by hand", path))
    app.submit(path)
    document, lost = app.document(path), f"{path}.lost"
    app.drop(lost, a_pdf("lost", path))
    table = app.services.documents._table  # noqa: SLF001 - nobody else can write such a row
    table.update_entity({"PartitionKey": document.route, "RowKey": document.key, **changes})

    whats = {one.path: one.what for one in reconcile_documents(app.later(hours=1).services, dry_run=True)}

    assert whats[document.key] == "odd"
    assert whats[lost] == "unseen"
    table.delete_entity(document.route, document.key)


# --- retry ---------------------------------------------------------------------------------------------------------


def ended_as_failed(app: App, path: str, code: str) -> None:
    """Ends the document as if a step had given up."""
    app.services.documents.write(failed(app.document(path), code, "It was given up."))
    app.forget_messages()


def test_a_failed_document_goes_on_from_its_stored_result(app: App, service: ScriptedService, path: str) -> None:
    """The service is not even asked."""
    app.drop(path, a_pdf("stored", path))
    app.submit(path)
    app.poll(path)
    ended_as_failed(app, path, "WorkerStopped")
    asked, posted = len(service.gets), len(service.posts)

    message = retry_document(app.services, app.document(path), again=False)
    app.store(path)

    assert isinstance(message, Result)
    assert (len(service.gets), len(service.posts)) == (asked, posted)
    assert (app.document(path).status, app.document(path).error_code) == ("succeeded", None)
    assert app.queued()["results"] == 1


def test_a_failed_document_goes_on_from_its_operation(app: App, service: ScriptedService, path: str) -> None:
    """Its deadline starts anew, and nothing is paid for."""
    app.drop(path, a_pdf("operation", path))
    app.submit(path)
    ended_as_failed(app, path, "DeadlineExceeded")
    later = app.later(hours=23)
    service.will_answer((200, {"status": "running"}), (200, pairs(("Total:", "12.50"))))

    message = retry_document(later.services, app.document(path), again=False)
    assert isinstance(message, Operation)
    later.poll(path)
    assert app.document(path).status == "analyzing"
    later.poll(path)
    later.store(path)

    assert (app.document(path).status, len(service.posts)) == ("succeeded", 1)


def test_a_failed_document_whose_result_blob_is_gone_goes_on_from_its_operation(app: App, path: str) -> None:
    """What was paid for first."""
    app.drop(path, a_pdf("gone", path))
    app.submit(path)
    app.poll(path)
    ended_as_failed(app, path, "WorkerStopped")
    with BlobServiceClient.from_connection_string(app.storage.connection_string) as blobs:
        blobs.get_blob_client("results", app.document(path).result_blob or "").delete_blob()

    assert isinstance(retry_document(app.services, app.document(path), again=False), Operation)


def test_a_failed_document_that_was_never_accepted_is_submitted(app: App, service: ScriptedService, path: str) -> None:
    """And the time it had is given to it anew."""
    etag = app.drop(path, b"no form at all")
    app.submit(path)
    assert app.document(path).status == "failed"

    message = retry_document(app.services, app.document(path), again=False)

    assert message == Submission(path, etag)
    assert (app.document(path).status, app.document(path).error_code) == ("waiting", "Retried")
    app.submit(path)
    assert (app.document(path).status, app.document(path).error_code) == ("failed", "UnsupportedType")
    assert service.posts == []


def test_a_failed_document_whose_file_is_gone_says_so(app: App, service: ScriptedService, path: str) -> None:
    """Nothing was read of it, so there is nothing to go on from."""
    app.drop(path, b"no form at all")
    app.submit(path)
    app.files.delete_blob(path)

    assert isinstance(retry_document(app.services, app.document(path), again=False), Submission)
    app.submit(path)

    assert (app.document(path).status, app.document(path).error_code) == ("failed", "DocumentGone")
    assert service.posts == []


def test_what_was_paid_for_is_stored_though_the_file_is_gone(app: App, service: ScriptedService, path: str) -> None:
    """From its operation; the file is not needed for that."""
    app.drop(path, a_pdf("paid", path))
    app.submit(path)
    ended_as_failed(app, path, "DeadlineExceeded")
    app.files.delete_blob(path)

    assert isinstance(retry_document(app.services, app.document(path), again=False), Operation)
    app.poll(path)
    app.store(path)

    assert (app.document(path).status, len(service.posts)) == ("succeeded", 1)


def test_a_document_on_its_way_is_only_nudged(app: App, service: ScriptedService, path: str) -> None:
    """`retry` of one that is not final sends the message it waits for; the doubled chain of polls dies by itself."""
    app.drop(path, a_pdf("nudged", path))
    app.submit(path)
    before = app.document(path)
    service.will_answer((200, {"status": "running"}))

    message = retry_document(app.services, before, again=False)
    assert isinstance(message, Operation)
    assert app.document(path) == before
    poll_operation(app.services, message)
    poll_operation(app.services, Operation(path, before.etag, before.operation_url or "", before.polls))

    assert (app.document(path).status, len(service.gets), len(service.posts)) == ("analyzing", 1, 1)


def test_only_again_reads_anew_what_succeeded(storage: StorageConnection, service: ScriptedService, path: str) -> None:
    """The second payment is on the row, and the result of the same bytes is not reused."""
    app = make_app(storage, service.url, "key")
    etag = app.drop(path, a_pdf("again", path))
    app.submit(path)
    app.poll(path)
    app.store(path)
    with pytest.raises(FormsError, match="--again pays"):
        retry_document(app.services, app.document(path), again=False)

    message = retry_document(app.services, app.document(path), again=True)
    assert message == Submission(path, etag, again=1)
    submit_document(app.services, Submission(path, etag, again=1))

    assert (app.document(path).status, app.document(path).paid_submissions) == ("analyzing", 2)
    assert len(service.posts) == 2


def test_a_waiting_document_is_tried_at_once(app: App, service: ScriptedService, path: str) -> None:
    """A key was mended: nobody wants to wait for the next try. Until then every message waits."""
    etag = app.drop(path, a_pdf("mended", path))
    app.submit(path)
    soon = app.services.now() + timedelta(minutes=5)
    app.services.documents.write(waiting(app.document(path), "401", "Access denied.", soon, refused=True))
    service.posts.clear()
    submit_document(app.services, Submission(path, etag))
    assert service.posts == []

    retry_document(app.services, app.document(path), again=False)
    submit_document(app.services, Submission(path, etag))

    assert len(service.posts) == 1
    assert app.document(path).status == "analyzing"


# --- as a person types it ------------------------------------------------------------------------------------------


def test_retry_says_what_it_does(person: Person, path: str) -> None:
    """One document, by its name; what succeeded, or is not there, is a sentence and exit code 1."""
    person.app.drop(path, b"no form at all")
    person.app.submit(path)
    person.app.forget_messages()

    assert person.types("retry", path).stdout == f"{path}: it is submitted\n"
    assert person.app.queued()["submissions"] == 1

    assert f"There is no document {path}x;" in person.types("retry", f"{path}x", code=1).stderr
    assert "Name one document, or give --failed." in person.types("retry", code=2).stderr
    assert "Name one document, or give --failed." in person.types("retry", path, "--failed", code=2).stderr


def test_retry_takes_all_that_failed(person: Person, path: str) -> None:
    """And nothing else."""
    others = [f"{path}.{number}" for number in range(3)]
    for other in others:
        person.app.drop(other, b"no form at all")
        person.app.submit(other)
    person.app.drop(path, a_pdf("well", path))
    person.app.submit(path)

    said = person.types("retry", "--failed").stdout.splitlines()

    assert {f"{other}: it is submitted" for other in others} <= set(said)
    assert not [line for line in said if line.startswith(f"{path}: ")]


def test_a_document_that_changed_meanwhile_does_not_stop_retry(
    app: App, path: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are sent on; the exit code says that one was not."""
    rows = []
    for number in range(3):
        app.drop(f"{path}.{number}", b"no form at all")
        app.submit(f"{path}.{number}")
        rows.append(app.document(f"{path}.{number}"))
    app.services.documents.write(replace(rows[0], pages=1))
    monkeypatch.setattr(app.services.documents, "failed", lambda: iter(rows))
    monkeypatch.setattr(recover, "command_services", lambda: app.services)

    with pytest.raises(FormsError, match="1 changed meanwhile"):
        recover.retry(failed=True)

    assert capsys.readouterr().out == "".join(f"{row.path}: it is submitted\n" for row in rows[1:])


def test_retry_says_that_nothing_has_failed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """And asks nothing then."""
    monkeypatch.setattr(app.services.documents, "failed", lambda: iter(()))
    monkeypatch.setattr(recover, "command_services", lambda: app.services)
    for words in (("--failed",), ("--failed", "--again")):
        done = typed(app, "retry", *words)
        assert (done.stdout, done.stderr) == ("", "No document has failed.\n")


def test_paying_anew_for_all_that_failed_is_asked_about(app: App, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how many there are; --yes is for a program."""
    app.drop(path, b"no form at all")
    app.submit(path)
    monkeypatch.setattr(app.services.documents, "failed", lambda: iter([app.document(path)]))
    monkeypatch.setattr(recover, "command_services", lambda: app.services)

    asked = typed(app, "retry", "--failed", "--again", code=1, answer="n\n")
    assert "Pay for a new analysis of the document that failed? [y/N]" in asked.stderr
    assert app.document(path).status == "failed"

    assert f"{path}: it is submitted\n" in typed(app, "retry", "--failed", "--again", answer="y\n").stdout
    app.submit(path)
    assert typed(app, "retry", "--failed", "--again", "--yes").stdout == f"{path}: it is submitted\n"


def test_reconcile_tells_what_it_found(person: Person, path: str) -> None:
    """What was dropped a moment ago is left to its trigger; a row by hand is told."""
    key = path.replace("/", "-")
    table = person.app.services.documents._table  # noqa: SLF001 - nobody else can write such a row
    table.create_entity({"PartitionKey": "default", "RowKey": key, "Status": "thinking"})
    person.app.drop(path, a_pdf("just now", path))

    told = person.types("reconcile", "--dry-run")

    assert f"{key}: is a row in Documents that this app did not write" in told.stdout
    assert path not in told.stdout
    assert re.fullmatch(r"\d+ found, nothing sent\.\n", told.stderr)
    [row] = [row for row in rows_of(typed(person.app, "reconcile", "--dry-run", "--json")) if row["Path"] == key]
    assert row == {"Path": key, "ETag": "", "Found": "odd", "Sent": False}


def test_retry_tells_a_program_what_it_sent(app: App, path: str) -> None:
    """A line for each document; a name can't break it."""
    app.drop(path, b"no form at all")
    app.submit(path)
    rows = rows_of(typed(app, "retry", path, "--json"))
    assert rows == [{"Path": path, "ETag": app.document(path).etag, "Sent": "submission"}]
