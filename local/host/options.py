"""What `host.json` says, with the real host's defaults and overrides."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from shared.errors import WrongSetting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Encoding = Literal["base64", "none"]

LARGEST_BATCH = 32
"""The most messages the storage service hands out at a time."""


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """How one queue is drained: messages at a time, tries, and seconds."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: float = 0
    max_polling_interval: float = 60
    encoding: Encoding = "base64"
    lease_seconds: float = 30
    deliveries: int = 1
    """How many times a message that succeeds is delivered: a queue promises once at least."""


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How queue functions are run, how blob functions are, and how often containers are listed (seconds)."""

    queues: QueueOptions
    blobs: QueueOptions
    scan_interval: float = 2


def read_options(
    host_json: Path, environ: Mapping[str, str], lease_seconds: float = 30, deliveries: int = 1
) -> HostOptions:
    """The options in the file; `AzureFunctionsJobHost__extensions__queues__batchSize` and the like beat it."""
    try:
        extensions = json.loads(host_json.read_text(encoding="utf-8")).get("extensions", {})
        queues = _queue_options(_section("queues", extensions, environ))
        blobs = _blob_options(_section("blobs", extensions, environ))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise WrongSetting(host_json.name, f"{host_json} can't be used: {error}; mend it.") from error
    return HostOptions(
        queues=replace(queues, lease_seconds=lease_seconds, deliveries=deliveries),
        blobs=replace(blobs, lease_seconds=lease_seconds, deliveries=deliveries),
    )


def _section(name: str, extensions: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    prefix = f"AzureFunctionsJobHost__extensions__{name}__"
    overrides = {key.removeprefix(prefix): value for key, value in environ.items() if key.startswith(prefix)}
    return {**extensions.get(name, {}), **overrides}


def _queue_options(section: Mapping[str, Any]) -> QueueOptions:
    batch_size = int(section.get("batchSize", 16))
    encoding = section.get("messageEncoding", "base64")
    if encoding not in ("base64", "none"):
        raise ValueError(f"messageEncoding is {encoding!r}, not base64 or none")
    return QueueOptions(
        batch_size=min(batch_size, LARGEST_BATCH),
        new_batch_threshold=int(section.get("newBatchThreshold", batch_size // 2 * (os.cpu_count() or 1))),
        max_dequeue_count=int(section.get("maxDequeueCount", 5)),
        visibility_timeout=seconds(section.get("visibilityTimeout", "00:00:00")),
        max_polling_interval=seconds(section.get("maxPollingInterval", "00:01:00")),
        encoding="none" if encoding == "none" else "base64",
    )


def _blob_options(section: Mapping[str, Any]) -> QueueOptions:
    """The internal queue of blob functions: failures are tried again at once, and its messages are always base64."""
    at_once = int(section.get("maxDegreeOfParallelism", 8 * (os.cpu_count() or 1)))
    batch_size = min(LARGEST_BATCH, at_once // 2 + 1)
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=at_once - batch_size,
        max_dequeue_count=int(section.get("poisonBlobThreshold", 5)),
        max_polling_interval=1,
    )


def seconds(text: str) -> float:
    """The seconds in `[d.]hh:mm:ss`."""
    match = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d+):(\d+(?:\.\d+)?)", text)
    if not match:
        raise ValueError(f"{text!r} is not a time like 00:00:30")
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
