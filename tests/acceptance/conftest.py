"""The product as a person runs it: `python -m local up` in its own processes, on free ports, with its own state."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.configuration import azurite_connection_string
from shared.settings import StorageConnection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]
EVERYTHING = "storage,analyzer,host"
INSTRUCTIONS = ("    export DOCUMENTS_STORAGE=", "    az storage ")


@dataclass(frozen=True, slots=True)
class Up:
    """One running `python -m local up`, in a process group of its own."""

    process: subprocess.Popen[bytes]
    output: Path
    log: Path

    def said(self) -> str:
        """What it wrote to standard output so far."""
        return self.output.read_text()

    def complaints(self) -> str:
        """What it and its parts wrote to standard error so far."""
        return self.log.read_text(errors="replace")

    def processes(self) -> dict[str, int]:
        """The process id of each part that it started, by the part's title."""
        found = re.findall(r"^(.+) runs as process (\d+)\.$", self.complaints(), re.MULTILINE)
        return {title: int(pid) for title, pid in found}

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to end as Ctrl-C (SIGINT) or a supervisor (SIGTERM) does; its exit code."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Its exit code, once it has ended; the test fails when it does not."""
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            pytest.fail(f"`local up` did not end. Its log:\n{self.complaints()}")

    def kill(self, *, group: bool = False) -> None:
        """Kills it alone, or with all its parts, so that nobody can clean up."""
        if group:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait(30)

    def kill_host(self) -> None:
        """Kills the functions host; whoever started it ends with exit code 1."""
        os.kill(self.processes()["The functions host"], signal.SIGKILL)
        self.ended()


@dataclass(frozen=True, slots=True)
class Stack:
    """A block of ports, a state on disk, and every `up` that was started on them."""

    port_base: int
    state: Path
    eventually: Eventually = field(repr=False)
    settings: dict[str, str] = field(default_factory=dict, repr=False)
    ups: list[Up] = field(default_factory=list)
    told: list[str] = field(default_factory=list, repr=False)
    """What each command that ran to its end wrote to standard error."""

    @property
    def connection(self) -> StorageConnection:
        """The stack's storage."""
        return StorageConnection(self.settings["DOCUMENTS_STORAGE"])

    @property
    def environment(self) -> dict[str, str]:
        """What every command of the product finds in its environment on this stack."""
        return {**os.environ, **self.settings}

    def launch(self, parts: str = EVERYTHING, *options: str) -> Up:
        """Starts `python -m local up`; does not wait."""
        number = len(self.ups)
        output, log = (self.state.with_name(f"up-{number}.{ending}") for ending in ("out", "err"))
        command = [sys.executable, "-m", "local", "up", "--state", str(self.state), "--parts", parts]
        command += ["--port-base", str(self.port_base), *options]
        with output.open("wb") as stdout, log.open("wb") as stderr:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=stdout, stderr=stderr, start_new_session=True
            )
        self.ups.append(Up(process, output, log))
        return self.ups[-1]

    def up(self, parts: str = EVERYTHING, *options: str) -> Up:
        """Starts `python -m local up` and waits until it says `ready`."""
        up = self.launch(parts, *options)
        self.eventually(lambda: up.said() or up.process.poll() is not None, f"`ready` of {parts}", 60)
        if up.said() != "ready\n":
            pytest.fail(f"`local up` is not ready but said {up.said()!r}. Its log:\n{up.complaints()}")
        return up

    def run(self, *command: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs `python -m <command>` of the product on this stack to its end."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip
        self.told.append(done.stderr)
        return done

    def check_that_no_log_has_a_secret(self) -> None:
        """Of no process that ran here: no key, no signature, and no text of the documents that were dropped.

        `up` shows how to reach its own storage, whose key everybody knows; nothing else may hold that.
        """
        key = self.settings["FORM_RECOGNIZER_KEY"]
        account_key = azurite_connection_string(self.port_base).partition("AccountKey=")[2].partition(";")[0]
        texts = [text for text in _texts_of_documents() if len(text) > 5]
        assert account_key
        for line in "\n".join([*(up.complaints() for up in self.ups), *self.told]).splitlines():
            assert key not in line
            assert "sig=" not in line
            assert account_key not in line or line.startswith(INSTRUCTIONS)
            assert not [text for text in texts if text in line], line

    def end(self) -> None:
        """Stops what still runs, the newest first, and kills what does not stop."""
        for up in reversed(self.ups):
            if up.process.poll() is None:
                up.process.terminate()
                try:
                    up.process.wait(30)
                except subprocess.TimeoutExpired:
                    up.kill(group=True)


def _texts_of_documents() -> list[str]:
    """What stands on the sample forms, and on the documents that the tests of this folder make."""
    forms = [form for truth in ROOT.glob("samples/*/truth.json") for form in json.loads(truth.read_text()).values()]
    return [*(str(value) for form in forms for value in form.values()), "Invoice No:", "dropped while", "for a host"]


@pytest.fixture
def new_stack(
    free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually
) -> Iterator[Callable[[], Stack]]:
    """Makes stacks on which nothing runs yet; whatever a test starts on them is stopped after it."""
    made: list[Stack] = []

    def make() -> Stack:
        folder = tmp_path / f"stack-{len(made)}"
        folder.mkdir()
        base = free_ports(5)
        made.append(Stack(base, folder / "state", eventually, _settings(base)))
        return made[-1]

    yield make
    for stack in made:
        stack.end()
    for stack in made:
        stack.check_that_no_log_has_a_secret()


@pytest.fixture
def stack(new_stack: Callable[[], Stack]) -> Stack:
    """A stack on which nothing runs yet: `stack.up()` starts everything."""
    return new_stack()


def _settings(port_base: int) -> dict[str, str]:
    """What a fresh `local.settings.json` says, whatever the one of this machine holds."""
    account = azurite_connection_string(port_base)
    return {
        "AzureWebJobsStorage": account,
        "DOCUMENTS_STORAGE": account,
        "FORM_RECOGNIZER_ENDPOINT": f"http://127.0.0.1:{port_base + 3}",
        "FORM_RECOGNIZER_KEY": "a key of this test",
    }
