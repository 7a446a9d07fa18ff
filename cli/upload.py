"""`upload`: files from this machine go into the container `documents`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContentSettings

from cli.environment import command_services

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azure.storage.blob import ContainerClient

EXAMPLES = ("python -m cli upload samples/purchase-order/read --to purchase-order  # what is in a folder",)


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Files, and folders with files.", exists=True)],
    to: Annotated[str, typer.Option(help="The folder in `documents`; it chooses the model.")] = "",
) -> None:
    """Drops files into the container `documents`, where they are read.

    A file that is there with the same bytes is left alone. A folder keeps its structure below itself.
    """
    container = command_services().files
    for name, path in _named(paths, to.strip("/")):
        print(name if _upload(container, name, path.read_bytes()) else f"{name} (unchanged)")


def _named(paths: Iterable[Path], folder: str) -> Iterator[tuple[str, Path]]:
    """Each file with its name in the container."""
    prefix = f"{folder}/" if folder else ""
    for path in paths:
        if path.is_file():
            yield f"{prefix}{path.name}", path
        for file in sorted(path.rglob("*")) if path.is_dir() else ():
            if file.is_file():
                yield f"{prefix}{file.relative_to(path).as_posix()}", file


def _upload(container: ContainerClient, name: str, content: bytes) -> bool:
    """Whether the file was not there as it is."""
    digest = bytearray(hashlib.md5(content, usedforsecurity=False).digest())
    blob = container.get_blob_client(name)
    try:
        if blob.get_blob_properties().content_settings.content_md5 == digest:
            return False
    except ResourceNotFoundError:
        pass
    blob.upload_blob(content, overwrite=True, content_settings=ContentSettings(content_md5=digest))
    return True
