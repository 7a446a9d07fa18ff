"""When it asks, simulated with the benchmark's clock: soon after a result is there, and seldom before."""

from __future__ import annotations

import pytest

from bench.polling import CASES, PRODUCT, QUICKSTART, simulate

SIMULATED = {case.name: case for case in CASES}


@pytest.mark.parametrize(
    ("case", "most_seconds", "most_share"),
    [
        pytest.param("3 s, sigma 0.35", 1.2, 1.0),
        pytest.param("3 s, sigma 0.6", 1.2, 1.0),
        pytest.param("6 s, sigma 0.35", 1.2, 0.2),
        pytest.param("6 s, sigma 0.6", 1.5, 0.25),
        pytest.param("20 s, sigma 0.35", 4.0, 0.2),
        pytest.param("20 s, sigma 0.6", 4.0, 0.2),
        pytest.param("120 s, sigma 0.35", 24.0, 0.2),
        pytest.param("120 s, sigma 0.6", 24.0, 0.2),
    ],
)
@pytest.mark.parametrize("seed", [2, 3])
def test_a_result_is_noticed_soon_and_for_few_questions(
    case: str, most_seconds: float, most_share: float, seed: int
) -> None:
    """Within a fifth of the analysis, in half the quickstart's time, for no more GETs, and these 2 s apart at least."""
    found = simulate(SIMULATED[case], seed, others=[QUICKSTART])
    ours, quickstart = found[PRODUCT], found[QUICKSTART]
    assert ours.delay <= most_seconds
    assert ours.share <= most_share
    assert ours.delay <= quickstart.delay / 2
    assert ours.gets <= quickstart.gets
    assert ours.closest is not None
    assert ours.closest >= 2 - 1e-6
