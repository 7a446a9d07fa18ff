"""When it is asked again: the arithmetic, row by row, and what holds for any wait."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.backoff import after_fault, first_poll, next_poll

DICE = st.floats(0, 1)
SECONDS = st.floats(0, 1e9)
RETRY_AFTER = st.none() | st.integers(0, 100_000)


@pytest.mark.parametrize(
    ("typical", "dice", "delay"),
    [
        pytest.param(None, 0.5, 3, id="unknown model"),  # 3 s x 1.0
        pytest.param(None, 0.0, 3, id="unknown model, low dice"),  # 3 x 0.9 = 2.7, rounded up
        pytest.param(None, 1.0, 4, id="unknown model, high dice"),  # 3 x 1.1 = 3.3, rounded up
        pytest.param(0.0, 0.5, 3, id="a time of nought is unknown"),  # 3 x 1.0
        pytest.param(0.1, 1.0, 2, id="quicker than may be asked"),  # 0.1 x 1.1, raised to 2
        pytest.param(10.0, 0.5, 10, id="known model"),  # 10 x 1.0
        pytest.param(10.0, 0.0, 9, id="known model, low dice"),  # 10 x 0.9
        pytest.param(10.0, 1.0, 11, id="known model, high dice"),  # 10 x 1.1
        pytest.param(10.2, 0.5, 11, id="whole seconds, never early"),  # 10.2, rounded up
        pytest.param(3600.0, 0.5, 60, id="slow model"),  # 3600, capped at 60
        pytest.param(1e9, 1.0, 60, id="absurd"),  # capped at 60
    ],
)
def test_the_first_question_comes_when_the_model_is_usually_done(
    typical: float | None, dice: float, delay: int
) -> None:
    """The first poll is at the model's typical time, or at 3 s, spread by a tenth."""
    assert first_poll(typical, lambda: dice) == delay


@pytest.mark.parametrize(
    ("waited", "retry_after", "dice", "delay"),
    [
        pytest.param(0, None, 0.5, 2, id="at once"),  # 0 x 0.2, raised to 2
        pytest.param(-5, None, 0.5, 2, id="clocks differ"),  # negative, raised to 2
        pytest.param(10, None, 0.5, 2, id="ten seconds"),  # 10 x 0.2 = 2
        pytest.param(10, None, 1.0, 3, id="ten seconds, high dice"),  # 2 x 1.1 = 2.2, rounded up
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
        pytest.param(2, None, 0.5, 13, id="third"),  # 2 x 6.25 = 12.5, rounded up
        pytest.param(3, None, 0.5, 32, id="fourth"),  # 2 x 15.625 = 31.25, rounded up
        pytest.param(3, None, 0.0, 29, id="fourth, low dice"),  # 31.25 x 0.9 = 28.125, rounded up
        pytest.param(3, None, 1.0, 35, id="fourth, high dice"),  # 31.25 x 1.1 = 34.375, rounded up
        pytest.param(5, None, 0.5, 196, id="sixth"),  # 2 x 97.65625 = 195.3125, rounded up
        pytest.param(6, None, 0.5, 300, id="seventh"),  # 2 x 244.14 = 488, capped at 300
        pytest.param(10**6, None, 0.5, 300, id="absurd"),  # capped at 300
        pytest.param(0, 30, 0.5, 30, id="told to wait"),  # max(2, 30)
        pytest.param(10**6, 86_400, 1.0, 86_400, id="told to wait for a day"),  # max(300, 86400)
    ],
)
def test_after_a_fault_the_wait_grows_two_and_a_half_times(
    tries: int, retry_after: int | None, dice: float, delay: int
) -> None:
    """Faults in a row are 2, 5, 13, 32 ... s apart, five minutes at most, and never closer than the service asks."""
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
