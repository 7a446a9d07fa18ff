"""When to ask again. Pure: the clock and the dice are arguments; every delay is in whole seconds, fit for a queue."""

from __future__ import annotations

import math
from collections.abc import Callable

Dice = Callable[[], float]
"""A number from 0 to 1, evenly spread: `random.random`, or a fixed one in tests."""

USUAL_SECONDS = 3.0
"""How long an analysis takes when nothing is known about its model."""

LEAST_SECONDS = 2
"""The service asks for no more than one GET of an operation in two seconds."""

MOST_SECONDS = 60
STEP_FRACTION = 0.2
"""The next delay, as a fraction of the time already waited."""

JITTER = 0.1
FAULT_GROWTH = 2.5
"""After faults the service advises 2, 5, 13, 34 seconds: each about 2.5 times the last."""

MOST_SECONDS_AFTER_FAULT = 300
WAIT_FOR_CONFIGURATION = 300
"""A setting was found wrong: how long until it is tried again, in seconds."""

WAIT_FOR_MODEL = 20
"""A model is still being trained: how long until the document is looked at again, in seconds."""


def first_poll(typical_seconds: float | None, dice: Dice) -> int:
    """The delay from acceptance to the first question: about when this model is usually done."""
    return _whole(_jittered(typical_seconds or USUAL_SECONDS, dice), LEAST_SECONDS, MOST_SECONDS)


def next_poll(waited: float, retry_after: int | None, dice: Dice) -> int:
    """The delay after an answer of "not yet", `waited` seconds after acceptance; never before `retry_after`."""
    return max(_whole(_jittered(waited * STEP_FRACTION, dice), LEAST_SECONDS, MOST_SECONDS), retry_after or 0)


def after_fault(tries: int, retry_after: int | None, dice: Dice) -> int:
    """The delay after the fault number `tries` (from 0) in a row: growing, capped; never before `retry_after`."""
    grown = min(LEAST_SECONDS * FAULT_GROWTH ** min(tries, 16), MOST_SECONDS_AFTER_FAULT)
    return max(_whole(_jittered(grown, dice), LEAST_SECONDS, MOST_SECONDS_AFTER_FAULT), retry_after or 0)


def _jittered(seconds: float, dice: Dice) -> float:
    return seconds * (1 + JITTER * (2 * dice() - 1))


def _whole(seconds: float, least: int, most: int) -> int:
    return max(least, min(most, math.ceil(seconds)))
