"""The app's settings: read once from the environment, checked, and passed on as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from shared.errors import WrongSetting
from shared.names import CONNECTION
from shared.versions import API_VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

LOOPBACK = ("127.0.0.1", "localhost", "::1")

_CONNECTIONS = (
    {"UseDevelopmentStorage"},
    {"AccountName", "AccountKey"},
    {"BlobEndpoint", "QueueEndpoint", "TableEndpoint", "SharedAccessSignature"},
)

TriggerSource = Literal["LogsAndContainerScan", "EventGrid"]


@dataclass(frozen=True, slots=True)
class StorageConnection:
    """How to reach a storage account: a connection string, or three service addresses and an identity."""

    connection_string: str = field(default="", repr=False)
    blob_uri: str = ""
    queue_uri: str = ""
    table_uri: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of docs/settings.md; times in seconds, confidences from 0 to 1."""

    storage: StorageConnection
    endpoint: str
    key: str | None = field(repr=False)
    api_version: str
    tier: str
    submissions_per_second: float
    default_model: str
    confidence_threshold: float
    analysis_deadline: int
    reuse_results: bool
    trigger_source: TriggerSource


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`; raises `WrongSetting` for the first that is missing or wrong."""
    tier = _one_of(environ, "FORM_RECOGNIZER_TIER", ("S0", "F0"), "S0")
    source = _one_of(environ, "DOCUMENTS_TRIGGER_SOURCE", ("LogsAndContainerScan", "EventGrid"), "LogsAndContainerScan")
    return Settings(
        storage=storage_connection(CONNECTION, environ),
        endpoint=_endpoint(environ),
        key=_key(environ),
        api_version=_one_of(environ, "FORM_RECOGNIZER_API_VERSION", API_VERSIONS, "2.1"),
        tier=tier,
        submissions_per_second=_number(environ, "SUBMISSIONS_PER_SECOND", 1 if tier == "F0" else 15, 0.1, 1000),
        default_model=environ.get("DEFAULT_MODEL") or "prebuilt-layout",
        confidence_threshold=_number(environ, "CONFIDENCE_THRESHOLD", 0.8, 0, 1),
        analysis_deadline=int(_number(environ, "ANALYSIS_DEADLINE", 86400, 1, 604800)),
        reuse_results=_one_of(environ, "REUSE_RESULTS", ("true", "false"), "true") == "true",
        trigger_source="EventGrid" if source == "EventGrid" else "LogsAndContainerScan",
    )


def storage_connection(name: str, environ: Mapping[str, str]) -> StorageConnection:
    """The connection called `name`, as the Functions host reads it: `<name>`, or `<name>__blobServiceUri` and so on."""
    if connection_string := environ.get(name):
        parts = {part.partition("=")[0] for part in connection_string.strip().split(";")}
        if not any(needed <= parts for needed in _CONNECTIONS):
            hint = "copy one from the storage account's access keys, or use UseDevelopmentStorage=true"
            raise WrongSetting(name, f"{name} holds no connection string ({_masked(connection_string)}); {hint}.")
        return StorageConnection(connection_string.strip().rstrip(";"))
    blob, queue, table = (environ.get(f"{name}__{service}ServiceUri", "") for service in ("blob", "queue", "table"))
    if not (blob and queue and table):
        names = f"{name}__blobServiceUri, __queueServiceUri and __tableServiceUri"
        raise WrongSetting(name, f"{name} is not set; it may hold a storage connection string, or set {names}.")
    return StorageConnection("", blob, queue, table, environ.get(f"{name}__clientId", ""))


def is_loopback(url: str) -> bool:
    """Whether a URL stays on this machine."""
    return urlsplit(url).hostname in LOOPBACK


def _endpoint(environ: Mapping[str, str]) -> str:
    name = "FORM_RECOGNIZER_ENDPOINT"
    url = environ.get(name, "").strip().rstrip("/")
    may = "it may hold https://<name>.cognitiveservices.azure.com, or http:// on this machine"
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and not set("@?#") & set(url) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        shown = url.rpartition("@")[2].partition("?")[0]  # no password and no signature
        raise WrongSetting(name, f"{name} is {shown!r}; {may}." if url else f"{name} is not set; {may}.")
    return url


def _key(environ: Mapping[str, str]) -> str | None:
    name = "FORM_RECOGNIZER_KEY"
    key = environ.get(name, "").strip()
    if not all(" " <= character <= "~" for character in key):
        raise WrongSetting(name, f"{name} holds what no key does ({_masked(key)}): signs beyond printable ASCII.")
    return key or None


def _one_of(environ: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    text = environ.get(name) or default
    for choice in choices:
        if text.casefold() == choice.casefold():
            return choice
    raise WrongSetting(name, f"{name} is {text!r}; it may be {' or '.join(choices)}.")


def _number(environ: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = environ.get(name) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise WrongSetting(name, f"{name} is {text!r}; it may be a number from {low:g} to {high:g}.")
    return number


def _masked(secret: str) -> str:
    return f"{len(secret)} characters, not shown"
