"""A request as the routes see it, and their answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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


def error(status: int, code: str, message: str, *, request_id: str | None = None) -> Response:
    """The error envelope of the v2 API, and of the gateway before every version; some errors name the request."""
    inner = {"innerError": {"requestId": request_id}} if request_id else {}
    return answer(status, {"error": {"code": code, **inner, "message": message}})


def json_object(body: Body) -> dict[str, Any] | None:
    """The JSON object that was sent; None when it is none."""
    try:
        data = json.loads(body.read())
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def moment(seconds: float) -> str:
    """Seconds since 1970 as the API writes a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dates(created: float, updated: float) -> dict[str, str]:
    """The two times of an operation or a model."""
    return {"createdDateTime": moment(created), "lastUpdatedDateTime": moment(updated)}
