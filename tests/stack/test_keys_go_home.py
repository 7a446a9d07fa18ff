"""The key goes to the configured endpoint only, and no secret and no text of a document reaches a log or a row."""

from __future__ import annotations

import logging
import re
import socket
import threading
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import AzureError
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from shared.messages import Operation
from shared.recognizer.http import Recognizer, by_key
from shared.settings import StorageConnection
from shared.steps.poll import poll_operation
from shared.storage.clients import blob_service, queue_service, table_service
from tests.stack.app import App, a_pdf, make_app
from tests.stack.scripted_service import ScriptedService, pairs, scripted_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "the-key-of-this-resource"
TEXT = "Confidential amount"


@dataclass
class Stranger:
    """A server that is not ours; counts whoever connects."""

    port: int = 0
    connections: list[bytes] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Stranger]:
    """A running one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stranger = Stranger(server.getsockname()[1])
        threading.Thread(target=_serve, args=(server, stranger), daemon=True).start()
        yield stranger


def _serve(server: socket.socket, stranger: Stranger) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                stranger.connections.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose results the test writes."""
    with scripted_service() as service:
        service.will_answer((200, pairs((f"{TEXT}:", TEXT))))
        yield service


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """A server at another port."""
    with listening() as stranger:
        yield stranger


@pytest.fixture
def app(storage: StorageConnection, service: ScriptedService) -> App:
    """A worker of that service, with empty queues."""
    app = make_app(storage, service.url, KEY, REUSE_RESULTS="false")
    app.forget_messages()
    return app


@pytest.fixture
def path(unique: Callable[[str], str]) -> str:
    """A file that no other test drops."""
    return f"{unique('folder')}/a.pdf"


TRICKS = [
    "http://{evil}/x",
    "https://{ours}/x",
    "http://{ours}@{evil}/x",
    "http://{ours}:pw@{evil}/x",
    "http://{evil}\\@{ours}/x",
    "http://{evil}\\\\@{ours}/x",
    "\thttp://{evil}\\@{ours}/x",
    " http://{evil}\\@{ours}/x",
    "http://{evil}\r\n\\@{ours}/x",
    "http:\\\\{evil}\\@{ours}/x",
    "http://{ours}\\@{evil}/x",
    "http://{evil}/\\@{ours}/x",
    "http://{evil}#@{ours}/x",
    "http://{evil}?@{ours}/x",
    "http://{evil}%2f@{ours}/x",
    "http://{evil}%23@{ours}/x",
    "http://{evil}\x00@{ours}/x",
    "http://{evil};@{ours}/x",
    "http://{evil}\u2044@{ours}/x",
    "http://{evil}\uff0f@{ours}/x",
    "http://user:pw@{ours}/x",
    "http://{ours}\n@{evil}/x",
    "http://{ours}%40{evil}/x",
    "http://{ours}.{evil}/x",
    "http://{ours}:{port}/x",
    "http://127.0.0.1.:{our_port}/x",
    "http://localhost:{our_port}/x",
    "http://[::1]:{port}/x",
    "http://[::ffff:127.0.0.1]:{our_port}/x",
    "http://2130706433:{our_port}/x",
    "http://0x7f.0.0.1:{port}/x",
    "http://\u0661\u0662\u0667.0.0.1:{port}/x",
    "http://\uff11\uff12\uff17.0.0.1:{our_port}/x",
    "//{evil}/x",
    "//{ours}/x",
    "http:/{ours}/x",
    "http:///{evil}/x",
    "http:{ours}/x",
    "{ours}/x",
    "/x",
    "",
    "file:///etc/passwd",
    "ftp://{ours}/x",
    "http+unix://{ours}/x",
    "http://{ours}\\x",
    "http://{ours}/x y",
    "http://{ours}/x\r\nX-Evil: 1",
    "http://{ours}/\u00e9",
]


def filled(trick: str, service: ScriptedService, stranger: Stranger) -> str:
    """The URL of a trick, with the two servers' addresses."""
    ours = service.url.removeprefix("http://")
    our_port = ours.partition(":")[2]
    return trick.format(ours=ours, evil=f"127.0.0.1:{stranger.port}", port=stranger.port, our_port=our_port)


def test_no_trick_with_a_url_gets_a_request(app: App, service: ScriptedService, stranger: Stranger, path: str) -> None:
    """Whether the service answered with it, or somebody wrote it into a message, or even on the row."""
    recognizer = Recognizer(service.url, by_key(KEY))
    app.drop(path, a_pdf("tricks", path))
    app.submit(path)
    mine = app.document(path)
    for trick in TRICKS:
        url = filled(trick, service, stranger)
        assert not recognizer.is_ours(url), url

        poll_operation(app.services, Operation(path, mine.etag, url))
        written = app.services.documents.write(replace(app.document(path), operation_url=url, polls=0))
        poll_operation(app.services, Operation(path, mine.etag, written.operation_url or ""))
        there = app.document(path)
        assert (there.status, there.error_code, there.paid_submissions) == ("analyzing", "ForeignUrl", 1), url

    assert service.gets == []
    assert stranger.connections == []


@pytest.mark.parametrize(
    "trick", [trick for trick in TRICKS if trick == trick.strip() and trick.isascii() and trick.isprintable()]
)
def test_an_operation_location_elsewhere_ends_the_document(
    app: App, service: ScriptedService, stranger: Stranger, path: str, trick: str
) -> None:
    """It may be paid for, so it is not sent again; nobody is asked at that place."""
    service.operation_location = filled(trick, service, stranger)
    app.drop(path, a_pdf("elsewhere", path))

    app.submit(path)

    document = app.document(path)
    assert (document.status, document.error_code, document.paid_submissions) == ("failed", "NoOperation", 1)
    assert (len(service.posts), service.gets, stranger.connections) == (1, [], [])


def test_an_operation_location_too_long_for_a_row_ends_the_document(
    app: App, service: ScriptedService, path: str
) -> None:
    """Cut on the row, it would never again be the one in the message."""
    service.operation_location += "x" * 40_000
    app.drop(path, a_pdf("long", path))

    app.submit(path)

    assert (app.document(path).status, app.document(path).error_code) == ("failed", "NoOperation")


@pytest.mark.parametrize("written", ["HTTP://{ours}/X", "http://{ours}/x?y=1&z=%20", "http://{ours}"])
def test_our_own_endpoint_is_ours_however_it_is_written(
    service: ScriptedService, stranger: Stranger, written: str
) -> None:
    """The scheme in capitals, a query; and a port that is the scheme's own may be left out."""
    assert Recognizer(service.url, by_key(KEY)).is_ours(filled(written, service, stranger))
    regional = Recognizer("https://westeurope.api.cognitive.microsoft.com", by_key(KEY))
    assert regional.is_ours("https://WestEurope.api.cognitive.microsoft.com:443/formrecognizer/v2.1/x")
    assert not regional.is_ours("https://westeurope.api.cognitive.microsoft.com:444/formrecognizer/v2.1/x")
    assert not regional.is_ours("https://westeurope.api.cognitive.microsoft.com./formrecognizer/v2.1/x")
    assert not regional.is_ours("https://we\u017fteurope.api.cognitive.microsoft.com/formrecognizer/v2.1/x")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_neither_from_a_post_nor_from_a_get(
    app: App, service: ScriptedService, stranger: Stranger, path: str, status: int
) -> None:
    """It is a wrong endpoint, not an answer; the document waits."""
    service.location = f"http://127.0.0.1:{stranger.port}/x"
    app.drop(path, a_pdf("redirected", path))
    service.will_refuse(status, {})
    app.submit(path)
    assert (app.document(path).status, app.document(path).paid_submissions) == ("waiting", 0)
    assert "FORM_RECOGNIZER_ENDPOINT" in (app.document(path).error_message or "")

    service.refusal = None
    app.later(minutes=6).submit(path)
    service.will_answer((status, b""))
    app.poll(path)

    assert app.document(path).status == "analyzing"
    assert "FORM_RECOGNIZER_ENDPOINT" in (app.document(path).error_message or "")
    assert stranger.connections == []


# --- logs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_signature(storage: StorageConnection, service: ScriptedService) -> tuple[App, str]:
    """A worker that reaches storage by a shared access signature, and the secret in that."""
    parts = dict(part.split("=", 1) for part in storage.connection_string.rstrip(";").split(";"))
    signature = generate_account_sas(
        parts["AccountName"],
        parts["AccountKey"],
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(
            read=True, write=True, delete=True, list=True, add=True, create=True, update=True, process=True
        ),
        datetime.now(UTC) + timedelta(hours=1),
        services="bqt",
    )
    endpoints = [f"{name}={parts[name]}" for name in ("BlobEndpoint", "QueueEndpoint", "TableEndpoint")]
    connection = StorageConnection(";".join([*endpoints, f"SharedAccessSignature={signature}"]))
    secret = next(part for part in signature.split("&") if part.startswith("sig=")).removeprefix("sig=")
    return replace(make_app(connection, service.url, KEY, REUSE_RESULTS="false"), storage=storage), secret


def test_no_secret_and_no_text_is_logged_at_any_level(
    with_signature: tuple[App, str], service: ScriptedService, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not by us and not by a library, while a document goes through, fails, and meets faults."""
    app, secret = with_signature
    with caplog.at_level(logging.DEBUG):
        app.drop(path, a_pdf(TEXT, path))
        service.will_refuse(401, {"error": {"code": "401", "message": f"No. {TEXT}"}})
        app.submit(path)
        service.refusal = None
        app.later(minutes=6).submit(path)
        for answer in (f"<html>{TEXT}</html>".encode(), f'{{"status": "succeeded", "{TEXT}'.encode()):
            service.will_answer((200, answer))
            app.poll(path)
        service.will_answer((200, pairs((f"{TEXT}:", TEXT))))
        app.poll(path)
        app.store(path)
        assert app.document(path).status == "succeeded"
        app.drop(path, a_pdf(TEXT, path, "again"))
        app.submit(path)
        service.will_answer((200, {"status": "failed", "error": {"code": "InvalidContent", "message": TEXT}}))
        app.poll(path)
        assert app.document(path).status == "failed"

    lines = [record.getMessage() for record in caplog.records if record.name != "faker"]
    assert any("document_stored" in line for line in lines)
    assert not [line for line in lines if KEY in line or secret in line or "sig=" in line or TEXT in line]


@pytest.mark.parametrize("service_of", [blob_service, queue_service, table_service])
def test_storage_that_cannot_be_reached_tells_no_signature(
    with_signature: tuple[App, str], stranger: Stranger, service_of: Callable[[StorageConnection], Any]
) -> None:
    """The SDK's errors have a cause that quotes the URL, here of a server without TLS; the host logs causes, too."""
    app, secret = with_signature
    text = app.services.settings.storage.connection_string
    nowhere = StorageConnection(re.sub(r"http://127\.0\.0\.1:\d+", f"https://127.0.0.1:{stranger.port}", text))

    with pytest.raises(AzureError) as caught:
        service_of(nowhere).get_service_properties(retry_total=0)

    assert secret not in "".join(traceback.format_exception(caught.value))
