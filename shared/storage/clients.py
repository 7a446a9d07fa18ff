"""The storage SDKs' clients, made from a connection string or an identity."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.settings import StorageConnection

PIECE_BYTES = 4 * 1024 * 1024
"""Bytes moved at a time between us and a blob."""


def blob_service(connection: StorageConnection) -> BlobServiceClient:
    """A client for the account's containers that holds and moves at most `PIECE_BYTES` bytes at a time."""
    sizes: dict[str, Any] = dict.fromkeys(
        ("max_single_get_size", "max_chunk_get_size", "max_single_put_size", "max_block_size"), PIECE_BYTES
    )
    if connection.connection_string:
        return BlobServiceClient.from_connection_string(connection.connection_string, **sizes)
    return BlobServiceClient(connection.blob_uri, credential(connection.client_id), **sizes)


def queue_service(connection: StorageConnection) -> QueueServiceClient:
    """A client for the account's queues. Messages travel as plain text: `messageEncoding: none` in host.json."""
    if connection.connection_string:
        return QueueServiceClient.from_connection_string(connection.connection_string)
    return QueueServiceClient(connection.queue_uri, credential(connection.client_id))


def table_service(connection: StorageConnection) -> TableServiceClient:
    """A client for the account's tables."""
    if connection.connection_string:
        return TableServiceClient.from_connection_string(connection.connection_string)
    return TableServiceClient(endpoint=connection.table_uri, credential=credential(connection.client_id))


@cache
def credential(client_id: str = "") -> TokenCredential:
    """The identity this process runs as: the managed identity `client_id`, or what `az login` left on a laptop."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415  (slow to import; not needed with keys)

    return DefaultAzureCredential(managed_identity_client_id=client_id or None)
