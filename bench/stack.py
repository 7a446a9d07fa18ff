"""A local stack in processes that a benchmark starts, kills and starts again; all of them end when it does."""

from __future__ import annotations

import os
import secrets
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from local import parts, storage
from local.configuration import ENDPOINT, HOST_CONNECTION, azurite_connection_string
from local.part import Part, RunningPart, ask_to_stop, lock, start, wait_until_stopped
from shared.names import CONNECTION
from shared.settings import StorageConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[1]
STORAGE, ANALYZER = "storage", "analyzer"
ANSWERS_WITHIN = 60
STOPPED_WITHIN = 10


@dataclass(frozen=True)
class Stack:
    """What runs, by name: `STORAGE`, `ANALYZER`, and hosts under names of one's own."""

    state: Path
    port_base: int
    environment: dict[str, str] = field(repr=False)
    running: dict[str, RunningPart] = field(default_factory=dict)

    @property
    def connection(self) -> StorageConnection:
        """Its storage."""
        return StorageConnection(self.environment[CONNECTION])

    @property
    def endpoint(self) -> str:
        """Its analyzer."""
        return self.environment[ENDPOINT]

    def start_storage(self) -> None:
        """Starts Azurite on what it left on disk, and waits until it answers."""
        self._start(STORAGE, parts.storage_part(self.environment, self.port_base, self.state))
        urls = storage.addresses(self.connection)
        _wait(lambda: storage.answers(urls), "Azurite")
        storage.provision(self.connection)

    def start_analyzer(self, options: Sequence[str]) -> None:
        """Starts the analyzer and waits until it answers."""
        self._start(ANALYZER, parts.analyzer_part(self.environment, self.port_base, self.state, options))
        _wait(lambda: parts.gets_an_answer(f"{self.endpoint}/_analyzer/health"), "the analyzer")

    def start_host(self, name: str, options: Sequence[str], command: Sequence[str] = ()) -> None:
        """Starts a functions host, or the `command` that runs one; it says `ready` some seconds later."""
        part = parts.host_part(self.environment, options)
        self._start(name, replace(part, command=[*command, *options]) if command else part)

    def stop(self, name: str) -> None:
        """Asks a part to end (SIGTERM) and waits until it has."""
        ask_to_stop(self.running[name])
        wait_until_stopped(self.running.pop(name), STOPPED_WITHIN)

    def kill(self, name: str) -> None:
        """Ends a part with SIGKILL."""
        self.running[name].process.kill()
        self.stop(name)

    def _start(self, name: str, part: Part | None) -> None:
        if part is None:
            raise RuntimeError(f"The settings place {name} elsewhere.")
        logged = replace(part, log=self.state / f"{name}.log")
        self.running[name] = start(logged, ROOT, lock(part.own) if part.own else None)


@contextmanager
def empty_stack(state: Path, settings: Mapping[str, str]) -> Iterator[Stack]:
    """A stack on free ports on which nothing runs yet; whatever was started on it is stopped after the block."""
    base = free_ports(4)
    account = azurite_connection_string(base)
    own = {
        CONNECTION: account,
        HOST_CONNECTION: account,
        ENDPOINT: f"http://127.0.0.1:{base + 3}",
        "FORM_RECOGNIZER_KEY": secrets.token_hex(8),
    }
    stack = Stack(state, base, {**os.environ, **settings, **own})
    try:
        yield stack
    finally:
        # The storage was started first and ends last: the others write to it.
        for name in reversed(list(stack.running)):
            stack.stop(name)


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody listens at."""
    while True:
        # Below the ports that the system hands out by itself, so that they stay free while a part is restarted.
        first = secrets.SystemRandom().randrange(12000, 32000, 10)
        probes = [socket.socket() for _ in range(count)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + offset))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        return first


def _wait(answers: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN
    while not answers():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not answer within {ANSWERS_WITHIN} s; its log is in the state folder.")
        time.sleep(0.05)
