"""Which answer belongs to which path: each dialect of the API is a table of routes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.analyzer.exchange import Request, Response
    from local.analyzer.jobs import Jobs
    from local.analyzer.quota import Action
    from local.analyzer.store import Operation

NOT_FOUND = "Resource not found"
PAGE = 50
RESULTS_LIVE = 24 * 3600


@dataclass(frozen=True)
class Call:
    """A request to one version of the API; `parts` are what the path names, `root` is where its paths begin."""

    request: Request
    version: str
    root: str
    parts: Mapping[str, str]
    jobs: Jobs
    dialect: Dialect
    route: Route

    @property
    def url(self) -> str:
        """Where this version's paths begin, as the client sees it."""
        return self.request.base + self.root

    def is_true(self, name: str) -> bool:
        """Whether a query parameter says true, in any case."""
        return self.request.query.get(name, "").lower() == "true"


@dataclass(frozen=True)
class Route:
    """A path (a pattern of all after the root), what a call of it counts as, who answers, and in which versions."""

    method: str
    pattern: str
    action: Action
    respond: Callable[[Call], Response]
    versions: frozenset[str]

    def match(self, method: str, path: str, version: str) -> dict[str, str] | None:
        """What the path names; None when it is another route's. The service does not regard case either."""
        found = re.fullmatch(self.pattern, path, re.IGNORECASE)
        if found is None or method != self.method or version not in self.versions:
            return None
        return {name: unquote(part) for name, part in found.groupdict().items() if part is not None}


@dataclass(frozen=True)
class Dialect:
    """A generation of the API.

    `throttled` is the 429 of an action in a version on a tier; `disguised` is a proper answer (of a result or a model)
    that says `never-ending` or `failed` instead.
    """

    routes: tuple[Route, ...]
    throttled: Callable[[Action, str, str], Response]
    disguised: Callable[[str, Action, dict[str, Any]], dict[str, Any]]

    def find(self, request: Request, path: str, version: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a request, and what its path names."""
        for route in self.routes:
            parts = route.match(request.method, path, version)
            if parts is not None:
                return route, parts
        return None


def one_page(call: Call, entries: list[Any]) -> tuple[list[Any], int | None]:
    """The entries from the place that the query asks for on, and where the next page begins, if there is one."""
    text = call.request.query.get("skip", "0")
    first = int(text) if text.isdecimal() else 0
    last = first + PAGE
    return entries[first:last], last if last < len(entries) else None


def living_operation(call: Call) -> Operation | None:
    """The analysis that the path names, unless its result is older than a day or another model's."""
    operation = call.jobs.store.operation(call.parts["id"])
    if operation is None or call.jobs.clock() - operation.created > RESULTS_LIVE:
        return None
    return operation
