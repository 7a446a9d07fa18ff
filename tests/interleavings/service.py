"""The service in memory: it accepts documents, counts what it was paid for, and keeps a result for a day."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable

ENDPOINT = "https://forms.test"
RESULTS_LIVE = timedelta(hours=24)
TAKES = timedelta(seconds=9)

REFUSALS = {
    "throttled": (429, {"error": {"code": "429", "message": "Please retry after 7 second"}}),
    "unavailable": (503, {}),
    "key rotated": (401, {"error": {"code": "401", "message": "wrong key"}}),
    "wrong address": (404, {}),
    "fails": (500, {}),
}
"""Answers that say for sure that nothing was begun; but for a 500, which leaves that open."""

UNCERTAIN = ("fails", "begins and fails", "begins and breaks off", "breaks off")
"""How a POST can end without our knowing whether it has begun."""

POST_FATES = (*REFUSALS, "no connection", "cannot read it", *UNCERTAIN[1:], *UNCERTAIN[1:])
GET_FATES = (*REFUSALS, "no connection", "breaks off", "malformed", "cut short")


@dataclass
class Analysis:
    """One that was paid for: of which content, since when, and how it will end."""

    url: str
    path: str
    etag: str
    begun: datetime
    data: bytes
    heard_of: bool = False
    """Whether the caller got the 202."""

    @property
    def readable(self) -> bool:
        """Whether it will succeed."""
        return b"bad" not in self.data


@dataclass
class Service(BaseAdapter):
    """Takes the place of the network under `requests`.

    `at_call` is asked before each request and returns its fate; of whose content a POST is, its body tells.
    """

    now: Callable[[], datetime]
    at_call: Callable[[str], str]
    path_of: Callable[[], str]
    analyses: dict[str, Analysis] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override] # noqa: ANN401
        """One request's answer, or what `requests` raises."""
        fate = self.at_call(request.method or "")
        if fate == "no connection":
            raise requests.ConnectionError(MaxRetryError(_NO_POOL, "", NewConnectionError(_NO_POOL, "refused")))
        if fate == "breaks off":
            raise requests.ConnectionError("reset")
        if fate in REFUSALS:
            return _response(request, *REFUSALS[fate])
        return self._post(request, fate) if request.method == "POST" else self._get(request, fate)

    def close(self) -> None:
        """Nothing to close."""

    def _post(self, request: requests.PreparedRequest, fate: str) -> requests.Response:
        content: Any = request.body
        data = b"".join(content)
        if fate == "cannot read it":
            return _response(request, 400, {"error": {"code": "1005", "message": "the file is corrupted"}})
        url = f"{ENDPOINT}/formrecognizer/v2.1/layout/analyzeResults/{len(self.analyses)}"
        analysis = Analysis(url, self.path_of(), content.etag, self.now(), data)
        self.analyses[url] = analysis
        if fate == "begins and fails":
            return _response(request, 500, {})
        if fate == "begins and breaks off":
            raise requests.ConnectionError("reset")
        analysis.heard_of = True
        return _response(request, 202, {}, {"Operation-Location": url})

    def _get(self, request: requests.PreparedRequest, fate: str) -> requests.Response:
        analysis = self.analyses[str(request.url)]
        age = self.now() - analysis.begun
        if age > RESULTS_LIVE:
            return _response(request, 404, {"error": {"code": "NotFound", "message": "no such result"}})
        answer = _answer(analysis) if age >= TAKES else {"status": "running"}
        body = json.dumps(answer).encode()
        if fate in ("malformed", "cut short"):
            body = b"<html>" if fate == "malformed" else body[:-1]
        return _response(request, 200, body)


def _answer(analysis: Analysis) -> dict[str, Any]:
    if not analysis.readable:
        return {"status": "failed", "analyzeResult": {"errors": [{"code": "2005", "message": "unreadable"}]}}
    pair = {"key": {"text": "Operation"}, "value": {"text": analysis.url}, "confidence": 1.0}
    page = {"page": 1, "angle": 0, "width": 8.5, "height": 11, "unit": "inch"}
    pages = [{"page": 1, "keyValuePairs": [pair] * (1 + len(analysis.data) % 3), "tables": []}]
    return {"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": [page], "pageResults": pages}}


def _response(
    request: requests.PreparedRequest, status: int, body: object, headers: dict[str, str] | None = None
) -> requests.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = requests.Response()
    response.request, response.url, response.status_code = request, str(request.url), status
    response.headers.update(headers or {})
    response.raw = HTTPResponse(io.BytesIO(raw), status=status, headers=headers, preload_content=False)
    return response


_NO_POOL: Any = None
