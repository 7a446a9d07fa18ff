"""Where a command writes its data: to standard output, or to a file that is there whole or not at all."""

from __future__ import annotations

import secrets
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME_UNITS = 200


@contextmanager
def destination(output: Path | None) -> Iterator[IO[bytes]]:
    """A file to write to; None and `-` are standard output.

    The file gets its name when all was written, in the place of one that was there; until then, and if an error or
    Ctrl-C comes between, that one stays. What is no file, such as a pipe, is written to as it is.
    """
    if output is None or str(output) == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = output.resolve()
    if path.is_dir() or not path.parent.is_dir():
        reason = "is a folder" if path.is_dir() else "would be in a folder that is not there"
        raise typer.BadParameter(f"--output: {output} {reason}.")
    if path.exists() and not path.is_file():
        with path.open("wb") as special:
            yield special
        return
    unfinished = path.with_name(f".{path.name[:_NAME_UNITS]}.{secrets.token_hex(4)}.unfinished")
    try:
        with unfinished.open("xb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
