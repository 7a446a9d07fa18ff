"""How many calls a second each price tier allows, and how many pages it reads."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Action = Literal["analyze", "result", "train", "model", "list"]
TierName = Literal["S0", "F0"]
SECOND = 1.0


@dataclass(frozen=True)
class Tier:
    """Calls per second by kind, the largest file in bytes, how many pages are read (None: all), and how many models."""

    name: TierName
    analyze: int
    result: int
    management: int
    lists: int
    largest: int
    pages: int | None
    models: int


TIERS: Mapping[TierName, Tier] = {
    "S0": Tier("S0", analyze=15, result=50, management=5, lists=10, largest=500 * 1024 * 1024, pages=None, models=5000),
    "F0": Tier("F0", analyze=1, result=1, management=1, lists=1, largest=4 * 1024 * 1024, pages=2, models=500),
}


class Quota:
    """Counts the calls of the last second; `clock` gives seconds. Refused calls do not count."""

    def __init__(self, tier: Tier, clock: Callable[[], float]) -> None:
        """Nothing has been called yet."""
        self._limits = {
            "analyze": tier.analyze,
            "result": tier.result,
            "management": tier.management,
            "list": tier.lists,
        }
        self._clock = clock
        self._calls: dict[str, deque[float]] = {bucket: deque() for bucket in self._limits}
        self._lock = threading.Lock()

    def allows(self, action: Action) -> bool:
        """Whether this call is still within the quota; if so it is counted."""
        bucket = "management" if action in {"train", "model"} else action
        with self._lock:
            now, calls = self._clock(), self._calls[bucket]
            while calls and now - calls[0] >= SECOND:
                calls.popleft()
            if len(calls) >= self._limits[bucket]:
                return False
            calls.append(now)
            return True
