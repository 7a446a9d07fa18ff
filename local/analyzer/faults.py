"""Faults on request: what a test or an operator asks the analyzer to do wrong.

`POST /_analyzer/faults` takes a JSON object, `DELETE /_analyzer/faults` forgets all, `GET` lists those left and counts
those that came, by call and kind:

- `on`: `analyze` (POST of a document), `result` (GET of its result), `train` (POST of a model) or `model` (GET of one).
- `kind`: `throttle` (429 in the service's words), `status` (the HTTP status in `status`), `slow` (waits `seconds`, then
  answers properly), `reset` (the connection is reset), `malformed` (not what the API promises: no JSON, no location),
  `truncated` (the connection closes in the middle of the body), `never-ending` (a result that stays `running`, a model
  that stays `creating`), `failed` (a result that says the analysis failed).
- `share`: of how many of the calls, from 0 to 1; absent for all. Faults for the same calls never share one: four with a
  `share` of 0.1 spoil 40 % of them.
- `times`: for how many calls; absent or null for all. `seconds`: for `slow`. `retry_after`: a header for `throttle` and
  `status`.
- `after`: true to do the work first and spoil only the answer, so that a document is accepted although the client
  learns nothing of it. Only `status`, `slow`, `reset` and `throttle` need it; by default nothing is done.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

FaultyAction = Literal["analyze", "result", "train", "model"]
Kind = Literal["throttle", "status", "slow", "reset", "malformed", "truncated", "never-ending", "failed"]


class WrongFaultError(ValueError):
    """The request for a fault makes no sense; the message says why."""


@dataclass(frozen=True)
class Fault:
    """One thing to do wrong; `times` None means for ever."""

    on: FaultyAction
    kind: Kind
    times: int | None = None
    status: int = 500
    seconds: float = 1.0
    retry_after: int | None = None
    after: bool = False
    share: float = 1.0


def fault_from_json(data: object) -> Fault:
    """The fault that a request body asks for; WrongFaultError when it is none."""
    if not isinstance(data, dict):
        raise WrongFaultError("A fault is a JSON object.")
    names = {field.name for field in fields(Fault)}
    unknown = sorted(set(data) - names)
    if unknown:
        raise WrongFaultError(f"Unknown: {', '.join(unknown)}. A fault has {', '.join(sorted(names))}.")
    for name, allowed in (("on", get_args(FaultyAction)), ("kind", get_args(Kind))):
        if data.get(name) not in allowed:
            raise WrongFaultError(f"{name} is one of {', '.join(allowed)}.")
    return Fault(**data)


class Faults:
    """The faults still to come, first asked first served; `seed` is that of the dice for those with a share."""

    def __init__(self, seed: int = 0) -> None:
        """No faults."""
        self._faults: list[Fault] = []
        self._given: Counter[str] = Counter()
        self._random = random.Random(seed)  # noqa: S311 - faults, not secrets
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """One more, after those that wait already."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """None any more."""
        with self._lock:
            self._faults.clear()
            self._given.clear()

    def left(self) -> list[dict[str, Any]]:
        """Those that wait, as JSON objects."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def given(self) -> dict[str, int]:
        """How many calls were spoilt so far, such as `{"analyze reset": 3}`."""
        with self._lock:
            return dict(self._given)

    def take(self, action: str) -> Fault | None:
        """The next fault for this call, counted as used."""
        with self._lock:
            dice = self._random.random()
            for index, fault in enumerate(self._faults):
                if fault.on != action:
                    continue
                if dice < fault.share:
                    self._use(index, fault)
                    return fault
                dice -= fault.share
        return None

    def _use(self, index: int, fault: Fault) -> None:
        self._given[f"{fault.on} {fault.kind}"] += 1
        if fault.times is None:
            return
        if fault.times > 1:
            self._faults[index] = replace(fault, times=fault.times - 1)
        else:
            del self._faults[index]
