"""What the analyzer was asked and what it would have been paid for, so that a test can prove it."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ACTIONS = ("analyze", "result", "train", "model", "list")
OUTCOMES = ("received", "accepted", "throttled", "refused")


class Counts:
    """Calls by action and outcome, and the accepted documents by SHA-256 of their content."""

    def __init__(self, accepted: Iterable[str] = ()) -> None:
        """Starts with the contents accepted before a restart; the other counts start at 0."""
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, str]] = Counter()
        self._contents: Counter[str] = Counter(accepted)
        self._calls["analyze", "accepted"] = self._contents.total()

    def add(self, action: str, outcome: str, content: str | None = None) -> None:
        """One more call; `content` is the SHA-256 of an accepted document."""
        with self._lock:
            self._calls[action, outcome] += 1
            if content:
                self._contents[content] += 1

    def clear(self) -> None:
        """All 0."""
        with self._lock:
            self._calls.clear()
            self._contents.clear()

    def to_json(self) -> dict[str, Any]:
        """`{"analyze": {"received": 2, ...}, ..., "accepted_by_content": {"<sha-256>": 1}}`."""
        with self._lock:
            calls = {action: {one: self._calls[action, one] for one in OUTCOMES} for action in ACTIONS}
            return {**calls, "accepted_by_content": dict(self._contents)}
