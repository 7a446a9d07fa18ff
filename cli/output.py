"""Where a command writes its data: to standard output, or to a file that is there whole or not at all."""

from __future__ import annotations

import secrets
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import typer

from cli.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME_UNITS = 50
"""Of four bytes each at most, so that the unfinished file's name is not too long either."""


@contextmanager
def destination(output: Path | None) -> Iterator[IO[bytes]]:
    """What `--output` says to write to: `whole_file`, or standard output for None and `-`."""
    if output is None or str(output) == "-":
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole_file(output, "--output") as file:
        yield file


@contextmanager
def whole_file(output: Path, option: str) -> Iterator[IO[bytes]]:
    """A file to write to, which gets its name when all was written, in the place of one that was there.

    Until then, and if an error or Ctrl-C comes between, that one stays. What is no file, such as a pipe, is written to
    as it is. `typer.BadParameter` says what is wrong with the `option`; an `OSError` names `output` as it was given.
    """
    path = output.resolve()
    if path.is_dir() or not path.parent.is_dir():
        reason = "is a folder" if path.is_dir() else "would be in a folder that is not there"
        raise typer.BadParameter(f"{option}: {plain(output)} {reason}.")
    if path.exists() and not path.is_file():
        with path.open("wb") as special:
            yield special
        return
    unfinished = path.with_name(f".{path.name[:_NAME_UNITS]}.{secrets.token_hex(4)}.unfinished")
    try:
        with unfinished.open("xb") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        if str(error.filename) == str(unfinished):
            error.filename, error.filename2 = str(output), None
        raise
    finally:
        unfinished.unlink(missing_ok=True)
