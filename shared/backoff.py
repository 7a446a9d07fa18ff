"""When to ask again. Pure: the clock and the dice are arguments; every delay is in whole seconds, fit for a queue."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

Dice = Callable[[], float]
"""A number from 0 to 1, evenly spread: `random.random`, or a fixed one in tests."""

USUAL_SECONDS = 3.0
"""How long an analysis takes when nothing is known about its model."""

LEAST_SECONDS = 2
"""The service asks for no more than one GET of an operation in two seconds."""

MOST_SECONDS = 60
STEP_FRACTION = 0.2
"""The next delay, as a fraction of the time already waited."""

SLOWER, QUICKER = 1.04, 0.94
"""What one slower or one quicker analysis makes of the typical time, which so settles where 2 of 5 are quicker."""

LONGEST_ANALYSIS = 24 * 60 * 60
"""The service keeps a result for a day; a longer time, in seconds, is a clock's mistake."""

SPREAD = 0.2
"""Between the shortest and the longest delay for the same wait, as a fraction of it; at least a second."""

FAULT_GROWTH = 2.5
"""After faults the service advises 2, 5, 13, 34 seconds: each about 2.5 times the last."""

MOST_SECONDS_AFTER_FAULT = 300
WAIT_FOR_CONFIGURATION = 300
"""A setting was found wrong: how long until it is tried again, in seconds."""

WAIT_FOR_MODEL = 20
"""A model is still being trained: how long until the document is looked at again, in seconds."""


def learned(typical_seconds: float | None, took: Iterable[float]) -> float | None:
    """The typical time of a model after analyses that `took` so many seconds, in their order; None when unknown.

    The first one is taken as it is, each further one moves it by a step, however far off it is: an outlier is soon
    forgotten. It stays between the shortest and the longest first delay, so that it is never far from where it must go.
    """
    for seconds in took:
        if not 0 <= seconds <= LONGEST_ANALYSIS:
            continue
        if typical_seconds is None:
            typical_seconds = seconds
        else:
            typical_seconds *= SLOWER if seconds > typical_seconds else QUICKER
        typical_seconds = max(LEAST_SECONDS, min(MOST_SECONDS, typical_seconds))
    return typical_seconds


def seconds_taken(by_service: float | None, waited: float, polls: int) -> float:
    """How long an analysis took: what the service says, else by when its result was noticed, `waited` seconds in.

    A result that was there at the first question (`polls` is 0) had been there for a while: half of the time is a
    fair guess. Were it taken for the whole, who asks late would learn to ask late.
    """
    if by_service is not None:
        return by_service
    return waited if polls else waited / 2


def first_poll(typical_seconds: float | None, dice: Dice) -> int:
    """The delay from acceptance to the first question: about when this model is usually done."""
    return _whole(typical_seconds or USUAL_SECONDS, MOST_SECONDS, dice)


def next_poll(waited: float, retry_after: int | None, dice: Dice) -> int:
    """The delay after an answer of "not yet", `waited` seconds after acceptance; never before `retry_after`."""
    return max(_whole(waited * STEP_FRACTION, MOST_SECONDS, dice), retry_after or 0)


def after_fault(tries: int, retry_after: int | None, dice: Dice) -> int:
    """The delay after the fault number `tries` (from 0) in a row: growing, capped; never before `retry_after`."""
    grown = min(LEAST_SECONDS * FAULT_GROWTH ** min(tries, 16), MOST_SECONDS_AFTER_FAULT)
    return max(_whole(grown, MOST_SECONDS_AFTER_FAULT, dice), retry_after or 0)


def _whole(seconds: float, most: int, dice: Dice) -> int:
    """About `seconds`: where that is no whole number, the dice choose between its neighbours, so the mean is kept."""
    spread = max(1.0, seconds * SPREAD) * (dice() - 0.5)
    return max(LEAST_SECONDS, min(most, math.floor(seconds + spread + 0.5)))
