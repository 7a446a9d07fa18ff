"""One running analyzer: who may call, what goes wrong on request, what is counted, and which version answers."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.analyzer import v2, v3, v3models
from local.analyzer.exchange import Call, Response, answer, error
from local.analyzer.faults import Fault, Faults, WrongFaultError, fault_from_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from local.analyzer.counts import Counts
    from local.analyzer.exchange import Request
    from local.analyzer.jobs import Jobs
    from local.analyzer.quota import Quota

CONTROL = "/_analyzer/"
NOT_FOUND = "Resource not found"
ACCESS_DENIED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
HTTP_OK = 200
FIRST_ERROR = 400


class Reset(Exception):
    """The connection is to be reset."""


class Truncate(Exception):
    """Only half of the answer is to be sent."""

    def __init__(self, response: Response) -> None:
        """The answer to cut."""
        super().__init__()
        self.response = response


@dataclass
class Service:
    """Answers requests; `key` is the only one accepted, `quota` None means no limits."""

    key: str
    jobs: Jobs
    quota: Quota | None
    faults: Faults
    counts: Counts
    sleep: Callable[[float], None] = time.sleep

    def respond(self, request: Request) -> Response:
        """The answer; raises Reset or Truncate when a fault asks for it."""
        if request.path == "/" or request.path.startswith(CONTROL):
            return self._control(request)
        return self._denied(request) or self._counted(request)

    def _denied(self, request: Request) -> Response | None:
        given = request.headers.get("ocp-apim-subscription-key", "")
        same = hmac.compare_digest(given.encode(), self.key.encode())
        return None if same and self.key else error(401, "401", ACCESS_DENIED)

    def _counted(self, request: Request) -> Response:
        call = call_of(request)
        if call is None:
            return error(404, "404", NOT_FOUND)
        self.counts.add(call.action, "received")
        fault = self.faults.take(call.action)
        if fault and not fault.after:
            spoilt = self._spoilt(fault, call)
            if spoilt:
                return spoilt
        response = self._allowed(call)
        return self._changed(fault, call, response) if fault else response

    def _allowed(self, call: Call) -> Response:
        if self.quota and not self.quota.allows(call.action):
            self.counts.add(call.action, "throttled")
            return throttled(call, self.jobs.tier.name)
        response: Response = _dialect(call).respond(call, self.jobs)
        outcome = "accepted" if response.status < FIRST_ERROR else "refused"
        billed = call.action == "analyze" and outcome == "accepted"
        self.counts.add(call.action, outcome, call.request.body.content if billed else None)
        return response

    def _spoilt(self, fault: Fault, call: Call) -> Response | None:
        """What a fault answers instead of doing the work; None when the work is to be done."""
        if fault.kind == "slow":
            self.sleep(fault.seconds)
        if fault.kind == "reset":
            raise Reset
        header = {"Retry_After": str(fault.retry_after)} if fault.retry_after is not None else {}
        if fault.kind == "throttle":
            self.counts.add(call.action, "throttled")
            response = throttled(call, self.jobs.tier.name)
        elif fault.kind == "status":
            response = error(fault.status, STATUS_CODES.get(fault.status, str(fault.status)), "Asked for.")
        else:
            return None
        headers = {name.replace("_", "-"): value for name, value in header.items()}
        return Response(response.status, response.headers | headers, response.body)

    def _changed(self, fault: Fault, call: Call, response: Response) -> Response:
        """What a fault makes of the proper answer."""
        if fault.after:
            return self._spoilt(fault, call) or response
        if fault.kind == "malformed":
            return Response(response.status, {"Content-Type": "text/html"}, b"<html>Not what you asked for")
        if fault.kind == "truncated":
            raise Truncate(response)
        if fault.kind in {"never-ending", "failed"} and response.status == HTTP_OK:
            return answer(200, _dialect(call).spoilt_result(fault.kind, call.action, json.loads(response.body)))
        return response

    def _control(self, request: Request) -> Response:
        what = (request.method, request.path.removeprefix(CONTROL).strip("/"))
        if what in {("GET", ""), ("GET", "health")}:
            return answer(200, {"status": "ok"})
        if what[1] == "counts" and what[0] in {"GET", "DELETE"}:
            return self._tell_counts(clear=what[0] == "DELETE")
        if what[1] == "faults" and what[0] in {"GET", "POST", "DELETE"}:
            return self._set_faults(request)
        return error(404, "404", NOT_FOUND)

    def _tell_counts(self, *, clear: bool) -> Response:
        if clear:
            self.counts.clear()
        return answer(200, self.counts.to_json())

    def _set_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        if request.method == "POST":
            try:
                self.faults.add(fault_from_json(json.loads(request.body.read())))
            except (WrongFaultError, ValueError) as wrong:
                return error(400, "BadArgument", str(wrong))
        return answer(200, {"faults": self.faults.left()})


STATUS_CODES = {
    403: "Forbidden",
    404: "NotFound",
    408: "Timeout",
    410: "Gone",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}


def call_of(request: Request) -> Call | None:
    """Which version is asked for what; None when no version has such a path."""
    for version in ("2.0", "2.1"):
        prefix = f"/formrecognizer/v{version}"
        if request.path.lower().startswith(f"{prefix}/"):
            return _call(version, request, len(prefix))
    version = request.query.get("api-version", "")
    prefix = v3models.PREFIXES.get(version, "none")
    return _call(version, request, len(prefix)) if request.path.lower().startswith(f"{prefix}/") else None


def _call(version: str, request: Request, prefix: int) -> Call | None:
    path = request.path[prefix:]
    action = (v2 if version.startswith("2.") else v3).action_of(request.method, path)
    return Call(version, action, path, request) if action else None


def _dialect(call: Call) -> ModuleType:
    return v2 if call.version.startswith("2.") else v3


def throttled(call: Call, tier: str) -> Response:
    """429 in the service's words; the seconds stand in the message only."""
    title, api = _dialect(call).title_of(call.version, call.action)
    message = (
        f"Requests to the {title} Operation under {api} have exceeded rate limit of your current "
        f"FormRecognizer {tier} pricing tier. Please retry after 1 second. Please contact Azure support service if you "
        "would like to further increase the default rate limit."
    )
    return error(429, "429", message)
