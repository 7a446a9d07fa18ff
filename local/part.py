"""One part of the stack as a child process: started, watched and stopped; it ends when we do, however we end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """What is run: `title` as sentences call it, `ports` it must find free, `own` the folder that no other may use.

    Its standard output carries the line `ready` if `says_ready`; else it goes where its log goes.
    """

    title: str
    command: list[str]
    ports: range = range(0)
    own: Path | None = None
    log: Path | None = None
    says_ready: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class RunningPart:
    """A part and its process. The process ends when its standard input is closed, by us or by our death."""

    part: Part
    process: subprocess.Popen[bytes]
    said: bytearray = field(default_factory=bytearray)

    def has_said_ready(self) -> bool:
        """Whether it has written the line `ready`; never waits."""
        if self.process.stdout and (more := self.process.stdout.read()):
            self.said.extend(more)
        return b"ready\n" in self.said


def port_in_use(part: Part) -> int | None:
    """The first of the part's ports that someone listens at."""
    for port in part.ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return port
    return None


def lock(folder: Path) -> int | None:
    """A file descriptor that owns `folder` as long as a process that inherits it lives; None if another does."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "in-use.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def start(part: Part, root: Path, descriptor: int | None) -> RunningPart:
    """Starts the part in `root`; `descriptor`, the lock on its folder, becomes the part's alone."""
    with contextlib.ExitStack() as stack:
        log: IO[bytes] | None = stack.enter_context(part.log.open("ab")) if part.log else None
        process = subprocess.Popen(
            part.command,
            cwd=root,
            env=dict(part.environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if part.says_ready else log or sys.stderr,
            stderr=log,
            pass_fds=() if descriptor is None else (descriptor,),
        )
        if descriptor is not None:
            os.close(descriptor)
    if process.stdout:
        os.set_blocking(process.stdout.fileno(), False)
    return RunningPart(part, process)


def ask_to_stop(running: RunningPart) -> None:
    """Tells the part to end; returns at once."""
    if running.process.stdin:
        with contextlib.suppress(OSError):
            running.process.stdin.close()
    if running.process.poll() is None:
        running.process.terminate()


def wait_until_stopped(running: RunningPart, seconds: float) -> None:
    """Returns when the part has ended, and sees to it after `seconds`."""
    try:
        running.process.wait(seconds)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()
    if running.process.stdout:
        running.process.stdout.close()
