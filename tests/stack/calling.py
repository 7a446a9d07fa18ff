"""Calls of an analyzer over HTTP, and analyzers of one's own to call."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from samples.__main__ import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]
KEY = "analyzer-test-key"
FORM = dict(files(1))["purchase-order/read/po-6.pdf"]
PDF = {"Content-Type": "application/pdf"}
LAYOUT = "/formrecognizer/v2.1/layout/analyze"


class Client:
    """Calls one analyzer with its key."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def call(self, method: str, path: str, *, key: str = KEY, **arguments: Any) -> requests.Response:  # noqa: ANN401
        """A call to a path or a whole URL."""
        headers = {"Ocp-Apim-Subscription-Key": key, **arguments.pop("headers", {})}
        url = path if path.startswith("http") else self.url + path
        return requests.request(method, url, headers=headers, timeout=30, **arguments)

    def post(self, path: str = LAYOUT, content: bytes = FORM, **arguments: Any) -> requests.Response:  # noqa: ANN401
        """A PDF for analysis."""
        return self.call("POST", path, data=content, headers=PDF, **arguments)

    def fault(self, **fault: Any) -> None:  # noqa: ANN401
        """Something to do wrong."""
        assert self.call("POST", "/_analyzer/faults", json=fault).ok

    def counts(self) -> dict[str, Any]:
        """What was counted so far."""
        return dict(self.call("GET", "/_analyzer/counts").json())

    def finished(self, posted: requests.Response) -> dict[str, Any]:
        """The result of an accepted document; nothing as long as there is none."""
        body: dict[str, Any] = self.call("GET", posted.headers["Operation-Location"]).json()
        return body if body["status"] in {"succeeded", "failed"} else {}


@contextmanager
def running(
    port: int, state: Path, eventually: Eventually, *options: str, key: str = KEY
) -> Iterator[tuple[Client, Any]]:
    """An analyzer process of our own."""
    command = [sys.executable, "-m", "local.analyzer", "--port", str(port), "--state", str(state), "--stop-with-stdin"]
    environment = {**os.environ, "FORM_RECOGNIZER_KEY": key}
    with subprocess.Popen([*command, *options], cwd=ROOT, env=environment, stdin=subprocess.PIPE) as process:
        try:
            client = Client(port)
            eventually(lambda: process.poll() is not None or _answers(client), "an answer of the analyzer")
            yield client, process
        finally:
            process.kill()


def _answers(client: Client) -> bool:
    try:
        return client.call("GET", "/_analyzer/health").ok
    except requests.ConnectionError:
        return False
