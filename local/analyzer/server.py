"""HTTP/1.1 around a `Service`: one thread a connection, kept alive, one log line a request on stderr."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

from local.analyzer.exchange import Body, Request, Response, error
from local.analyzer.service import Reset, Service, Truncate
from local.analyzer.spool import BrokenBodyError, spool

if TYPE_CHECKING:
    from collections.abc import Mapping

IDLE_SECONDS = 120
NO_BODY = {204, 304}


class AnalyzerServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 and answers from its service."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, service: Service) -> None:
        """Port 0 takes any free one; `server_port` says which."""
        super().__init__(("127.0.0.1", port), Handler)
        self.service = service

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """Spools the body, asks the service, sends the answer."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def _handle(self) -> None:
        service = cast("AnalyzerServer", self.server).service
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = spool(self.rfile, headers, service.jobs.store.incoming)
        except BrokenBodyError:
            self.close_connection = True
            self._send(error(400, "BadArgument", "The body is not what its headers announce."))
            return
        try:
            self._send(service.respond(self._request(headers, body)))
        except Reset:
            self._reset()
        except Truncate as truncate:
            self._send_half(truncate.response)
        finally:
            body.path.unlink(missing_ok=True)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = _handle  # noqa: N815 - the names http.server calls

    def _request(self, headers: Mapping[str, str], body: Body) -> Request:
        target = urlsplit(self.path)
        query = {name.lower(): value for name, value in parse_qsl(target.query, keep_blank_values=True)}
        host = headers.get("host") or f"127.0.0.1:{cast('AnalyzerServer', self.server).server_port}"
        path = "/" + target.path.lstrip("/")
        return Request(self.command, path, query, headers, f"http://{host}", body)

    def _send(self, response: Response) -> None:
        self._send_head(response)
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _send_head(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("apim-request-id", str(uuid.uuid4()))
        if response.status not in NO_BODY:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send_half(self, response: Response) -> None:
        self.close_connection = True
        self._send_head(response)
        self.wfile.write(response.body[: len(response.body) // 2])
        self.wfile.flush()

    def _reset(self) -> None:
        """Closing with lingering off sends RST instead of FIN."""
        self.close_connection = True
        self.log_request("reset")
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()

    def log_request(self, code: object = "-", size: object = "-") -> None:  # noqa: ARG002 - the base class's signature
        """Method, path without the query (it may hold what is secret), status."""
        status = int(code) if isinstance(code, int) else code
        sys.stderr.write(f"analyzer: {self.command} {urlsplit(self.path).path} {status}\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """What http.server itself has to say, such as a malformed request line."""
        sys.stderr.write(f"analyzer: {format % args}\n")
