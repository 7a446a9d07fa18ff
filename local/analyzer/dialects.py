"""Where each version of the API begins, and who speaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer import v2, v3

if TYPE_CHECKING:
    from local.analyzer.exchange import Request
    from local.analyzer.routing import Dialect

ROOTS: tuple[tuple[str, str, Dialect], ...] = (
    ("/formrecognizer/v2.0", "2.0", v2.DIALECT),
    ("/formrecognizer/v2.1", "2.1", v2.DIALECT),
    ("/formrecognizer", "2023-07-31", v3.DIALECT),
    ("/documentintelligence", "2024-11-30", v3.DIALECT),
)


def dialect_of(request: Request) -> tuple[Dialect, str, str] | None:
    """The dialect of a request, its version and where its paths begin; None when no version is asked for."""
    for root, version, dialect in ROOTS:
        asked = version if dialect is v2.DIALECT else request.query.get("api-version")
        if request.path.lower().startswith(root + "/") and asked == version:
            return dialect, version, root
    return None
