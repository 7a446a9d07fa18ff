"""The analyzer's limits, its faults on request and its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.analyzer.counts import Counts
from local.analyzer.faults import Faults, WrongFaultError, fault_from_json
from local.analyzer.jobs import Jobs
from local.analyzer.quota import TIERS, Action, Quota
from local.analyzer.store import Store

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.mark.parametrize(("action", "allowed"), [("analyze", 15), ("result", 50), ("train", 5), ("list", 10)])
def test_the_standard_tier_allows_so_many_calls_a_second(action: Action, allowed: int) -> None:
    """The call after the last allowed one is refused until a second has passed."""
    clock = Clock()
    quota = Quota(TIERS["S0"], clock)
    assert [quota.allows(action) for _ in range(allowed + 1)] == [True] * allowed + [False]
    clock.now += 1
    assert quota.allows(action)


def test_training_and_looking_at_models_share_a_quota() -> None:
    """Both are model management."""
    quota = Quota(TIERS["F0"], Clock())
    assert quota.allows("train")
    assert not quota.allows("model")
    assert quota.allows("analyze")


def test_the_free_tier_allows_one_call_and_two_pages() -> None:
    """One POST a second."""
    quota = Quota(TIERS["F0"], Clock())
    assert [quota.allows("analyze"), quota.allows("analyze")] == [True, False]
    assert TIERS["F0"].pages == 2


def test_a_fault_is_used_up() -> None:
    """Twice means twice, and only for the calls it was asked for."""
    faults = Faults()
    faults.add(fault_from_json({"on": "analyze", "kind": "status", "status": 503, "times": 2}))
    assert faults.take("result") is None
    taken = [faults.take("analyze") for _ in range(3)]
    assert [fault.status if fault else None for fault in taken] == [503, 503, None]


def test_a_fault_without_times_stays_until_cleared() -> None:
    """For ever, then never."""
    faults = Faults()
    faults.add(fault_from_json({"on": "result", "kind": "never-ending"}))
    assert all(faults.take("result") for _ in range(5))
    faults.clear()
    assert faults.take("result") is None


def test_faults_with_a_share_come_as_often_as_they_were_asked_for() -> None:
    """Two faults of 0.1 each spoil a tenth of the calls each, counted by kind; the dice are seeded."""
    faults = Faults(seed=7)
    for kind in ("reset", "slow"):
        faults.add(fault_from_json({"on": "analyze", "kind": kind, "share": 0.1}))
    for _ in range(10_000):
        faults.take("analyze")
        faults.take("result")

    given = faults.given()
    assert set(given) == {"analyze reset", "analyze slow"}
    assert all(900 < times < 1100 for times in given.values())


@pytest.mark.parametrize(
    "wrong",
    [[], {"on": "analyze"}, {"on": "tea", "kind": "slow"}, {"on": "analyze", "kind": "slow", "sec": 1}],
    ids=["no object", "no kind", "unknown call", "unknown name"],
)
def test_a_fault_that_makes_no_sense_is_refused(wrong: object) -> None:
    """A test that asks for the wrong thing must not pass silently."""
    with pytest.raises(WrongFaultError):
        fault_from_json(wrong)


def test_counts_go_on_after_a_restart() -> None:
    """Contents accepted earlier count as accepted."""
    counts = Counts(["aa", "aa"])
    counts.add("analyze", "accepted", "bb")
    told = counts.to_json()
    assert told["analyze"]["accepted"] == 3
    assert told["accepted_by_content"] == {"aa": 2, "bb": 1}


def test_analyses_differ_in_length_as_much_as_asked_for(tmp_path: Path) -> None:
    """Three seconds, more or less by two thirds: one to five."""
    jobs = Jobs(Store(tmp_path), TIERS["S0"], Clock(), 3, seed=1, reads=False, spread=2 / 3)
    taken = [jobs.due() - 100 for _ in range(200)]
    assert all(1 <= seconds <= 5 for seconds in taken)
    assert min(taken) < 1.2
    assert max(taken) > 4.8
