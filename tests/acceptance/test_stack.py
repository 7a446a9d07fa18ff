"""`python -m local up`: it says when it is ready, ends when it is told to, and starts again after any end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.storage import addresses, answers, azurite_command
from shared import names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Stack, Up
    from tests.conftest import Eventually

PARTS_OF_ALL = {"The storage (Azurite)", "The analyzer", "The functions host"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_says_ready_and_nothing_else_and_ends_cleanly(stack: Stack, number: signal.Signals) -> None:
    """Everything answers, containers and queues stand, and after the signal no process is left."""
    up = stack.up()

    assert set(up.processes()) == PARTS_OF_ALL
    assert {*names.CONTAINERS} <= _containers(stack)
    assert {*names.QUEUES} <= _queues(stack)

    os.killpg(up.process.pid, number)
    assert up.ended() == 0
    assert up.said() == "ready\n"
    assert not _living(up)


@pytest.mark.parametrize("group", [False, True])
def test_a_killed_stack_starts_again_on_its_state(stack: Stack, eventually: Eventually, *, group: bool) -> None:
    """The parts notice that their launcher is gone; what was stored is still there."""
    up = stack.up()
    _containers(stack, "kept")
    log = stack.state / "azurite" / "__azurite_db_blob__.json"
    eventually(lambda: '"kept"' in log.read_text(), "the writing of the container to disk")

    up.kill(group=group)
    again = stack.up()

    assert "kept" in _containers(stack)
    eventually(lambda: not _living(up), "the end of the killed stack's parts")
    assert again.stop() == 0


def test_storage_that_is_told_to_stop_again_and_again_first_writes_what_it_holds(stack: Stack, tmp_path: Path) -> None:
    """Its standard input ends and SIGTERM comes, as from a launcher that stops it; nothing acknowledged is lost."""
    command = azurite_command(stack.port_base, tmp_path / "azurite")
    urls = addresses(stack.connection)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as azurite:
        stack.eventually(lambda: answers(urls), "an answer of Azurite")
        _containers(stack, "kept")

        assert azurite.stdin
        azurite.stdin.close()
        while azurite.poll() is None:
            azurite.terminate()

    assert '"kept"' in (tmp_path / "azurite" / "__azurite_db_blob__.json").read_text()


def test_parts_of_one_stack_run_under_launchers_of_their_own(stack: Stack) -> None:
    """Two hosts share storage and analyzer; the death of one leaves the rest."""
    shared = stack.up("storage,analyzer")
    hosts = [stack.up("host"), stack.up("host")]

    hosts[0].kill_host()

    assert hosts[0].process.returncode == 1
    assert hosts[1].process.poll() is None
    assert shared.process.poll() is None
    assert hosts[1].stop() == 0
    assert shared.stop() == 0


def test_when_a_part_dies_the_others_are_stopped(stack: Stack) -> None:
    """One sentence says which, and where its log is."""
    up = stack.up("storage,analyzer")

    os.kill(up.processes()["The storage (Azurite)"], signal.SIGKILL)

    assert up.ended() == 1
    assert not _living(up)
    assert up.complaints().splitlines()[-1] == (
        f"The storage (Azurite) stopped by itself (exit code -9); its log is {stack.state}/azurite.log."
    )


def test_a_port_in_use_is_named(stack: Stack) -> None:
    """Nothing is started, and the sentence says what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", stack.port_base + 1))
        other.listen()
        up = stack.launch("storage")

        assert up.ended() == 1

    sentence = f"Port {stack.port_base + 1} is in use by another program; stop it, or choose others with --port-base."
    assert up.complaints() == f"{sentence}\n"
    assert up.said() == ""


def test_a_state_in_use_is_named(stack: Stack, new_stack: object) -> None:
    """Two stacks must not write the same files."""
    assert callable(new_stack)
    stack.up("storage")
    other: Stack = new_stack()

    process = other.run(
        "local", "up", "--parts", "storage", "--port-base", str(other.port_base), "--state", str(stack.state)
    )

    assert process.returncode == 1
    assert process.stderr.startswith("Another local stack uses ")


def test_a_wrong_setting_ends_with_code_3_and_a_sentence(stack: Stack) -> None:
    """The configuration is to blame, not the stack."""
    stack.settings["DOCUMENTS_STORAGE"] = "nonsense=1"

    process = stack.run("local", "up", "--parts", "storage")

    assert process.returncode == 3
    assert process.stdout == ""
    assert process.stderr.startswith("DOCUMENTS_STORAGE holds no connection string")


@pytest.mark.parametrize("wrong", [["--parts", "storage,fax"], ["--port-base", "nine"], ["--port-base", "65535"]])
def test_wrong_use_ends_with_code_2(stack: Stack, wrong: list[str]) -> None:
    """Argparse's own sentence follows the usage."""
    process = stack.run("local", "up", *wrong)

    assert process.returncode == 2
    assert process.stdout == ""


def _containers(stack: Stack, new: str = "") -> set[str]:
    with BlobServiceClient.from_connection_string(stack.connection.connection_string) as service:
        if new:
            service.create_container(new)
        return {found.name for found in service.list_containers()}


def _queues(stack: Stack) -> set[str]:
    with QueueServiceClient.from_connection_string(stack.connection.connection_string) as service:
        return {found.name for found in service.list_queues()}


def _living(up: Up) -> list[int]:
    return [pid for pid in up.processes().values() if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
