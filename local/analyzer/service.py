"""One running analyzer: who may call, what goes wrong on request, what is counted, and which version answers."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.analyzer.dialects import dialect_of
from local.analyzer.exchange import Response, answer, error
from local.analyzer.faults import Fault, Faults, WrongFaultError, fault_from_json
from local.analyzer.routing import NOT_FOUND, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.analyzer.counts import Counts
    from local.analyzer.exchange import Request
    from local.analyzer.jobs import Jobs
    from local.analyzer.quota import Quota

CONTROL = "/_analyzer/"
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
        return self._denied(request) or self._routed(request)

    def _routed(self, request: Request) -> Response:
        spoken = dialect_of(request)
        if spoken is None:
            return error(404, "404", NOT_FOUND)
        dialect, version, root = spoken
        found = dialect.find(request, request.path[len(root) :], version)
        if found is None:
            return error(404, "404", NOT_FOUND)
        route, parts = found
        return self._counted(Call(request, version, root, parts, self.jobs, dialect, route))

    def _denied(self, request: Request) -> Response | None:
        given = request.headers.get("ocp-apim-subscription-key", "")
        same = hmac.compare_digest(given.encode(), self.key.encode())
        return None if same and self.key else error(401, "401", ACCESS_DENIED)

    def _counted(self, call: Call) -> Response:
        self.counts.add(call.route.action, "received")
        fault = self.faults.take(call.route.action)
        if fault and not fault.after:
            spoilt = self._spoilt(fault, call)
            if spoilt:
                return spoilt
        response = self._allowed(call)
        return self._changed(fault, call, response) if fault else response

    def _allowed(self, call: Call) -> Response:
        if self.quota and not self.quota.allows(call.route.action):
            return self._throttled(call)
        response = call.route.respond(call)
        outcome = "accepted" if response.status < FIRST_ERROR else "refused"
        billed = call.route.action == "analyze" and outcome == "accepted"
        self.counts.add(call.route.action, outcome, call.request.body.content if billed else None)
        return response

    def _throttled(self, call: Call) -> Response:
        self.counts.add(call.route.action, "throttled")
        return call.dialect.throttled(call.route.action, call.version, self.jobs.tier.name)

    def _spoilt(self, fault: Fault, call: Call) -> Response | None:
        """What a fault answers instead of doing the work; None when the work is to be done."""
        if fault.kind == "slow":
            self.sleep(fault.seconds)
        if fault.kind == "reset":
            raise Reset
        if fault.kind == "throttle":
            response = self._throttled(call)
        elif fault.kind == "status":
            response = error(fault.status, STATUS_CODES.get(fault.status, str(fault.status)), "Asked for.")
        else:
            return None
        headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
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
            return answer(HTTP_OK, call.dialect.disguised(fault.kind, call.route.action, json.loads(response.body)))
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
        return answer(200, {"faults": self.faults.left(), "given": self.faults.given()})


STATUS_CODES = {
    403: "Forbidden",
    404: "NotFound",
    408: "Timeout",
    410: "Gone",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
