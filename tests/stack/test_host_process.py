"""`python -m local.host` as a process: what happens to messages and functions when it ends, well or badly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.storage.queue import QueueServiceClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.storage.queue import QueueClient

    from shared.settings import StorageConnection
    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]

APP = """
import logging
import os
import time
from pathlib import Path

import azure.functions as func

app = func.FunctionApp()


@app.queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="DOCUMENTS_STORAGE")
def work(message: func.QueueMessage) -> None:
    print("a print of the function")
    logging.info("working on %s", message.get_body().decode())
    with Path(os.environ["DIARY"]).open("a") as diary:
        print("begun", message.dequeue_count, file=diary, flush=True)
        time.sleep(float(os.environ["SECONDS"]))
        print("done", message.dequeue_count, file=diary, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Hosts:
    """A function app in a folder, its queue, and the hosts that run it."""

    folder: Path
    queue: QueueClient
    environment: dict[str, str] = field(repr=False)
    eventually: Eventually = field(repr=False)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, seconds: float = 0, *options: str) -> subprocess.Popen[bytes]:
        """A host whose function takes `seconds`; returns when it is ready."""
        command = [sys.executable, "-m", "local.host", "--folder", str(self.folder), *options]
        environment = {**self.environment, "SECONDS": str(seconds)}
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )
        self.processes.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"ready\n", self.log()
        return process

    def log(self) -> str:
        """What the hosts wrote to standard error."""
        return (self.folder / "log").read_text()

    def diary(self) -> list[str]:
        """What the function wrote."""
        path = Path(self.environment["DIARY"])
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def hosts(
    storage: StorageConnection, unique: Callable[[str], str], tmp_path: Path, eventually: Eventually
) -> Iterator[Hosts]:
    """An app with one queue function, run by no host yet."""
    (tmp_path / "function_app.py").write_text(APP)
    (tmp_path / "host.json").write_text('{"extensions": {"queues": {"messageEncoding": "none"}}}')
    account = {"AzureWebJobsStorage": storage.connection_string, "DOCUMENTS_STORAGE": storage.connection_string}
    with QueueServiceClient.from_connection_string(storage.connection_string) as service:
        queue = service.create_queue(unique("work"))
        settings = {**os.environ, **account, "QUEUE": queue.queue_name, "DIARY": str(tmp_path / "diary")}
        settings["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] = "00:00:01"
        hosts = Hosts(tmp_path, queue, settings, eventually)
        yield hosts
    for process in hosts.processes:
        with process:
            process.kill()


def test_the_message_of_a_killed_host_comes_back_when_its_lease_ends(hosts: Hosts, eventually: Eventually) -> None:
    """The next host runs it, and sees that it is the second try."""
    hosts.queue.send_message("x")
    first = hosts.start(600, "--lease", "2")
    eventually(hosts.diary, "a run")

    first.kill()
    hosts.start()
    eventually(lambda: hosts.diary()[-1] == "done 2", "a second run")

    assert hosts.diary() == ["begun 1", "begun 2", "done 2"]


def test_a_host_that_is_asked_to_stop_lets_its_functions_end(hosts: Hosts, eventually: Eventually) -> None:
    """The message is done and deleted."""
    hosts.queue.send_message("x")
    host = hosts.start(1.5)
    eventually(hosts.diary, "a run")

    host.send_signal(signal.SIGTERM)

    assert host.wait(30) == 0
    assert hosts.diary() == ["begun 1", "done 1"]
    assert hosts.queue.get_queue_properties().approximate_message_count == 0


def test_a_function_that_does_not_end_does_not_hold_the_host(hosts: Hosts, eventually: Eventually) -> None:
    """It is cut off; its message is left to its lease."""
    hosts.queue.send_message("x")
    host = hosts.start(600)
    eventually(hosts.diary, "a run")

    host.send_signal(signal.SIGTERM)

    assert host.wait(30) == 0
    assert hosts.diary() == ["begun 1"]
    assert hosts.queue.get_queue_properties().approximate_message_count == 1


def test_a_host_ends_when_its_launcher_is_gone(hosts: Hosts) -> None:
    """Standard input closes, and Ctrl-C alone would not have done it: that is for the launcher to decide."""
    host = hosts.start(0, "--stop-with-stdin")
    host.send_signal(signal.SIGINT)
    assert host.stdin
    assert host.poll() is None

    host.stdin.close()

    assert host.wait(30) == 0


def test_the_log_tells_what_ran_and_shows_what_the_app_says(hosts: Hosts, eventually: Eventually) -> None:
    """Nothing but `ready` goes to standard output, not even a function's print."""
    hosts.queue.send_message("the message")
    host = hosts.start()
    eventually(lambda: "work succeeded in" in hosts.log(), "a line about the run")

    host.send_signal(signal.SIGTERM)
    assert host.wait(30) == 0

    assert host.stdout
    assert host.stdout.read() == b""
    assert "INFO root: working on the message" in hosts.log()
    assert "a print of the function" in hosts.log()


def test_a_trigger_that_it_cannot_run_ends_the_host_with_a_sentence(hosts: Hosts) -> None:
    """Exit code 3 and no traceback."""
    (hosts.folder / "function_app.py").write_text(
        "import azure.functions as func\n"
        "app = func.FunctionApp()\n"
        "@app.route(route='x')\n"
        "def answer(request: func.HttpRequest) -> str:\n"
        "    return 'x'\n"
    )

    host = subprocess.run(
        [sys.executable, "-m", "local.host", "--folder", str(hosts.folder)],
        cwd=ROOT, env=hosts.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert host.returncode == 3
    assert host.stdout == ""
    assert host.stderr.splitlines()[-1].startswith("answer is bound to httpTrigger and http; the local host runs")
