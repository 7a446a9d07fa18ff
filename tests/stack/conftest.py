"""Real storage (Azurite, in memory) and the real analyzer, started once for all tests of this folder."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local import storage as azurite
from local.configuration import azurite_connection_string
from local.parts import gets_an_answer
from shared.settings import StorageConnection
from tests.stack.app import App, make_app
from tests.stack.person import Person, make_person
from tests.stack.scripted_service import ScriptedService, pairs, scripted_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]
FAST = ("--seconds", "0.2", "--no-quota")


@dataclass(frozen=True, slots=True)
class Analyzer:
    """A running analyzer: its address without a slash at the end, the key it accepts, and what it keeps on disk."""

    url: str
    key: str
    state: Path


@pytest.fixture(scope="session")
def storage(free_ports: Callable[[int], int], eventually: Eventually) -> Iterator[StorageConnection]:
    """An empty account with our containers, queues and tables; `.connection_string` is what SDKs and settings take."""
    with running_storage(free_ports(3), eventually) as connection:
        yield connection


@contextmanager
def running_storage(base: int, eventually: Eventually) -> Iterator[StorageConnection]:
    """An account of one's own, on three ports from `base`."""
    connection = StorageConnection(azurite_connection_string(base))
    with _child(azurite.azurite_command(base, None)) as process:
        urls = azurite.addresses(connection)
        eventually(lambda: process.poll() is not None or azurite.answers(urls), "an answer of Azurite")
        azurite.provision(connection)
        yield connection


@pytest.fixture(scope="session")
def analyzer(
    free_ports: Callable[[int], int], eventually: Eventually, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Analyzer]:
    """An analyzer that takes a fifth of a second for a document and has no quota."""
    port, key, state = free_ports(1), secrets.token_hex(8), tmp_path_factory.mktemp("analyzer")
    command = [sys.executable, "-m", "local.analyzer", "--port", str(port), "--state", str(state), "--stop-with-stdin"]
    url = f"http://127.0.0.1:{port}"
    with _child([*command, *FAST], FORM_RECOGNIZER_KEY=key) as process:
        health = f"{url}/_analyzer/health"
        eventually(lambda: process.poll() is not None or gets_an_answer(health), "an answer of the analyzer")
        yield Analyzer(url, key, state)


@pytest.fixture
def person(storage: StorageConnection, analyzer: Analyzer) -> Person:
    """Someone at a terminal of this stack."""
    return make_person(storage, analyzer)


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Makes a name for a queue, container or route that no other test uses."""
    return lambda prefix: f"{prefix}-{secrets.token_hex(4)}"


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose results the test writes."""
    with scripted_service() as service:
        service.will_answer((200, pairs(("Total:", "12.50"))))
        yield service


@pytest.fixture
def app(storage: StorageConnection, service: ScriptedService) -> App:
    """A worker of that service that analyzes equal bytes anew, with empty queues."""
    app = make_app(storage, service.url, "key", REUSE_RESULTS="false")
    app.forget_messages()
    return app


@pytest.fixture
def path(unique: Callable[[str], str]) -> str:
    """A file that no other test drops."""
    return f"{unique('folder')}/a.pdf"


@contextmanager
def _child(command: list[str], **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, and also when the test run is killed: its standard input closes."""
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **settings}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
