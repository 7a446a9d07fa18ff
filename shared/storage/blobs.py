"""Reading documents and results, and writing results, without holding a large one in memory."""

from __future__ import annotations

import hashlib
import io
import uuid
from typing import TYPE_CHECKING

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, ContentSettings

from shared.storage.clients import PIECE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from azure.storage.blob import BlobClient, ContainerClient, StorageStreamDownloader
    from typing_extensions import Buffer

HELD_BYTES = 8 * 1024 * 1024
"""A document or result up to this size is read once and kept while it is worked on; a larger one is read twice."""

GONE = (ResourceNotFoundError, ResourceModifiedError)
"""What reading raises when the blob was deleted, or has other content than when it was opened."""


class Content:
    """One content of a blob. Iterating it reads it in pieces, as often as asked; it never mixes two contents."""

    def __init__(self, blob: BlobClient) -> None:
        """Opens the blob as it is now; raises `ResourceNotFoundError` when there is none."""
        opened = blob.download_blob()
        self._blob = blob
        self.etag = str(opened.properties.etag).strip('"')
        self.dropped_at: datetime | None = opened.properties.last_modified
        self.size = int(opened.size)
        self._held = opened.readall() if self.size <= HELD_BYTES else None

    def __len__(self) -> int:
        """The size in bytes; with it `requests` sends a Content-Length."""
        return self.size

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, in pieces. Raises one of `GONE` when they are no longer there."""
        if self._held is not None:
            yield self._held
        else:
            yield from self._download().chunks()

    def head(self, size: int) -> bytes:
        """The first bytes."""
        return self._held[:size] if self._held is not None else self._download(0, size).readall()

    def sha256(self) -> str:
        """The SHA-256 of all bytes, in hex."""
        digest = hashlib.sha256()
        for piece in self:
            digest.update(piece)
        return digest.hexdigest()

    def reader(self) -> io.BytesIO | io.BufferedReader:
        """The bytes as a file that can seek; reading raises one of `GONE` when they are no longer there."""
        if self._held is not None:
            return io.BytesIO(self._held)
        return io.BufferedReader(_BlobFile(self._blob, self.etag, self.size), PIECE_BYTES)

    def _download(self, offset: int | None = None, length: int | None = None) -> StorageStreamDownloader[bytes]:
        return self._blob.download_blob(
            offset=offset, length=length, etag=f'"{self.etag}"', match_condition=MatchConditions.IfNotModified
        )


class _BlobFile(io.RawIOBase):
    """What `io.BufferedReader` reads pieces from."""

    def __init__(self, blob: BlobClient, etag: str, size: int) -> None:
        self._blob, self._etag, self._size, self._at = blob, etag, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        room = memoryview(buffer).cast("B")
        length = min(len(room), self._size - self._at)
        if length <= 0:
            return 0
        piece = self._blob.download_blob(
            self._at, length, etag=f'"{self._etag}"', match_condition=MatchConditions.IfNotModified
        ).readall()
        room[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class Results:
    """The container `results`: the service's whole answers, as they came."""

    def __init__(self, container: ContainerClient) -> None:
        self._container = container

    def open(self, name: str) -> io.BytesIO | io.BufferedReader | None:
        """The result called `name` as a file that can seek, or None when it is not there."""
        try:
            return Content(self._container.get_blob_client(name)).reader()
        except ResourceNotFoundError:
            return None

    def exists(self, name: str) -> bool:
        """Whether the result called `name` is there."""
        return bool(self._container.get_blob_client(name).exists())

    def keep(self, name: str, body: bytes) -> None:
        """Writes a small blob."""
        self._container.upload_blob(name, body, overwrite=True)

    def stage(self, name: str) -> StagedResult:
        """A result to be written piece by piece; nobody sees it before it is committed."""
        return StagedResult(self._container.get_blob_client(name))


class StagedResult:
    """A blob in the making. What is never committed is dropped by the storage service after a week."""

    def __init__(self, blob: BlobClient) -> None:
        self._blob = blob
        self._pending = bytearray()
        self._blocks: list[BlobBlock] = []

    def write(self, piece: bytes) -> None:
        """Adds bytes; a full piece goes to the service as a block."""
        self._pending += piece
        if len(self._pending) >= PIECE_BYTES:
            self._stage_pending()

    def commit(self) -> None:
        """Makes all that was written the blob's content, in one step."""
        kind = ContentSettings(content_type="application/json")
        if not self._blocks:
            self._blob.upload_blob(bytes(self._pending), overwrite=True, content_settings=kind)
            return
        if self._pending:
            self._stage_pending()
        self._blob.commit_block_list(self._blocks, content_settings=kind)

    def _stage_pending(self) -> None:
        block = BlobBlock(str(uuid.uuid4()))
        self._blob.stage_block(block.id, bytes(self._pending))
        self._blocks.append(block)
        self._pending.clear()
