"""A stand-in for the service that gives recorded answers: for results and faults that the analyzer does not make."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class ScriptedService:
    """Accepts every document; answers the questions for its result with `answers` in order, the last one for ever."""

    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    operation_location: str = ""
    location: str = ""
    """Where a redirect leads."""

    acceptance: bytes = b""
    """The body of a 202; the service's own has none."""

    refusal: tuple[int, bytes] | None = None
    posts: list[tuple[str, bytes]] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def will_answer(self, *answers: tuple[int, object]) -> None:
        """Sets the answers: statuses with a body, JSON or bytes."""
        self.answers = [(status, body if isinstance(body, bytes) else _json(body)) for status, body in answers]

    def will_refuse(self, status: int, body: object) -> None:
        """Has it refuse every document from now on."""
        self.refusal = (status, _json(body))


@contextmanager
def scripted_service() -> Iterator[ScriptedService]:
    """A running one."""
    service = ScriptedService()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    service.url = f"http://127.0.0.1:{server.server_port}"
    service.operation_location = f"{service.url}/formrecognizer/v2.1/layout/analyzeResults/1"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pairs(*texts: tuple[str, str | None], confidence: float = 0.9) -> dict[str, Any]:
    """A v2.1 result of one page with these keys and values."""
    found = [
        {"key": {"text": key}, "confidence": confidence, **({"value": {"text": value}} if value is not None else {})}
        for key, value in texts
    ]
    page = {"page": 1, "keyValuePairs": found, "tables": []}
    read = {"page": 1, "angle": 0, "width": 8.5, "height": 11, "unit": "inch"}
    result = {"version": "2.1.0", "readResults": [read], "pageResults": [page], "documentResults": [], "errors": []}
    return {"status": "succeeded", "analyzeResult": result}


def _handler(service: ScriptedService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.posts.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            service.headers.append(dict(self.headers))
            if service.refusal:
                self._answer(*service.refusal)
                return
            self.send_response(202)
            self.send_header("Operation-Location", service.operation_location)
            self.send_header("Content-Length", str(len(service.acceptance)))
            self.end_headers()
            self.wfile.write(service.acceptance)

        def do_GET(self) -> None:
            service.gets.append(self.path)
            self._answer(*(service.answers.pop(0) if len(service.answers) > 1 else service.answers[0]))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if service.location:
                self.send_header("Location", service.location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401
            pass

    return Handler


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
