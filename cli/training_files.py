"""Training files: chosen from a local folder, mirrored into the container `training`, and shown to the service."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from azure.storage.blob import ContainerSasPermissions, ContentSettings, generate_container_sas

from shared.errors import TrainingFailed, WrongSetting
from shared.names import CONNECTION, TRAINING_CONTAINER
from shared.storage.clients import blob_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shared.services import Services

SUFFIXES = {".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"}
LEAST_FORMS = 5
SAS_LIVES = timedelta(hours=24)
"""Longer than a training takes."""

CLOCKS_DIFFER = timedelta(minutes=15)


def training_files(folder: Path) -> list[Path]:
    """The forms in `folder`, by name; raises `TrainingFailed` when there are too few to learn from."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in SUFFIXES)
    with_empty = any("empty" in path.name.lower() for path in files)
    if len(files) < (3 if with_empty else LEAST_FORMS):
        need = "at least five filled ones, or two filled and one with `empty` in its name"
        raise TrainingFailed("TooFewForms", f"{folder} holds {len(files)} forms; the service learns from {need}.")
    return files


def upload_training_files(services: Services, name: str, files: list[Path]) -> Iterator[Path]:
    """Makes `training/<name>/` hold exactly `files`; yields each when it is there, uploaded only if it changed."""
    container = blob_service(services.settings.storage).get_container_client(TRAINING_CONTAINER)
    there = {blob.name: blob.content_settings.content_md5 for blob in container.list_blobs(f"{name}/")}
    for path in files:
        content = path.read_bytes()
        digest = bytearray(hashlib.md5(content, usedforsecurity=False).digest())
        if there.pop(f"{name}/{path.name}", None) != digest:
            settings = ContentSettings(content_md5=digest)
            container.upload_blob(f"{name}/{path.name}", content, overwrite=True, content_settings=settings)
        yield path
    for gone in there:
        container.delete_blob(gone)


def container_sas_url(services: Services) -> str:
    """The URL of the container `training` with a signature that lets its holder list and read it for a day."""
    account = blob_service(services.settings.storage)
    now = services.now()
    by_key = bool(services.settings.storage.connection_string)
    if by_key and not hasattr(account.credential, "account_key"):
        hint = "it must hold the account's key, or be set by addresses and an identity"
        raise WrongSetting(CONNECTION, f"{CONNECTION} can't sign a URL for the service to read the forms by; {hint}.")
    delegation = None if by_key else account.get_user_delegation_key(now - CLOCKS_DIFFER, now + SAS_LIVES)
    signature = generate_container_sas(
        str(account.account_name),
        TRAINING_CONTAINER,
        permission=ContainerSasPermissions(read=True, list=True),
        expiry=now + SAS_LIVES,
        account_key=None if delegation else account.credential.account_key,
        user_delegation_key=delegation,
    )
    return f"{account.get_container_client(TRAINING_CONTAINER).url}?{signature}"
