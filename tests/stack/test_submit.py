"""Submit: a file is checked, claimed and sent to the service, once."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError

from shared.documents import claimed, discovered, failed
from shared.inspection import inspect
from shared.messages import Submission
from shared.models import Model, Reader
from shared.recognizer.analysis import start_analysis
from shared.recognizer.http import Recognizer, by_token
from shared.steps import submit
from tests.stack.app import App, a_pdf, accepted_times, add_fault, make_app
from tests.stack.scripted_service import scripted_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.inspection import Inspection
    from shared.settings import StorageConnection
    from tests.stack.conftest import Analyzer


@pytest.fixture
def app(storage: StorageConnection, analyzer: Analyzer) -> Iterator[App]:
    """A worker whose service is the analyzer."""
    app = make_app(storage, analyzer.url, analyzer.key)
    app.forget_messages()
    yield app
    requests.delete(f"{analyzer.url}/_analyzer/faults", timeout=10).raise_for_status()


@pytest.fixture
def path(unique: Callable[[str], str]) -> str:
    """A file that no other test drops, in a folder of its own."""
    return f"{unique('folder')}/Größe #1?.pdf"


def test_an_accepted_document_is_analyzing_and_its_operation_is_queued(app: App, path: str) -> None:
    """The row has the operation's URL, one paid submission, the hash and the model; one message waits."""
    etag = app.drop(path, a_pdf("accepted", path))

    app.submit(path)

    document = app.document(path)
    assert (document.status, document.etag, document.paid_submissions) == ("analyzing", etag, 1)
    assert (document.operation_url or "").startswith(app.services.settings.endpoint)
    assert (document.model, document.model_id, document.api_version) == ("prebuilt-layout", "prebuilt-layout", "2.1")
    assert (document.claim, document.claimed_until, document.error_code) == (None, None, None)
    assert app.queued() == {"submissions": 0, "operations": 1, "results": 0}


def test_a_redelivered_trigger_polls_and_does_not_pay_again(app: App, analyzer: Analyzer, path: str) -> None:
    """Submitting the same content again sends only another question."""
    content = a_pdf("redelivered", path)
    app.drop(path, content)

    app.submit(path)
    app.submit(path)

    assert accepted_times(analyzer.url, content) == 1
    assert app.document(path).paid_submissions == 1
    assert app.queued()["operations"] == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EmptyFile"),
        (b"Dear Sir or Madam, this is no PDF.", "UnsupportedType"),
        (b"PK\x03\x04 a docx", "UnsupportedType"),
    ],
    ids=["zero bytes", "text named .pdf", "zip named .pdf"],
)
def test_a_file_that_cannot_be_read_fails_without_a_post(
    storage: StorageConnection, path: str, content: bytes, code: str
) -> None:
    """It is `failed` with a code and a sentence, and the service is not asked."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.drop(path, content)

        app.submit(path)

        document = app.document(path)
        assert (document.status, document.error_code, document.paid_submissions) == ("failed", code, 0)
        assert document.error_message
        assert service.posts == []


def test_a_locked_pdf_fails_without_a_post(storage: StorageConnection, path: str) -> None:
    """A PDF that needs a password is not paid for."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(a_pdf("secret")))
    writer.encrypt("a password", algorithm="AES-256")
    locked = io.BytesIO()
    writer.write(locked)
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.drop(path, locked.getvalue())

        app.submit(path)

        assert (app.document(path).status, app.document(path).error_code) == ("failed", "EncryptedPdf")
        assert service.posts == []


@pytest.mark.parametrize("folder", ["prebuilt-passport", "prebuilt-"])
def test_an_unknown_prebuilt_model_fails_without_a_post(storage: StorageConnection, folder: str) -> None:
    """The sentence names the folder's model and those there are."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.drop(f"{folder}/a.pdf", a_pdf("unknown model"))

        app.submit(f"{folder}/a.pdf")

        document = app.document(f"{folder}/a.pdf")
        assert (document.status, document.error_code) == ("failed", "UnknownModel")
        assert folder in (document.error_message or "")
        assert "prebuilt-receipt" in (document.error_message or "")
        assert service.posts == []


def test_a_model_that_is_still_creating_makes_the_document_wait(
    storage: StorageConnection, unique: Callable[[str], str]
) -> None:
    """It is `waiting`, says why, and a delayed submission is queued; nothing was sent."""
    name = unique("model")
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.forget_messages()
        app.services.models.write(Model(name, "", "2.1", "creating"))
        app.drop(f"{name}/a.pdf", a_pdf("waits"))

        app.submit(f"{name}/a.pdf")

        document = app.document(f"{name}/a.pdf")
        assert (document.status, document.error_code, document.paid_submissions) == ("waiting", "ModelCreating", 0)
        assert app.queued() == {"submissions": 1, "operations": 0, "results": 0}
        assert service.posts == []


def test_a_trained_model_reads_the_files_of_its_folder(
    storage: StorageConnection, unique: Callable[[str], str]
) -> None:
    """The POST goes to the model's own path, with the text's details."""
    name = unique("model")
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.services.models.write(Model(name, "0a1b", "2.1", "ready"))
        content = a_pdf("routed")
        app.drop(f"{name}/deep/a.pdf", content)

        app.submit(f"{name}/deep/a.pdf")

        sent = "/formrecognizer/v2.1/custom/models/0a1b/analyze?includeTextDetails=true"
        assert service.posts == [(sent, content)]
        assert service.headers[0]["Content-Type"] == "application/pdf"
        assert service.headers[0]["Content-Length"] == str(len(content))


@pytest.mark.parametrize(
    ("fault", "paid"),
    [
        ({"kind": "throttle"}, 0),
        ({"kind": "status", "status": 503}, 0),
        ({"kind": "status", "status": 500}, 1),
        ({"kind": "status", "status": 500, "after": True}, 1),
        ({"kind": "reset", "after": True}, 1),
    ],
    ids=["429", "503", "500", "500 after acceptance", "reset after acceptance"],
)
def test_a_fault_on_the_post_is_tried_again_later(
    app: App, analyzer: Analyzer, path: str, fault: dict[str, object], paid: int
) -> None:
    """It waits, says why and when; the count stays raised where the service may have begun; then it is submitted."""
    content = a_pdf("fault", path)
    app.drop(path, content)
    add_fault(analyzer.url, on="analyze", times=1, **fault)

    app.submit(path)

    document = app.document(path)
    assert (document.status, document.paid_submissions) == ("waiting", paid)
    assert document.error_message
    assert document.next_try_at is not None
    assert app.queued() == {"submissions": 1, "operations": 0, "results": 0}

    app.submit(path)
    assert app.document(path) == document, "a duplicate does not try before its time"
    app.later(minutes=1).submit(path)

    document = app.document(path)
    assert (document.status, document.error_code, document.paid_submissions) == ("analyzing", None, paid + 1)
    assert accepted_times(analyzer.url, content) <= document.paid_submissions


def test_a_model_that_is_not_known_is_tried_once_more(storage: StorageConnection, path: str) -> None:
    """It may have been trained a moment ago; after that the document fails, and nothing was paid."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.drop(path, a_pdf("no model", path))
        service.will_refuse(400, {"error": {"code": "1001", "message": "Model not found or not ready."}})

        app.submit(path)
        assert (app.document(path).status, app.document(path).error_code) == ("waiting", "1001")
        submit.submit_document(app.later(minutes=1).services, Submission(path, app.document(path).etag, tries=1))

        document = app.document(path)
        assert (document.status, document.error_code, document.paid_submissions) == ("failed", "1001", 0)
        assert len(service.posts) == 2


def test_a_throttled_post_waits_as_long_as_the_service_says(app: App, analyzer: Analyzer, path: str) -> None:
    """The next try is not before `Retry-After`."""
    app.drop(path, a_pdf("throttled", path))
    add_fault(analyzer.url, on="analyze", kind="throttle", times=1, retry_after=120)
    before = app.services.now()

    app.submit(path)

    next_try_at = app.document(path).next_try_at
    assert next_try_at is not None
    assert next_try_at - before >= timedelta(seconds=120)


def test_a_wrong_key_pauses_the_document_and_burns_nothing(
    storage: StorageConnection, analyzer: Analyzer, path: str
) -> None:
    """It waits, names the setting, and goes on when the key is right again."""
    content = a_pdf("wrong key", path)
    wrong = make_app(storage, analyzer.url, "an old key")
    wrong.drop(path, content)

    wrong.submit(path)

    document = wrong.document(path)
    assert (document.status, document.paid_submissions) == ("waiting", 0)
    assert document.paused_since is not None
    assert "FORM_RECOGNIZER_KEY" in (document.error_message or "")

    make_app(storage, analyzer.url, analyzer.key).later(minutes=6).submit(path)
    assert wrong.document(path).status == "analyzing"
    assert accepted_times(analyzer.url, content) == 1


def test_a_service_that_is_not_there_is_tried_again_and_nothing_was_paid(
    storage: StorageConnection, path: str, free_ports: Callable[[int], int]
) -> None:
    """A refused connection is surely no paid call."""
    app = make_app(storage, f"http://127.0.0.1:{free_ports(1)}", "key")
    app.drop(path, a_pdf("nobody home"))

    app.submit(path)

    document = app.document(path)
    assert (document.status, document.error_code, document.paid_submissions) == ("waiting", "Unreachable", 0)


def test_a_document_that_cannot_be_submitted_before_the_deadline_fails(
    storage: StorageConnection, analyzer: Analyzer, path: str
) -> None:
    """The sentence has the last answer of the service."""
    app = make_app(storage, analyzer.url, analyzer.key, ANALYSIS_DEADLINE="60")
    app.drop(path, a_pdf("too late", path))
    add_fault(analyzer.url, on="analyze", kind="status", status=503, times=1)
    app.submit(path)

    app.later(seconds=61).submit(path)

    document = app.document(path)
    assert (document.status, document.error_code, document.paid_submissions) == ("failed", "DeadlineExceeded", 0)
    assert "503" in (document.error_message or "")


def test_a_run_that_meets_a_live_claim_waits_until_it_ends(storage: StorageConnection, path: str) -> None:
    """Of two runs one submits; the other puts itself off."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.forget_messages()
        content = a_pdf("claimed")
        etag = app.drop(path, content)
        _claim(app, path, etag)

        app.submit(path)

        assert service.posts == []
        assert app.queued() == {"submissions": 1, "operations": 0, "results": 0}

        late = replace(app.services, now=lambda: ended)
        ended = app.services.now() + timedelta(seconds=200)
        replace(app, services=late).submit(path)

        assert len(service.posts) == 1
        assert app.document(path).paid_submissions == 2


def _claim(app: App, path: str, etag: str) -> None:
    document = discovered(path, etag, 1, None)
    reader = Reader("prebuilt-layout", "prebuilt-layout", "2.1", 0.8)
    app.services.documents.write(claimed(document, reader, "another run", app.services.now()))


def test_a_document_whose_runs_keep_dying_is_not_paid_for_without_end(storage: StorageConnection, path: str) -> None:
    """Claimed again and again for a day and never accepted: `failed`, and not sent once more."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        etag = app.drop(path, a_pdf("dying"))
        _claim(app, path, etag)

        app.later(hours=25).submit(path)

        assert (app.document(path).status, app.document(path).error_code) == ("failed", "DeadlineExceeded")
        assert service.posts == []


def test_a_duplicate_that_fails_does_not_take_the_claim_away(
    storage: StorageConnection, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one run is posting, another ends in an error: the first one's operation is kept."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.drop(path, a_pdf("two runs"))
        other = make_app(storage, service.url, "key")
        monkeypatch.setattr(other.services.queues, "send", _no_queue)

        def post(*arguments: Any) -> str:  # noqa: ANN401
            with pytest.raises(ConnectionError):
                other.submit(path)
            return start_analysis(*arguments)

        monkeypatch.setattr(submit, "start_analysis", post)

        app.submit(path)

        document = app.document(path)
        assert (document.status, document.paid_submissions, len(service.posts)) == ("analyzing", 1, 1)


def _no_queue(*_: object, **__: object) -> None:
    raise ConnectionError


def test_an_older_content_never_takes_the_row_of_a_newer(
    storage: StorageConnection, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that opened the old content stalls while the new one is submitted; then it gives way."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        app.drop(path, a_pdf("old"))
        new = a_pdf("new")

        def stalled(*arguments: Any) -> Inspection:  # noqa: ANN401
            monkeypatch.undo()
            app.drop(path, new)
            app.submit(path)
            return inspect(*arguments)

        monkeypatch.setattr(submit, "inspect", stalled)

        app.submit(path)

        assert [content for _, content in service.posts] == [new]
        assert app.document(path).paid_submissions == 1


def test_an_identity_without_access_pauses_the_document(storage: StorageConnection, path: str) -> None:
    """No token, so no request and nothing paid; the row says what to set."""
    with scripted_service() as service:
        app = make_app(storage, service.url, "key")
        refusing = Recognizer(service.url, by_token(_no_token))
        app.drop(path, a_pdf("no token"))

        replace(app, services=replace(app.services, recognizer=refusing)).submit(path)

        document = app.document(path)
        assert (document.status, document.error_code, document.paid_submissions) == ("waiting", "Unauthenticated", 0)
        assert service.posts == []


def _no_token() -> str:
    raise ClientAuthenticationError


@pytest.mark.parametrize("location", ["", "http://169.254.169.254/steal", "http://127.0.0.1:1/formrecognizer/x"])
def test_an_answer_elsewhere_is_not_followed_and_not_paid_again(
    storage: StorageConnection, path: str, location: str
) -> None:
    """An Operation-Location that is missing or not at the endpoint ends the document; the count stays raised."""
    with scripted_service() as service:
        service.operation_location = location
        app = make_app(storage, service.url, "key")
        app.drop(path, a_pdf("elsewhere"))

        app.submit(path)

        document = app.document(path)
        assert (document.status, document.error_code, document.paid_submissions) == ("failed", "NoOperation", 1)
        assert service.gets == []


def test_the_same_bytes_are_not_analyzed_again(app: App, analyzer: Analyzer, path: str) -> None:
    """A copy elsewhere is stored from the first one's result; with `REUSE_RESULTS` off it is analyzed."""
    content = a_pdf("twice the same", path)
    app.drop(path, content)
    app.submit(path)
    _read_to_the_end(app, path)
    copy = f"{path}.copy"
    app.drop(copy, content)

    app.submit(copy)
    app.store(copy)

    assert accepted_times(analyzer.url, content) == 1
    assert (app.document(copy).status, app.document(copy).paid_submissions) == ("succeeded", 0)
    assert [row["Text"] for row in app.fields(copy)] == [row["Text"] for row in app.fields(path)]

    unlike = make_app(app.storage, analyzer.url, analyzer.key, REUSE_RESULTS="false")
    unlike.drop(f"{path}.third", content)
    unlike.submit(f"{path}.third")
    assert accepted_times(analyzer.url, content) == 2


def _read_to_the_end(app: App, path: str) -> None:
    for _ in range(600):
        app.poll(path)
        if app.document(path).status != "analyzing":
            break
    app.store(path)
    assert app.document(path).status == "succeeded"


def test_a_file_deleted_before_it_was_submitted_ends_visibly(app: App, analyzer: Analyzer, path: str) -> None:
    """A waiting document whose file is gone is `failed`, not forgotten."""
    app.drop(path, a_pdf("deleted", path))
    add_fault(analyzer.url, on="analyze", kind="throttle", times=1)
    app.submit(path)
    app.files.delete_blob(path)

    app.later(hours=1).submit(path)

    assert (app.document(path).status, app.document(path).error_code) == ("failed", "DocumentGone")


def test_a_file_deleted_while_it_is_submitted_is_left_to_the_run_that_has_it(app: App, path: str) -> None:
    """A duplicate that finds no file comes back when the claim has ended; what is being paid for is not lost."""
    _claim(app, path, app.drop(path, a_pdf("deleted", path)))
    app.files.delete_blob(path)
    app.forget_messages()

    app.submit(path)

    assert app.document(path).status == "submitting"
    assert app.queued()["submissions"] == 1


def test_a_file_deleted_once_it_is_final_leaves_no_rows_of_older_content(app: App, path: str) -> None:
    """The run that made it final stopped before it had cleared; the next one does, file or no file."""
    app.drop(path, a_pdf("read", path))
    app.submit(path)
    _read_to_the_end(app, path)
    read = app.document(path)
    assert app.records(path)
    app.services.documents.write(replace(failed(read, "UnsupportedType", ""), etag="0x1", field_count=None))
    app.files.delete_blob(path)

    app.submit(path)

    assert (app.fields(path), app.records(path)) == ([], [])


def test_new_content_starts_anew(app: App, path: str) -> None:
    """The row is about the newest content; the old content's counts and operation are gone from it."""
    app.drop(path, a_pdf("first", path))
    app.submit(path)
    first = app.document(path)
    etag = app.drop(path, a_pdf("second", path))

    app.submit(path)

    second = app.document(path)
    assert (second.status, second.etag, second.paid_submissions) == ("analyzing", etag, 1)
    assert second.operation_url != first.operation_url
