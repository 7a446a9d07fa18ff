"""Whatever the service sends instead of an answer, the document ends or waits visibly, and memory does not grow."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.blob import BlobServiceClient

from tests.stack.app import App, a_pdf
from tests.stack.scripted_service import ScriptedService, pairs, scripted_service
from tests.stack.test_store import read_by

if TYPE_CHECKING:
    from collections.abc import Iterator


ROOT = Path(__file__).parents[2]
MEBIBYTE = 1024 * 1024
DEEP = b'{"error":' * 50_000
NONSENSE = {
    "empty": b"",
    "a page": b"<html>Bad gateway</html>",
    "not text": b"\xff\xfe\x00\x80" * 100,
    "cut short": b'{"error": {"code": "A',
    "null": b"null",
    "a list": b'[{"error": 1}]',
    "deep": DEEP,
    "of other types": b'{"error": {"code": {"a": 1}, "message": [1, null], "innererror": "text"}}',
    "a huge number": b'{"error": {"code": ' + b"9" * 10_000 + b"}}",
    "long": b'{"error": {"code": "' + b"c" * 900_000 + b'", "message": "m"}}',
}


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose answers the test writes."""
    with scripted_service() as service:
        service.will_answer((200, pairs(("A", "1"))))
        yield service


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize(("status", "ends_as"), [(400, "failed"), (401, "waiting"), (429, "waiting"), (500, "waiting")])
def test_nonsense_with_a_refusal_means_what_its_status_means(
    app: App, service: ScriptedService, path: str, body: bytes, status: int, ends_as: str
) -> None:
    """The POST is refused in no words that we know: the row has a code and a sentence all the same."""
    app.drop(path, a_pdf("refused", path))
    service.refusal = (status, body)

    app.submit(path)

    document = app.document(path)
    assert document.status == ends_as
    assert document.error_code
    assert len(document.error_code) <= 100
    assert str(status) in (document.error_message or "")


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_with_an_acceptance_is_not_read(app: App, service: ScriptedService, path: str, body: bytes) -> None:
    """Of a 202 only the Operation-Location counts."""
    service.acceptance = body
    app.drop(path, a_pdf("accepted", path))

    app.submit(path)

    assert app.document(path).status == "analyzing"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "failed", "error": None},
        {"status": "failed", "error": [1]},
        {"status": "failed", "error": {"code": {"a": 1}, "message": "m" * 50_000}},
        {"status": "failed", "analyzeResult": {"errors": {"code": "2005"}}},
        {"status": "failed", "analyzeResult": [], "padding": "x" * 2 * MEBIBYTE},
    ],
    ids=["null", "a list", "of other types", "errors that are no list", "larger than is kept"],
)
def test_a_failed_analysis_with_a_nonsensical_reason_is_failed(
    app: App, service: ScriptedService, path: str, answer: dict[str, Any]
) -> None:
    """With a code and a sentence of sensible length."""
    app.drop(path, a_pdf("failed", path))
    app.submit(path)
    service.will_answer((200, answer))

    app.poll(path)

    document = app.document(path)
    assert document.status == "failed"
    assert document.error_code
    assert 0 < len(document.error_message or "") <= 2000


STORED = {
    "empty": b"",
    "cut short": b'{"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": [{"page": 1',
    "not text": b"\xff\xfe\x00",
    "a list": b"[]",
    "deep": b'{"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": [' + b"[" * 100_000,
    "deep objects": b'{"analyzeResult": ' + b'{"a":' * 100_000,
    "a huge number": b'{"analyzeResult": {"version": "2.1.0", "readResults": [{"page": ' + b"9" * 10_000 + b"}]}}",
    "of other types": b'{"analyzeResult": {"version": "2.1.0", "readResults": {"page": 1}, "pageResults": "x"}}',
    "one endless text": b'{"analyzeResult": {"version": "2.1.0", "readResults": ["' + b"x" * 80 * MEBIBYTE,
    "garbage": b"x" * 80 * MEBIBYTE,
}


@pytest.mark.parametrize("body", STORED.values(), ids=STORED)
def test_a_stored_result_that_is_none_ends_as_malformed(
    app: App, service: ScriptedService, path: str, body: bytes
) -> None:
    """Somebody wrote over the blob: `failed`, no rows, no second try and nothing paid."""
    read_by(app, service, path, pairs(("A", "1")))
    with BlobServiceClient.from_connection_string(app.storage.connection_string) as account:
        account.get_blob_client("results", app.document(path).result_blob or "").upload_blob(body, overwrite=True)

    app.store(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("failed", "MalformedResult")
    assert (app.fields(path), app.records(path), len(service.posts)) == ([], [], 1)


FLOODS = {
    "garbage": (b"", b"x" * MEBIBYTE),
    "an endless text": (b'{"status": "running", "a": "', b"x" * MEBIBYTE),
    "endless blanks": (b'{"status": "running",', b" " * MEBIBYTE),
    "endless levels": (b'{"status": "running", "a": ', b"[" * MEBIBYTE),
}


@pytest.mark.parametrize("status", [200, 400, 202])
@pytest.mark.parametrize("flood", FLOODS)
def test_hundreds_of_megabytes_are_given_up_in_little_memory(flood: str, status: int) -> None:
    """A process of its own asks for a result, or posts, and is flooded; it says what it made of that."""
    begin, more = FLOODS[flood]
    with flooding(status, begin, more) as url:
        asked = subprocess.run(
            [sys.executable, "-c", FLOODED, url, str(status)], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()

    outcome, mebibytes = asked[0], float(asked[1])
    assert outcome == {200: "MalformedResult", 400: "Never", 202: "accepted"}[status]
    assert mebibytes < 150


FLOODED = """
import resource, sys
from shared.errors import FormsError
from shared.recognizer.analysis import get_result, start_analysis
from shared.recognizer.http import Recognizer, by_key

url, status = sys.argv[1], int(sys.argv[2])
recognizer = Recognizer(url, by_key("key"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    if status == 200:
        outcome = get_result(recognizer, url, lambda piece: None).status
    else:
        outcome = "accepted" if start_analysis(recognizer, "2.1", "prebuilt-layout", "application/pdf", b"1") else ""
except FormsError as error:
    outcome = type(error).__name__
print(outcome, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@contextmanager
def flooding(status: int, begin: bytes, more: bytes) -> Iterator[str]:
    """A server that answers everything with 300 MiB."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Operation-Location", f"http://{self.headers['Host']}/1")
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(begin)
                for _ in range(300):
                    self.wfile.write(more)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:  # noqa: ANN401
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
