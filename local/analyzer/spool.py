"""A request's body goes to a file piece by piece, so that memory does not grow with the document."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from local.analyzer.exchange import Body

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedIOBase

PIECE = 64 * 1024


class BrokenBodyError(Exception):
    """The body is shorter than announced, or its chunks are malformed."""


def spool(stream: BufferedIOBase, headers: Mapping[str, str], folder: Path) -> Body:
    """The whole body of a request, by its Content-Length or in chunks; the caller removes the file."""
    chunked = headers.get("transfer-encoding", "").lower() == "chunked"
    pieces = _chunks(stream) if chunked else _pieces(stream, _length(headers))
    handle, name = tempfile.mkstemp(dir=folder)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
    except BaseException:
        Path(name).unlink()
        raise
    return Body(Path(name), size, digest.hexdigest())


def _length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not text.isdecimal():
        raise BrokenBodyError
    return int(text)


def _pieces(stream: BufferedIOBase, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = stream.read(min(length, PIECE))
        if not piece:
            raise BrokenBodyError
        length -= len(piece)
        yield piece


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    while size := _chunk_size(stream):
        yield from _pieces(stream, size)
        if stream.readline(3) != b"\r\n":
            raise BrokenBodyError
    while stream.readline(PIECE) not in {b"\r\n", b"\n", b""}:
        pass


def _chunk_size(stream: BufferedIOBase) -> int:
    try:
        return int(stream.readline(1024).partition(b";")[0], 16)
    except ValueError as error:
        raise BrokenBodyError from error
