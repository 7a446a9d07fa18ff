"""Files from this machine go into the container `documents`, several at a time, none whole in memory if it is large."""

from __future__ import annotations

import hashlib
import io
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from cli.upload.drops import Refusal
from shared.errors import Never
from shared.inspection import inspect
from shared.models import choose_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from datetime import datetime
    from pathlib import Path

    from azure.storage.blob import BlobClient

    from cli.upload.drops import Drop
    from shared.services import Services

AT_ONCE = 4
"""Files that are uploaded at the same time, and pieces of one."""

_OF_THE_FILE = (400, 409, 412, 413)
"""What storage says of one file (its name, a lease, a legal hold); all else would be so for every file."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file that is in the container; `is_new` is False when it was there with the same bytes."""

    file: Path
    path: str
    size: int
    etag: str
    dropped_at: datetime
    is_new: bool


def upload_all(
    services: Services, found: Iterable[Drop | Refusal], moved: Callable[[int], None], note: Callable[[str], None]
) -> Iterator[Dropped | Refusal]:
    """What became of each file, in order; `moved` is told of bytes as they are sent, `note` takes sentences.

    Ends early without half a blob, and without waiting for what is under way.
    """
    stop = threading.Event()
    version_for = _versions(services, note)
    ahead: deque[Future[Dropped | Refusal]] = deque()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for one in found:
            version = "" if isinstance(one, Refusal) else version_for(_folder_of(one.path))
            ahead.append(pool.submit(_outcome, services, one, version, moved, stop))
            if len(ahead) > AT_ONCE:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        stop.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _versions(services: Services, note: Callable[[str], None]) -> Callable[[str], str | Never]:
    """Of each folder, the API version that reads it, or why no model would.

    `note` takes a sentence for a folder that is called like no model.
    """

    @cache
    def version_for(folder: str) -> str | Never:
        path = f"{folder}/" if folder else ""
        try:
            reader = choose_reader(path, services.models, services.settings, services.now())
        except Never as error:
            return error
        if reader and folder and reader.name.casefold() != folder.casefold():
            note(f"No model is called {folder!r}: its files are read by {reader.name} (DEFAULT_MODEL).")
        return reader.api_version if reader else services.settings.api_version

    return version_for


def _folder_of(path: str) -> str:
    """The first folder; empty for a file at the root."""
    folder, slash, _ = path.partition("/")
    return folder if slash else ""


def _outcome(
    services: Services, one: Drop | Refusal, version: str | Never, moved: Callable[[int], None], stop: threading.Event
) -> Dropped | Refusal:
    if isinstance(one, Refusal):
        return one
    try:
        if isinstance(version, Never):
            raise version
        return _uploaded(services, one, version, moved, stop)
    except Never as error:
        return Refusal(one.file, one.path, error.code, str(error), one.size)
    except OSError as error:
        return Refusal(one.file, one.path, "Unreadable", f"It can't be read: {error.strerror or error}.", one.size)
    except HttpResponseError as error:
        if error.status_code not in _OF_THE_FILE:
            raise
        reason = str(error).partition("\n")[0]
        code = str(getattr(error, "error_code", None) or error.status_code)
        return Refusal(one.file, one.path, code, f"Storage refused it: {reason}", one.size)


def _uploaded(
    services: Services, drop: Drop, version: str, moved: Callable[[int], None], stop: threading.Event
) -> Dropped:
    from azure.storage.blob import ContentSettings  # noqa: PLC0415  (slow to import; --help does without)

    before = drop.file.stat()
    digest = _md5(drop.file)
    blob = services.files.get_blob_client(drop.path)
    there = _unchanged(blob, digest)
    if there:
        return Dropped(drop.file, drop.path, drop.size, there.etag.strip('"'), there.last_modified, is_new=False)
    kind = inspect(_LocalContent(drop.file, before.st_size), version, services.settings.tier).content_type
    sent = 0

    def told(current: int, _total: int | None) -> None:
        nonlocal sent
        if stop.is_set():
            raise Never("Stopped", "It was not uploaded.")
        moved(current - sent)
        sent = current

    with drop.file.open("rb") as content:
        answer = blob.upload_blob(
            content,
            length=before.st_size,
            overwrite=True,
            content_settings=ContentSettings(content_type=kind, content_md5=digest),
            max_concurrency=AT_ONCE,
            progress_hook=told,
        )
    after = drop.file.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Never("Changed", "It changed while it was uploaded; upload it again when it is finished.")
    return Dropped(drop.file, drop.path, drop.size, answer["etag"].strip('"'), answer["last_modified"], is_new=True)


def _unchanged(blob: BlobClient, digest: bytearray) -> Any:  # noqa: ANN401
    """The properties of the blob if it has these bytes, as far as it says."""
    try:
        there = blob.get_blob_properties()
    except ResourceNotFoundError:
        return None
    return there if there.content_settings.content_md5 == digest else None


def _md5(file: Path) -> bytearray:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False))
    return bytearray(digest.digest())


@dataclass(frozen=True, slots=True)
class _LocalContent:
    file: Path
    size: int

    def head(self, size: int) -> bytes:
        with self.file.open("rb") as content:
            return content.read(size)

    def reader(self) -> io.BytesIO:
        # Asked for of files up to `INSPECTED_BYTES` only.
        return io.BytesIO(self.file.read_bytes())
