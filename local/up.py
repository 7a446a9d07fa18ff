"""`python -m local up`: storage, the analyzer and the functions host on this machine, until Ctrl-C.

    read the settings -> start the parts side by side -> make containers, queues and tables -> `ready`
    -> watch -> stop the host and the analyzer, then the storage they write to

Standard output carries only the line `ready`. Every part holds the other end of a pipe from this process and ends when
that closes, so that nothing is left behind even when this process is killed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from azure.core.exceptions import AzureError

from local import parts, storage
from local.configuration import ENDPOINT, stack_environment
from local.first_steps import first_steps
from local.part import Part, RunningPart, ask_to_stop, lock, port_in_use, start, wait_until_stopped
from shared.errors import WrongSetting
from shared.names import CONNECTION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.settings import StorageConnection

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
PARTS = ("storage", "analyzer", "host")
DEFAULT_PORT_BASE = 10000
LAST_PORT_BASE = 65531
"""So that five ports fit: three of storage, the analyzer's and that of Core Tools."""

LEAST_FREE = 64 * 2**20
READY_WITHIN = 60
UNLOCKED_WITHIN = 10
"""Seconds for what a killed stack left behind to end: Azurite writes its data first."""
FREE_WITHIN = 5
STOPPED_WITHIN = 8
LOOK_EVERY = 0.05

FAILED = 1
WRONG_CONFIGURATION = 3


class Stopped(Exception):
    """A signal asked us to end."""


class StackFailed(Exception):
    """The stack can't start or go on; `str(error)` is a sentence, `exit_code` how the command ends."""

    def __init__(self, sentence: str, exit_code: int = FAILED) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Stack:
    """What was asked for, what the parts are told, and which of them run so far."""

    options: argparse.Namespace
    environment: dict[str, str] = field(repr=False)
    stopping: threading.Event
    running: dict[str, RunningPart] = field(default_factory=dict)

    @property
    def port_base(self) -> int:
        """The port of the blobs."""
        return int(self.options.port_base or DEFAULT_PORT_BASE)


def main(arguments: Sequence[str]) -> int:
    """Runs the stack until a signal (returns 0), a failure (1) or a wrong configuration (3)."""
    options = _parser().parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        environment = stack_environment(ROOT, options.port_base, os.environ)
        _run(Stack(options, environment, stopping))
    except StackFailed as failure:
        print(failure, file=sys.stderr)
        return failure.exit_code
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return WRONG_CONFIGURATION
    except OSError as error:
        where = error.filename or options.state
        print(f"{where}: {error.strerror}; make room or rights there, or choose another --state.", file=sys.stderr)
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local up", description="Runs the local stack until Ctrl-C.")
    parser.add_argument("--state", type=Path, default=ROOT / ".local", help="the folder of all data (.local)")
    parser.add_argument("--port-base", type=_port_base, help="blobs here, then queues, tables, the analyzer (10000)")
    parser.add_argument("--parts", type=_parts, default=PARTS, help=f"{','.join(PARTS)}: the others run already")
    parser.add_argument("--host", choices=("func",), help="run Azure Functions Core Tools instead of the built-in host")
    parser.add_argument("--analyzer-options", type=shlex.split, default=[], help="passed on to it: '--seconds 0'")
    parser.add_argument("--host-options", type=shlex.split, default=[], help="passed on to it: '--lease 3'")
    return parser


def _port_base(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT_BASE:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to {LAST_PORT_BASE}")
    return int(text)


def _parts(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip() for part in text.split(","))
    for part in wanted:
        if part not in PARTS:
            raise argparse.ArgumentTypeError(f"there is no part {part!r}; there are {', '.join(PARTS)}")
    return wanted


def _run(stack: Stack) -> None:
    _check_that_there_is_room(stack.options.state.absolute())
    try:
        for name, part in _asked_for(stack).items():
            stack.running[name] = _start_when_free(stack, part)
        _wait_until_all_answer(stack)
        print("ready", flush=True)
        _say_what_to_do(stack)
        _until(stack, lambda: None)
    except Stopped:
        pass
    finally:
        _stop(stack)


def _check_that_there_is_room(state: Path) -> None:
    """Azurite ends without a word when the disk is full."""
    state.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(state).free
    if free < LEAST_FREE:
        sentence = f"Only {free // 2**20} MiB are free where {state} is, and {LEAST_FREE // 2**20} are needed"
        raise StackFailed(f"{sentence}; make room, or choose another --state.")


def _say_what_to_do(stack: Stack) -> None:
    # Only of storage that was started here: its key is no secret.
    if {"storage", "host"} <= stack.running.keys():
        connection = parts.documents_connection(stack.environment)
        names = (CONNECTION, ENDPOINT) if stack.options.port_base else ()
        settings = {name: stack.environment[name] for name in names if name in stack.environment}
        print(first_steps(connection.connection_string, settings), file=sys.stderr)


def _asked_for(stack: Stack) -> dict[str, Part]:
    """The parts to start: those of `--parts` that the settings do not place elsewhere."""
    options, environment, port_base = stack.options, stack.environment, stack.port_base
    state = options.state.absolute()
    core_tools = options.host == "func"
    makers: dict[str, Callable[[], Part | None]] = {
        "storage": lambda: parts.storage_part(environment, port_base, state),
        "analyzer": lambda: parts.analyzer_part(environment, port_base, state, options.analyzer_options),
        "host": lambda: (
            parts.core_tools_part(environment, port_base + 4)
            if core_tools
            else parts.host_part(environment, options.host_options)
        ),
    }
    return {name: part for name, maker in makers.items() if name in options.parts and (part := maker())}


def _start_when_free(stack: Stack, part: Part) -> RunningPart:
    descriptor = None
    if part.own:
        descriptor = _until(stack, partial(lock, part.own), UNLOCKED_WITHIN)
        if descriptor is None:
            raise StackFailed(f"Another local stack uses {part.own}; stop that one, or choose another --state.")
    if not _until(stack, lambda: port_in_use(part) is None or None, FREE_WITHIN):
        port = port_in_use(part)
        raise StackFailed(f"Port {port} is in use by another program; stop it, or choose others with --port-base.")
    running = start(part, ROOT, descriptor)
    print(f"{part.title} runs as process {running.process.pid}.", file=sys.stderr)
    return running


def _wait_until_all_answer(stack: Stack) -> None:
    deadline = time.monotonic() + READY_WITHIN
    connection = parts.documents_connection(stack.environment)
    urls = storage.addresses(connection)
    _must_answer(stack, "The storage", partial(storage.answers, urls), deadline)
    _provision(connection)
    if "analyzer" in stack.running:
        health = stack.environment[ENDPOINT].rstrip("/") + "/_analyzer/health"
        _must_answer(stack, "The analyzer", partial(parts.gets_an_answer, health), deadline)
    if "host" in stack.running:
        _must_answer(stack, "The functions host", partial(_host_answers, stack), deadline)


def _must_answer(stack: Stack, title: str, answers: Callable[[], bool], deadline: float) -> None:
    if not _until(stack, lambda: answers() or None, deadline - time.monotonic()):
        raise StackFailed(
            f"{title} did not answer within {READY_WITHIN} seconds; see its log, and that it was started."
        )


def _host_answers(stack: Stack) -> bool:
    if stack.options.host == "func":
        return parts.gets_an_answer(f"http://127.0.0.1:{stack.port_base + 4}/admin/host/status")
    return stack.running["host"].has_said_ready()


def _provision(connection: StorageConnection) -> None:
    try:
        storage.provision(connection)
    except AzureError as error:
        sentence = f"The containers, queues and tables could not be made: {error}; see that DOCUMENTS_STORAGE is right."
        raise StackFailed(sentence) from error


def _until(stack: Stack, condition: Callable[[], T | None], seconds: float | None = None) -> T | None:
    """What `condition` gives once that is not None, or None after `seconds`.

    Raises `Stopped` when a signal comes first, `StackFailed` when a part ends first.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    while (outcome := condition()) is None:
        if deadline is not None and time.monotonic() > deadline:
            return None
        if stack.stopping.wait(LOOK_EVERY):
            raise Stopped
        _check_that_all_live(stack)
    return outcome


def _check_that_all_live(stack: Stack) -> None:
    for running in stack.running.values():
        if (code := running.process.poll()) is not None:
            log = f"its log is {running.part.log}" if running.part.log else "its last lines are above"
            exit_code = WRONG_CONFIGURATION if code == WRONG_CONFIGURATION else FAILED
            raise StackFailed(f"{running.part.title} stopped by itself (exit code {code}); {log}.", exit_code)


def _stop(stack: Stack) -> None:
    """Stops those who write to the storage first, then the storage."""
    running = dict(stack.running)
    last = running.pop("storage", None)
    for group in (list(running.values()), [last] if last else []):
        for one in group:
            ask_to_stop(one)
        for one in group:
            wait_until_stopped(one, STOPPED_WITHIN)
