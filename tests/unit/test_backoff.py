"""When it is asked again: the arithmetic, row by row, and what holds for any wait."""

from __future__ import annotations

import math
from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.backoff import after_fault, first_poll, learned, next_poll, seconds_taken

DICE = st.floats(0, 1)
SECONDS = st.floats(0, 1e9)
RETRY_AFTER = st.none() | st.integers(0, 100_000)


@pytest.mark.parametrize(
    ("typical", "dice", "delay"),
    [
        pytest.param(None, 0.5, 3, id="unknown model"),  # 3 s x 1.0
        pytest.param(None, 0.0, 3, id="unknown model, low dice"),  # 2.5, to the nearest
        pytest.param(None, 1.0, 4, id="unknown model, high dice"),  # 3.5, to the nearest
        pytest.param(0.0, 0.5, 3, id="a time of nought is unknown"),  # 3 x 1.0
        pytest.param(0.1, 1.0, 2, id="quicker than may be asked"),  # 0.6, raised to 2
        pytest.param(3.25, 0.24, 3, id="between two seconds, low dice"),  # 2.99, to the nearest
        pytest.param(3.25, 0.76, 4, id="between two seconds, high dice"),  # 3.51, to the nearest
        pytest.param(10.0, 0.5, 10, id="known model"),  # 10 x 1.0
        pytest.param(10.0, 0.0, 9, id="known model, low dice"),  # 10 x 0.9
        pytest.param(10.0, 1.0, 11, id="known model, high dice"),  # 10 x 1.1
        pytest.param(10.2, 0.5, 10, id="whole seconds"),  # 10.2, to the nearest
        pytest.param(3600.0, 0.5, 60, id="slow model"),  # 3600, capped at 60
        pytest.param(1e9, 1.0, 60, id="absurd"),  # capped at 60
    ],
)
def test_the_first_question_comes_when_the_model_is_usually_done(
    typical: float | None, dice: float, delay: int
) -> None:
    """The first poll is at the model's typical time, or at 3 s, spread by a tenth and at least half a second."""
    assert first_poll(typical, lambda: dice) == delay


@pytest.mark.parametrize(
    ("waited", "retry_after", "dice", "delay"),
    [
        pytest.param(0, None, 0.5, 2, id="at once"),  # 0 x 0.2, raised to 2
        pytest.param(-5, None, 0.5, 2, id="clocks differ"),  # negative, raised to 2
        pytest.param(10, None, 0.5, 2, id="ten seconds"),  # 10 x 0.2 = 2
        pytest.param(10, None, 1.0, 3, id="ten seconds, high dice"),  # 2.5, to the nearest
        pytest.param(50, None, 0.5, 10, id="a fifth of the time waited"),  # 50 x 0.2 = 10
        pytest.param(50, None, 0.0, 9, id="a fifth, low dice"),  # 10 x 0.9
        pytest.param(50, None, 1.0, 11, id="a fifth, high dice"),  # 10 x 1.1
        pytest.param(300, None, 0.5, 60, id="reaches the most"),  # 300 x 0.2 = 60
        pytest.param(1e9, None, 1.0, 60, id="absurd"),  # capped at 60
        pytest.param(50, 5, 0.5, 10, id="a Retry-After already over"),  # max(10, 5)
        pytest.param(50, 30, 0.5, 30, id="a Retry-After to come"),  # max(10, 30)
        pytest.param(50, 3600, 0.5, 3600, id="a Retry-After above the most"),  # max(10, 3600)
        pytest.param(50, 0, 0.5, 10, id="a Retry-After of nought"),  # max(10, 0)
    ],
)
def test_the_next_question_comes_after_a_fifth_of_the_time_waited(
    waited: float, retry_after: int | None, dice: float, delay: int
) -> None:
    """Delays grow with the time already waited, from 2 s to 60 s, and never end before the service's own wish."""
    assert next_poll(waited, retry_after, lambda: dice) == delay


@pytest.mark.parametrize(
    ("tries", "retry_after", "dice", "delay"),
    [
        pytest.param(0, None, 0.5, 2, id="first fault"),  # 2 x 2.5^0 = 2
        pytest.param(1, None, 0.5, 5, id="second"),  # 2 x 2.5 = 5
        pytest.param(2, None, 0.5, 13, id="third"),  # 2 x 6.25 = 12.5, to the nearest
        pytest.param(3, None, 0.5, 31, id="fourth"),  # 2 x 15.625 = 31.25, to the nearest
        pytest.param(3, None, 0.0, 28, id="fourth, low dice"),  # 31.25 x 0.9 = 28.125, to the nearest
        pytest.param(3, None, 1.0, 34, id="fourth, high dice"),  # 31.25 x 1.1 = 34.375, to the nearest
        pytest.param(5, None, 0.5, 195, id="sixth"),  # 2 x 97.65625 = 195.3125, to the nearest
        pytest.param(6, None, 0.5, 300, id="seventh"),  # 2 x 244.14 = 488, capped at 300
        pytest.param(10**6, None, 0.5, 300, id="absurd"),  # capped at 300
        pytest.param(0, 30, 0.5, 30, id="told to wait"),  # max(2, 30)
        pytest.param(10**6, 86_400, 1.0, 86_400, id="told to wait for a day"),  # max(300, 86400)
    ],
)
def test_after_a_fault_the_wait_grows_two_and_a_half_times(
    tries: int, retry_after: int | None, dice: float, delay: int
) -> None:
    """Faults in a row are 2, 5, 13, 31 ... s apart, five minutes at most, and never closer than the service asks."""
    assert after_fault(tries, retry_after, lambda: dice) == delay


@given(SECONDS, RETRY_AFTER, DICE)
def test_a_poll_is_2_to_60_whole_seconds_away_unless_told_otherwise(
    waited: float, retry_after: int | None, dice: float
) -> None:
    """Only the service's own wish makes a delay longer than a minute."""
    delay = next_poll(waited, retry_after, lambda: dice)
    assert isinstance(delay, int)
    assert max(2, retry_after or 0) <= delay <= max(60, retry_after or 0)


@given(st.none() | SECONDS, DICE)
def test_a_first_poll_is_2_to_60_whole_seconds_away(typical: float | None, dice: float) -> None:
    """No learned time, however wrong, asks too often or too late."""
    delay = first_poll(typical, lambda: dice)
    assert isinstance(delay, int)
    assert 2 <= delay <= 60


@given(st.integers(0, 10**6), RETRY_AFTER, DICE)
def test_a_fault_is_tried_again_within_five_minutes_unless_told_otherwise(
    tries: int, retry_after: int | None, dice: float
) -> None:
    """Any number of faults gives a delay of whole seconds that a queue takes."""
    delay = after_fault(tries, retry_after, lambda: dice)
    assert isinstance(delay, int)
    assert max(2, retry_after or 0) <= delay <= max(300, retry_after or 0)


@given(SECONDS, SECONDS, DICE)
def test_who_waited_longer_is_not_asked_for_sooner(one: float, other: float, dice: float) -> None:
    """With the same dice the delays never shrink."""
    shorter, longer = sorted((one, other))
    assert next_poll(shorter, None, lambda: dice) <= next_poll(longer, None, lambda: dice)


@given(st.integers(0, 10**6), DICE)
def test_one_more_fault_never_shortens_the_wait(tries: int, dice: float) -> None:
    """With the same dice the delays never shrink."""
    assert after_fault(tries, None, lambda: dice) <= after_fault(tries + 1, None, lambda: dice)


@pytest.mark.parametrize("waited", [50.0, 100.0, 200.0])
def test_documents_dropped_together_are_not_asked_for_together(waited: float) -> None:
    """The dice spread the questions of a batch over several seconds."""
    delays = set()
    for twentieths in range(21):
        dice = twentieths / 20
        delays.add(next_poll(waited, None, partial(float, dice)))
    assert len(delays) >= 3


def test_the_first_analysis_of_a_model_is_believed() -> None:
    """From the first finished document on, the next one is asked for when it is likely done."""
    assert learned(None, [17.0]) == 17


@pytest.mark.parametrize("outlier", [0.0, 3600.0, 86_400.0])
def test_an_outlier_hardly_counts(outlier: float) -> None:
    """However far off it is, it moves the typical time by 6 % at most."""
    assert learned(10, [outlier]) == pytest.approx(10, rel=0.061)


@pytest.mark.parametrize("mistake", [-1.0, 86_401.0, math.nan, math.inf])
def test_a_clocks_mistake_does_not_count(mistake: float) -> None:
    """No analysis takes less than nothing, or longer than a result lives."""
    assert learned(10, [mistake]) == 10
    assert learned(None, [mistake]) is None


@pytest.mark.parametrize(("before", "after"), [(6, 20), (20, 6), (60, 3)])
def test_a_change_of_pace_is_learned_in_fifty_documents(before: float, after: float) -> None:
    """A service that became slower or quicker is met within a tenth."""
    assert learned(before, [after] * 50) == pytest.approx(after, rel=0.1)


def test_two_of_five_analyses_are_quicker_than_what_is_learned() -> None:
    """So nearly half of the results are there at the first question, and the others are not kept waiting long."""
    dice = Random(1)  # noqa: S311
    taken = [dice.lognormvariate(math.log(20), 0.6) for _ in range(4000)]
    typical = learned(None, taken)
    assert typical is not None
    assert sum(seconds < typical for seconds in taken) / len(taken) == pytest.approx(0.4, abs=0.1)


def test_what_the_service_says_goes_before_what_was_noticed() -> None:
    """A result that waited for an hour taught nothing; one seen at the first question is taken for half as old."""
    assert seconds_taken(6.0, waited=3600, polls=0) == 6
    assert seconds_taken(None, waited=12, polls=0) == 6
    assert seconds_taken(None, waited=12, polls=1) == 12


@given(st.none() | st.floats(0.001, 1e9), st.lists(st.floats()))
def test_what_is_learned_is_fit_for_a_first_delay(typical: float | None, taken: list[float]) -> None:
    """Any times whatever leave it between the shortest and the longest first delay, once something was learned."""
    after = learned(typical, taken)
    assert after == typical or (after is not None and 2 <= after <= 60)
