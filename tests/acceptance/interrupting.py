"""Ctrl-C, as a terminal sends it: to every process of the group."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess


def ends_with_a_word_and_leaves_nothing_running(process: subprocess.Popen[str]) -> None:
    """Interrupts `process`, which leads a session of its own, and everything it started."""
    os.killpg(process.pid, signal.SIGINT)
    said, complaints = process.communicate(timeout=60)

    assert process.returncode != 0
    assert "Traceback" not in said + complaints
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
