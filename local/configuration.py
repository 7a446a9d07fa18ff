"""What the parts of the local stack are told: `local.settings.json` and, stronger than that, the real environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.errors import WrongSetting
from shared.names import CONNECTION
from shared.settings import LOOPBACK, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST_CONNECTION = "AzureWebJobsStorage"
ENDPOINT = "FORM_RECOGNIZER_ENDPOINT"

DEVELOPMENT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key of every Azurite in the world; Microsoft publishes it."""


def stack_environment(root: Path, port_base: int | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of every part. Real variables beat the file.

    `port_base` moves what the file says is on this machine. A `DOCUMENTS_STORAGE` of the real environment holds
    for the host's own storage too, unless that is set as well.
    """
    values = _file_values(root)
    if port_base is not None:
        values = {name: _moved(name, value, port_base) for name, value in values.items()}
    for connection in (CONNECTION, HOST_CONNECTION):
        if _of(connection, environ):
            values = _without(connection, values)
    if _of(CONNECTION, environ):
        values = _without(HOST_CONNECTION, values)
    merged = {**values, **environ}
    if not _of(HOST_CONNECTION, merged):
        merged |= {HOST_CONNECTION + name.removeprefix(CONNECTION): merged[name] for name in _of(CONNECTION, merged)}
    return merged


def azurite_connection_string(port_base: int) -> str:
    """The connection string of an Azurite with its blobs at `port_base`, then its queues, then its tables."""
    services = zip(("Blob", "Queue", "Table"), range(port_base, port_base + 3), strict=True)
    addresses = "".join(f"{name}Endpoint=http://127.0.0.1:{port}/devstoreaccount1;" for name, port in services)
    return f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={DEVELOPMENT_KEY};{addresses}"


def _file_values(root: Path) -> dict[str, str]:
    path = root / "local.settings.json"
    if not path.exists():
        path = root / "local.settings.json.example"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))["Values"]
        return {str(name): str(value) for name, value in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "copy local.settings.json.example over it"
        raise WrongSetting(path.name, f"{path} is not a settings file ({error!r}); {hint}.") from error


def _moved(name: str, value: str, port_base: int) -> str:
    if name == ENDPOINT and is_loopback(value):
        return f"http://127.0.0.1:{port_base + 3}"
    if name in (CONNECTION, HOST_CONNECTION) and _is_local_storage(value):
        return azurite_connection_string(port_base)
    return value


def _is_local_storage(connection_string: str) -> bool:
    return "UseDevelopmentStorage=true" in connection_string or any(
        f"//{host}" in connection_string for host in LOOPBACK
    )


def _of(connection: str, values: Mapping[str, str]) -> list[str]:
    return [name for name in values if name == connection or name.startswith(f"{connection}__")]


def _without(connection: str, values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in _of(connection, values)}
