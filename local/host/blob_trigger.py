"""Blob triggers: containers are listed, each new content gets a receipt and one message, and the message is run.

    listing -> receipt by ETag -> queue azure-webjobs-blobtrigger-<host id> -> function -> webjobs-blobtrigger-poison

Every host on a storage account lists. A receipt is leased while its message is sent, so that only one host sends it.
A finished receipt means that the message was sent, not that the function succeeded.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError

from local.host.triggers import invoke

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from azure.storage.blob import BlobClient, BlobProperties, BlobServiceClient, ContainerClient
    from azure.storage.queue import QueueClient
    from azure.storage.queue import QueueMessage as StoredMessage

    from local.host.triggers import Trigger

POISON_QUEUE = "webjobs-blobtrigger-poison"
INCOMPLETE = "Incomplete"
RECEIPT_LEASE = 30
"""Seconds in which a message must be sent; a host that dies meanwhile leaves its receipt to the others."""

SENT_BETWEEN_LISTINGS = 50
"""So many messages are sent until the receipts are listed once more, for those of the other hosts."""

ANOTHER_HOST_IS_AT_IT = ("LeaseAlreadyPresent", "LeaseIdMissing", "ConditionNotMet")

log = logging.getLogger("local.host")


@dataclass(frozen=True, slots=True)
class BlobFunction:
    """A blob function and the account it watches."""

    trigger: Trigger
    blobs: BlobServiceClient

    @property
    def identity(self) -> str:
        """Its name in receipts and messages, as the real host writes it."""
        return f"Host.Functions.{self.trigger.name}"

    @property
    def container(self) -> str:
        """The container it watches."""
        return self.trigger.settings["path"].partition("/")[0]

    def wants(self, name: str) -> bool:
        """Whether the blob's name fits the function's path; `{name}` stands for any text, slashes too."""
        pattern = self.trigger.settings["path"].partition("/")[2] or "{name}"
        literal = re.split(r"\{\w+\}", pattern)
        return re.fullmatch("(.+)".join(map(re.escape, literal)), name, re.DOTALL) is not None


class Scanner:
    """Finds new contents for one function, and sends one message for each."""

    def __init__(
        self,
        function: BlobFunction,
        receipts: ContainerClient,
        queue: QueueClient,
        host_id: str,
        wake: Callable[[], None],
    ) -> None:
        self._function = function
        self._receipts = receipts
        self._queue = queue
        self._host_id = host_id
        self._wake = wake
        self._sent: set[str] = set()

    def run(self, stopping: threading.Event, interval: float) -> None:
        """Lists the container every `interval` seconds until `stopping`."""
        while not stopping.is_set():
            try:
                self.scan()
            except AzureError as error:
                log.warning("The container %s can't be listed: %s", self._function.container, error)
            stopping.wait(interval)

    def scan(self) -> None:
        """Lists the container once."""
        container = self._function.blobs.get_container_client(self._function.container)
        listed: dict[str, tuple[str, str]] = {}
        with suppress(ResourceNotFoundError):
            for blob in container.list_blobs():
                if self._function.wants(blob.name):
                    etag = quoted(blob.etag)
                    listed[self._receipt_name(blob.name, etag)] = (blob.name, etag)
        self._sent &= listed.keys()
        self._send_all({receipt: blob for receipt, blob in listed.items() if receipt not in self._sent})

    def _send_all(self, new: dict[str, tuple[str, str]]) -> None:
        """Sends what no host has sent, in an order of this host's own, so that several seldom meet at one receipt."""
        receipts = list(new)
        random.shuffle(receipts)
        for number, receipt in enumerate(receipts):
            if number % SENT_BETWEEN_LISTINGS == 0:
                self._sent |= self._finished_receipts() & new.keys()
            if receipt not in self._sent and self._send(receipt, *new[receipt]):
                self._sent.add(receipt)

    def _finished_receipts(self) -> set[str]:
        """The names of all receipts of this function: one listing instead of a question for each blob."""
        prefix = f"blobreceipts/{self._host_id}/{self._function.identity}/"
        found = self._receipts.list_blobs(name_starts_with=prefix, include=["metadata"])
        return {str(receipt.name) for receipt in found if _is_finished(receipt)}

    def _send(self, receipt_name: str, name: str, etag: str) -> bool:
        """Sends the message of this content once among all hosts; whether it has been sent, by whomever."""
        receipt = self._receipts.get_blob_client(receipt_name)
        try:
            version = _version_of_unfinished(receipt)
            if version is None:
                return True
            lease = receipt.acquire_lease(RECEIPT_LEASE, etag=version, match_condition=MatchConditions.IfNotModified)
            self._queue.send_message(_message(self._function, name, etag))
            receipt.set_blob_metadata({}, lease=lease)
        except HttpResponseError as error:
            if getattr(error, "error_code", "") not in ANOTHER_HOST_IS_AT_IT:
                log.warning("The message of %s/%s can't be sent: %s", self._function.container, name, error)
            return False
        self._wake()
        return True

    def _receipt_name(self, name: str, etag: str) -> str:
        function = self._function
        return f"blobreceipts/{self._host_id}/{function.identity}/{etag}/{function.container}/{name}"


def run_message(functions: Mapping[str, BlobFunction], stored: StoredMessage, body: bytes) -> None:
    """Runs the function that a message of the internal queue names, unless its blob is gone or has new content."""
    message = json.loads(body)
    function = functions.get(message["FunctionId"])
    if function is None:
        return
    blob = function.blobs.get_blob_client(message["ContainerName"], message["BlobName"])
    try:
        etag = quoted(blob.get_blob_properties().etag)
    except ResourceNotFoundError:
        return
    if etag == message["ETag"]:
        invoke(function.trigger, blob, f"blob {message['BlobName']}, try {stored.dequeue_count}")


def quoted(etag: str) -> str:
    """An ETag with its quotes; the SDK gives it without them in a listing only."""
    return '"' + etag.strip('"') + '"'


def _message(function: BlobFunction, name: str, etag: str) -> str:
    message = {
        "Type": "BlobTrigger",
        "FunctionId": function.identity,
        "BlobType": "BlockBlob",
        "ContainerName": function.container,
        "BlobName": name,
        "ETag": etag,
    }
    return base64.b64encode(json.dumps(message).encode()).decode()


def _version_of_unfinished(receipt: BlobClient) -> str | None:
    """The receipt's own ETag, after making it if need be; None when it is finished."""
    with suppress(ResourceExistsError):
        return str(receipt.upload_blob(b"", metadata={INCOMPLETE: "true"}, overwrite=False)["etag"])
    properties = receipt.get_blob_properties()
    return None if _is_finished(properties) else str(properties.etag)


def _is_finished(receipt: BlobProperties) -> bool:
    return INCOMPLETE.casefold() not in {key.casefold() for key in receipt.metadata or {}}
