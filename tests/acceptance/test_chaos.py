"""Everything fails at once, and the promises are kept: the small brother of `python -m bench chaos`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.chaos import wreak
from tests.acceptance.interrupting import ends_with_a_word_and_leaves_nothing_running

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(1200)
def test_nothing_is_lost_doubled_or_paid_in_silence_when_everything_fails_at_once(tmp_path: Path) -> None:
    """Hosts die every few seconds, storage restarts, 40 % of all calls are spoilt, every trigger comes twice.

    It takes two to three minutes: the claim of a run that was killed holds for 120 s.
    """
    report = wreak(50, 1, tmp_path / "chaos", per_second=10, patience=900)

    verdict = report.verdict
    assert verdict.breaches == []
    assert report.died == []
    assert verdict.succeeded + verdict.failed.total() == 50
    assert verdict.failed["UnsupportedType"] == 1
    assert verdict.accepted_of_newest <= verdict.paid_submissions
    assert (report.replaced, report.storage_restarts) == (5, 1)
    assert report.kills
    assert report.faults


@pytest.mark.parametrize("seconds", [0.2, 3, 10])
def test_an_interrupted_run_leaves_nothing_running(seconds: float, tmp_path: Path) -> None:
    """Ctrl-C at any moment of the run: it ends with a word, and no process of its stack is left."""
    command = [sys.executable, "-m", "bench", "chaos", "--documents", "40", "--to", str(tmp_path / "results.json")]
    bench = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert bench.stdout
    while bench.stdout.readline() != "chaos ...\n":
        assert bench.poll() is None
    time.sleep(seconds)

    ends_with_a_word_and_leaves_nothing_running(bench)
