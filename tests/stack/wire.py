"""What goes over the wire: each HTTP request of this process, counted below the SDKs, so that their retries count."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter

from local.storage import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest
    from requests import PreparedRequest, Response

    from shared.settings import StorageConnection

_IN_TRANSACTION = re.compile(rb"(?:POST|PUT|PATCH|DELETE) [^ ]*?/(\w+)(?:\(| )")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: to `blob`, `queue`, `table` or `service`, what it did there, and how many rows it brought."""

    part: str
    what: str
    rows: int = 0


class Wire:
    """Counts the requests of this process while the test `watches`."""

    def __init__(self, storage: StorageConnection, monkeypatch: pytest.MonkeyPatch) -> None:
        ports = [urlsplit(url).port for url in addresses(storage)]
        self._parts = dict(zip(ports, ("blob", "queue", "table"), strict=True))
        self._calls: list[Call] = []
        send = HTTPAdapter.send

        def counted(adapter: HTTPAdapter, request: PreparedRequest, **how: Any) -> Response:  # noqa: ANN401
            try:
                answer = send(adapter, request, **how)
            except OSError:
                self._calls.append(self._call(request, None))
                raise
            self._calls.append(self._call(request, answer))
            return answer

        monkeypatch.setattr(HTTPAdapter, "send", counted)

    @contextmanager
    def watched(self) -> Iterator[list[Call]]:
        """The calls made within the block, in order; complete when it has ended."""
        seen: list[Call] = []
        before = len(self._calls)
        yield seen
        seen += self._calls[before:]

    def _call(self, request: PreparedRequest, answer: Response | None) -> Call:
        url = urlsplit(request.url or "")
        part = self._parts.get(url.port, "service")
        name = "" if part == "service" else _name(url.path, request.body)
        rows = _rows(answer) if part == "table" and request.method == "GET" and answer is not None and answer.ok else 0
        return Call(part, f"{request.method} {name}".strip(), rows)


def _name(path: str, body: bytes | str | None) -> str:
    """The container, the queue or the table, that of a transaction too; the first part of the path is the account."""
    name = path.split("/")[2].partition("(")[0]
    if name != "$batch":
        return name
    found = _IN_TRANSACTION.search(body.encode() if isinstance(body, str) else body or b"")
    return found.group(1).decode() if found else name


def _rows(answer: Response) -> int:
    """A query's answer has a list; the answer about one row is that row."""
    body = answer.json()
    return len(body["value"]) if "value" in body else 1
