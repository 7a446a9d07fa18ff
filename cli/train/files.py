"""Training files: in a local folder or in the container `training`, mirrored there, and shown to the service."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from shared.errors import WrongSetting
from shared.names import CONNECTION, TRAINING_CONTAINER
from shared.settings import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from azure.storage.blob import BlobServiceClient, ContainerClient

    from shared.services import Services
    from shared.settings import Settings

LABELS, OCR, FIELDS = ".labels.json", ".ocr.json", "fields.json"
"""What the labeling tools write: two files beside each form, and one for all."""

TOOL_FILES = (".json", ".jsonl", ".fott", ".vott")
SAS_LIVES = timedelta(hours=24)
"""Longer than a training takes; the longest may take ten hours."""

CLOCKS_DIFFER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A file of the training set; `name` is its path within the folder, `digest` changes with its content."""

    name: str
    digest: str
    read: Callable[[], bytes]

    @property
    def is_form(self) -> bool:
        """Whether it is there to be learned from: everything but the labeling tools' files."""
        return not self.name.lower().endswith(TOOL_FILES)

    @property
    def is_nested(self) -> bool:
        """Whether it is in a folder of its own."""
        return "/" in self.name


def local_files(folder: Path, *, subfolders: bool) -> list[TrainingFile]:
    """The files of a local folder, by name, without hidden ones."""
    found = folder.rglob("*") if subfolders else folder.iterdir()
    named = sorted((path.relative_to(folder).as_posix(), path) for path in found if path.is_file())
    return [TrainingFile(name, _md5(path.read_bytes()).hex(), path.read_bytes) for name, path in named if _shown(name)]


def stored_files(services: Services, prefix: str) -> list[TrainingFile]:
    """The files of the container `training` whose names begin with `prefix`; named from its last `/` on."""
    container = _container(services.settings)
    folder = prefix[: prefix.rfind("/") + 1]
    blobs = ((blob.name.removeprefix(folder), blob) for blob in container.list_blobs(prefix))
    return [
        TrainingFile(name, str(blob.etag), partial(_download, container, blob.name))
        for name, blob in blobs
        if _shown(name)
    ]


def folder_prefix(services: Services, prefix: str) -> str:
    """`prefix` with the `/` that a folder's name lacks; the beginning of file names stays as it is."""
    if not prefix or prefix.endswith("/"):
        return prefix
    in_it = _container(services.settings).list_blob_names(name_starts_with=f"{prefix}/")
    return f"{prefix}/" if next(iter(in_it), None) else prefix


def upload(services: Services, prefix: str, files: Sequence[TrainingFile], types: Mapping[str, str]) -> Iterator[str]:
    """Makes sure that the container holds `files` under `prefix`; yields each name when it is there as it is here.

    `types` are the forms' content types by name; every other file is JSON.
    """
    from azure.storage.blob import ContentSettings  # noqa: PLC0415  (slow to import; --help does without)

    container = _container(services.settings)
    there = {
        blob.name: (blob.content_settings.content_md5, blob.content_settings.content_type)
        for blob in container.list_blobs(prefix)
    }
    for file in files:
        content, name = file.read(), prefix + file.name
        digest, kind = bytearray(_md5(content)), types.get(file.name, "application/json")
        if there.get(name) != (digest, kind):
            settings = ContentSettings(content_type=kind, content_md5=digest)
            container.upload_blob(name, content, overwrite=True, content_settings=settings)
        yield file.name


def delete_others(
    services: Services, prefix: str, files: Sequence[TrainingFile], *, labels: bool, nested: bool
) -> None:
    """Deletes under `prefix` what the service would learn from and is not among `files`, taken out of the folder since.

    Without `labels` the labeling tools' files are left alone, and without `nested` what is in subfolders.
    """
    container, kept = _container(services.settings), {file.name for file in files}
    for file in stored_files(services, prefix):
        if file.name not in kept and (labels or file.is_form) and (nested or not file.is_nested):
            container.delete_blob(prefix + file.name)


def container_url(services: Services) -> str:
    """The URL of the container `training`, without a signature: it opens it only to who has a role there."""
    return _container(services.settings).url.partition("?")[0]


def container_sas_url(services: Services) -> str:
    """The URL of the container `training` with a signature that lets its holder list and read it for a day."""
    from azure.storage.blob import ContainerSasPermissions, generate_container_sas  # noqa: PLC0415  (slow to import; --help does without)

    account = _account(services.settings)
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
    return f"{container_url(services)}?{signature}"


def check_reach(source: str, endpoint: str) -> None:
    """Raises `WrongSetting` when the container is on this machine, and the service at `endpoint` is not."""
    if is_loopback(source) and not is_loopback(endpoint):
        reason = f"The service at {endpoint} can't reach this machine; set {CONNECTION} to an account in Azure."
        raise WrongSetting(CONNECTION, reason)


def check_signature(source: str, prefix: str, form: str) -> None:
    """Uses the container's SAS URL as the service will; raises `WrongSetting` when it can't list, or read `form`."""
    from azure.storage.blob import ContainerClient  # noqa: PLC0415  (slow to import; --help does without)

    with ContainerClient.from_container_url(source, retry_total=1) as container:
        _try(lambda: next(iter(container.list_blob_names(name_starts_with=prefix)), None), "list")
        _try(lambda: container.download_blob(form, offset=0, length=1).readall(), "read")


def _try(use: Callable[[], object], verb: str) -> None:
    try:
        use()
    except AzureError as error:
        code = getattr(error, "error_code", None) or type(error).__name__
        reason = (
            f"The signature made for the service can't {verb} the container {TRAINING_CONTAINER} ({code}); look at the "
            f"account's firewall, and whether it allows access by {CONNECTION}'s key or identity."
        )
        # The cause quotes the URL with its signature.
        raise WrongSetting(CONNECTION, reason) from None


def _account(settings: Settings) -> BlobServiceClient:
    from shared.storage.clients import blob_service  # noqa: PLC0415  (slow to import; --help does without)

    return blob_service(settings.storage)


def _container(settings: Settings) -> ContainerClient:
    return _account(settings).get_container_client(TRAINING_CONTAINER)


def _download(container: ContainerClient, name: str) -> bytes:
    return container.download_blob(name).readall()


def _shown(name: str) -> bool:
    return not any(part.startswith(".") for part in name.split("/"))


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()
