"""The pace of paid calls, by a clock that only moves when somebody sleeps."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.recognizer.pace import Pace


class Clock:
    """A clock for tests: `sleep` moves it on, and is remembered."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.slept.append(seconds)
        self.now += seconds


def test_the_first_call_does_not_wait() -> None:
    """A document that comes alone is submitted at once."""
    clock = Clock()
    Pace(15, clock.monotonic, clock.sleep).wait()
    assert clock.slept == []


@pytest.mark.parametrize(
    ("per_second", "gap"),
    [pytest.param(15, 1 / 15, id="S0"), pytest.param(1, 1.0, id="F0"), pytest.param(0.5, 2.0, id="below one")],
)
def test_calls_in_a_row_are_a_gap_apart(per_second: float, gap: float) -> None:
    """A full second never sees more calls than it may."""
    clock = Clock()
    pace = Pace(per_second, clock.monotonic, clock.sleep)
    for _ in range(4):
        pace.wait()
    assert clock.slept == pytest.approx([gap] * 3)


def test_time_that_passed_by_itself_counts() -> None:
    """Whoever worked for half the gap waits for the other half; whoever worked longer does not wait."""
    clock = Clock()
    pace = Pace(1, clock.monotonic, clock.sleep)
    pace.wait()
    clock.now += 0.5
    pace.wait()
    clock.now += 5
    pace.wait()
    assert clock.slept == pytest.approx([0.5])


def test_idle_time_is_not_saved_up() -> None:
    """After a quiet hour the calls still go one after another, not in a burst."""
    clock = Clock()
    pace = Pace(10, clock.monotonic, clock.sleep)
    pace.wait()
    clock.now += 3600
    for _ in range(3):
        pace.wait()
    assert clock.slept == pytest.approx([0.1, 0.1])


def test_calls_at_the_same_moment_each_get_a_turn_of_their_own() -> None:
    """Threads that come together leave one gap apart, and nobody sleeps while others ask for their turn."""
    slept: list[float] = []
    all_asked = threading.Barrier(7)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        all_asked.wait(timeout=10)

    pace = Pace(4, lambda: 1000.0, sleep)
    pace.wait()
    with ThreadPoolExecutor(7) as threads:
        for waiting in [threads.submit(pace.wait) for _ in range(7)]:
            waiting.result()
    assert sorted(slept) == pytest.approx([0.25 * turn for turn in range(1, 8)])
