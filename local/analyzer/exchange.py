"""A request as the routes see it, and their answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.analyzer.quota import Action


@dataclass(frozen=True)
class Body:
    """What was sent, spooled to a file: its size in bytes and its SHA-256 in hexadecimal."""

    path: Path
    size: int
    content: str

    def read(self) -> bytes:
        """All of it."""
        return self.path.read_bytes()


@dataclass(frozen=True)
class Request:
    """One request; header names are lower case, query names too, `base` is scheme and host as the client wrote them."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    base: str
    body: Body


@dataclass(frozen=True)
class Call:
    """A request to one version of the API: what it is, and its path after the version's prefix."""

    version: str
    action: Action
    path: str
    request: Request


@dataclass(frozen=True)
class Response:
    """Status, headers and body; an empty body is sent with Content-Length 0."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer(status: int, data: Any, **headers: str) -> Response:  # noqa: ANN401 - JSON
    """A JSON response; `x_name` becomes the header `x-name`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(data, ensure_ascii=False).encode()
    return Response(status, {"Content-Type": "application/json; charset=utf-8", **named}, body)


def error(status: int, code: str, message: str) -> Response:
    """The error envelope of the v2 API, and of what stands before all versions."""
    return answer(status, {"error": {"code": code, "message": message}})


def inner_error(status: int, code: str, message: str, outer: str = "") -> Response:
    """The error envelope of REST 2022-08-31 and later: what exactly is wrong stands inside."""
    codes = {400: "InvalidRequest", 404: "NotFound", 415: "UnsupportedMediaType"}
    words = {400: "Invalid request.", 404: "Resource not found."}
    inner = {"code": code, "message": message}
    envelope = {"code": outer or codes.get(status, code), "message": words.get(status, message), "innererror": inner}
    return answer(status, {"error": envelope})


def moment(seconds: float) -> str:
    """A time as the service writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
