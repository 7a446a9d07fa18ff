"""How much memory one worker needs for a 500 MB file and its result of 2,000 pages (v2.1, about 150 MB).

A process of its own submits the file, polls the result and stores its rows, with real storage (Azurite) and over HTTP;
then another does the same as a short script would: `readall`, `response.json()`, one list of rows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import requests

from bench.flatten import PAGES, loaded_parts, write_v2
from bench.outcome import Outcome, peak_megabytes
from bench.stack import free_ports
from local import storage as azurite
from local.configuration import azurite_connection_string
from shared.fields import Row, columns_of
from shared.messages import Operation, Result, Submission
from shared.names import DOCUMENTS_CONTAINER, RESULTS_CONTAINER
from shared.services import make_services
from shared.settings import StorageConnection, read_settings
from shared.steps.poll import poll_operation
from shared.steps.store import store_fields
from shared.steps.submit import submit_document
from shared.storage.clients import blob_service, table_service
from shared.storage.tables import transactions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from shared.documents import Document
    from shared.services import Services

FILE_MEGABYTES = 500
PIECE = 1024 * 1024
PATH = "large/form.jpg"
OPERATION = "/formrecognizer/v2.1/prebuilt/receipt/analyzeResults/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line says about this benchmark."""
    parser.add_argument("--file-megabytes", type=int, default=FILE_MEGABYTES, help="how large the submitted file is")


def run(options: argparse.Namespace) -> Outcome:
    """Measures the app's steps and the short script, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "result.json")
        with result.open("w", encoding="utf-8") as file:
            file.writelines(write_v2(PAGES))
        found: list[dict[str, Any]] = []
        for way in ("steps", "script"):
            with _storage() as connection, _service(result) as url:
                _drop(connection, options.file_megabytes)
                command = [sys.executable, "-m", "bench.memory", way, connection.connection_string, url]
                done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
                found += [{"way": way, **json.loads(line)} for line in done.stdout.splitlines() if b'"step"' in line]
    columns = ("way", "step", "MB", "s", "peak MB so far")
    rows: list[tuple[str, ...]] = [
        (one["way"], one["step"], f"{one['megabytes']:.0f}", f"{one['seconds']:.1f}", str(one["peak_megabytes"]))
        for one in found
    ]
    return Outcome("one worker, a large file and a large result", columns, rows, {"steps": found})


@contextmanager
def _storage() -> Iterator[StorageConnection]:
    """An empty Azurite with its data in memory: on disk it writes all its rows anew every few seconds."""
    base = free_ports(3)
    connection = StorageConnection(azurite_connection_string(base))
    command = azurite.azurite_command(base, None)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        try:
            while not azurite.answers(azurite.addresses(connection)):
                time.sleep(0.1)
            azurite.provision(connection)
            yield connection
        finally:
            process.terminate()


@contextmanager
def _service(result: Path) -> Iterator[str]:
    """A service that takes any file and answers with `result`, holding neither."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            left = int(self.headers["Content-Length"])
            while left > 0:
                left -= len(self.rfile.read(min(left, PIECE)))
            self.send_response(202)
            self.send_header("Operation-Location", f"{url}{OPERATION}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(result.stat().st_size))
            self.end_headers()
            with result.open("rb") as file:
                while piece := file.read(PIECE):
                    self.wfile.write(piece)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url
        server.shutdown()


def _drop(connection: StorageConnection, megabytes: int) -> None:
    """Puts the file there: a JPEG's first bytes, then noise, different each time."""

    def content() -> Iterator[bytes]:
        yield b"\xff\xd8\xff\xe0" + os.urandom(PIECE - 4)
        for _ in range(megabytes * 1_000_000 // PIECE - 1):
            yield os.urandom(PIECE)

    with blob_service(connection) as blobs:
        blobs.get_blob_client(DOCUMENTS_CONTAINER, PATH).upload_blob(content(), overwrite=True)


# --- the measured process ------------------------------------------------------------------------------------------


def _steps(connection: StorageConnection, url: str) -> None:
    """The app's own three steps."""
    settings = {
        "DOCUMENTS_STORAGE": connection.connection_string,
        "FORM_RECOGNIZER_ENDPOINT": url,
        "FORM_RECOGNIZER_KEY": "key",
        "DEFAULT_MODEL": "prebuilt-receipt",
    }
    services = make_services(read_settings(settings))
    with _measured("submit") as measure:
        submit_document(services, Submission(PATH, etag=""))
        document = _document(services, "analyzing")
        measure["megabytes"] = document.size / 1e6
    with _measured("poll") as measure:
        poll_operation(services, Operation(PATH, document.etag, document.operation_url or ""))
        document = _document(services, "storing")
        with blob_service(connection) as blobs:
            stored = blobs.get_blob_client(RESULTS_CONTAINER, document.result_blob or "").get_blob_properties()
        measure["megabytes"] = stored.size / 1e6
    with _measured("store") as measure:
        store_fields(services, Result(PATH, document.etag))
        _document(services, "succeeded")
        measure["megabytes"] = stored.size / 1e6


def _document(services: Services, status: str) -> Document:
    """The file's row, which must have this status."""
    document = services.documents.read(PATH)
    if document is None or document.status != status:
        raise RuntimeError(f"The file is not {status}: {document}")
    return document


def _script(connection: StorageConnection, url: str) -> None:
    """The same work as the quickstart does it, and the rows in full transactions."""
    with blob_service(connection) as blobs, table_service(connection) as tables:
        with _measured("submit") as measure:
            content = blobs.get_blob_client(DOCUMENTS_CONTAINER, PATH).download_blob().readall()
            measure["megabytes"] = len(content) / 1e6
            answer = requests.post(f"{url}/analyze", data=content, timeout=100)
            operation = answer.headers["Operation-Location"]
        del content
        with _measured("poll") as measure:
            result = requests.get(operation, timeout=100)
            result.json()
            measure["megabytes"] = len(result.content) / 1e6
            blobs.get_blob_client(RESULTS_CONTAINER, "script.json").upload_blob(result.content, overwrite=True)
        with _measured("store") as measure:
            body = blobs.get_blob_client(RESULTS_CONTAINER, "script.json").download_blob()
            measure["megabytes"] = body.size / 1e6
            parts = loaded_parts(cast("BinaryIO", body))
            rows = [columns_of(part, 0.8) for part in parts if isinstance(part, Row)]
            keyed = [{"PartitionKey": "script", "RowKey": f"{number:08d}", **row} for number, row in enumerate(rows)]
            for batch in transactions(("upsert", row) for row in keyed):
                tables.get_table_client("Fields").submit_transaction(batch)


@contextmanager
def _measured(step: str) -> Iterator[dict[str, Any]]:
    """Prints how long the block took and the most memory this process ever had."""
    found: dict[str, Any] = {"step": step}
    started = time.perf_counter()
    yield found
    found["seconds"] = round(time.perf_counter() - started, 1)
    found["peak_megabytes"] = peak_megabytes()
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    {"steps": _steps, "script": _script}[sys.argv[1]](StorageConnection(sys.argv[2]), sys.argv[3])
