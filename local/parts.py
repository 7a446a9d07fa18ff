"""The three parts of the stack as commands: which of them this machine runs, and how each is known to answer."""

from __future__ import annotations

import shutil
import sys
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from local.configuration import ENDPOINT
from local.part import Part
from local.storage import azurite_command, is_local_at
from shared.errors import WrongSetting
from shared.names import CONNECTION
from shared.settings import StorageConnection, is_loopback, storage_connection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def storage_part(environment: Mapping[str, str], port_base: int, state: Path) -> Part | None:
    """Azurite; None when the settings name another account."""
    if not is_local_at(documents_connection(environment), port_base):
        return None
    folder = state / "azurite"
    ports = range(port_base, port_base + 3)
    command = azurite_command(port_base, folder)
    return Part("The storage (Azurite)", command, ports, own=folder, log=state / "azurite.log", environment=environment)


def analyzer_part(
    environment: Mapping[str, str], port_base: int, state: Path, options: Sequence[str] = ()
) -> Part | None:
    """The analyzer that stands in for the service; None when the settings name the service itself."""
    endpoint = environment.get(ENDPOINT, "")
    port = port_base + 3
    if not is_loopback(endpoint) or urlsplit(endpoint).port != port:
        return None
    folder = state / "analyzer"
    command = [sys.executable, "-m", "local.analyzer", "--port", str(port), "--state", str(folder)]
    command += ["--tier", environment.get("FORM_RECOGNIZER_TIER") or "S0", "--stop-with-stdin", *options]
    return Part("The analyzer", command, range(port, port + 1), own=folder, environment=environment)


def host_part(environment: Mapping[str, str], options: Sequence[str] = ()) -> Part:
    """Our functions host."""
    command = [sys.executable, "-m", "local.host", "--stop-with-stdin", *options]
    return Part("The functions host", command, says_ready=True, environment=environment)


def core_tools_part(environment: Mapping[str, str], port: int) -> Part:
    """Azure Functions Core Tools in the place of our host. Unlike ours, they outlive a launcher that was killed."""
    func = shutil.which("func", path=environment.get("PATH"))
    if not func:
        raise WrongSetting("--host", "--host func needs Azure Functions Core Tools (`func`) on the PATH; install them, "
                                     "or leave --host out to run the host that is built in.")  # fmt: skip
    command = [func, "start", "--port", str(port)]
    return Part("Azure Functions Core Tools", command, range(port, port + 1), environment=environment)


def documents_connection(environment: Mapping[str, str]) -> StorageConnection:
    """The storage of the documents; raises `WrongSetting` when the SDKs can't use what the setting holds."""
    connection = storage_connection(CONNECTION, environment)
    try:
        is_local_at(connection, 0)
    except ValueError as error:
        hint = "copy one from the storage account's access keys, or use UseDevelopmentStorage=true"
        raise WrongSetting(CONNECTION, f"{CONNECTION} holds no usable connection string ({error}); {hint}.") from error
    return connection


def gets_an_answer(url: str) -> bool:
    """Whether a GET of `url` is answered with success within a second."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310  (always http to this machine)
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False
