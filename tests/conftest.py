"""What every test has: a clean environment, free ports, and a way to wait that explains itself."""

from __future__ import annotations

import os
import random
import socket
import time
from typing import TYPE_CHECKING, Protocol, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

OUR_SETTINGS = (
    "AzureWebJobsStorage",
    "AzureFunctions",
    "DOCUMENTS_",
    "FORM_RECOGNIZER_",
    "SUBMISSIONS_PER_SECOND",
    "DEFAULT_MODEL",
    "CONFIDENCE_THRESHOLD",
    "ANALYSIS_DEADLINE",
    "REUSE_RESULTS",
    "PYTHON_THREADPOOL_THREAD_COUNT",
)


class Eventually(Protocol):
    """The fixture `eventually`."""

    def __call__(self, look: Callable[[], T], what: str, seconds: float = 60) -> T:
        """What `look` gives as soon as it is true; fails after `seconds` and says `what` did not happen."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches a test."""
    for name in [name for name in os.environ if name.startswith(OUR_SETTINGS)]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], int]:
    """Gives the first of `count` ports in a row that nobody uses."""
    return _free_ports


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Waits for something to become true."""
    return _eventually


def _free_ports(count: int) -> int:
    # Below the ports that the system hands out by itself, so that they stay free until they are used.
    for _ in range(100):
        first = random.randrange(12000, 32000, 10)  # noqa: S311
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    pytest.fail(f"No {count} free ports in a row were found.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _eventually(look: Callable[[], T], what: str, seconds: float = 60) -> T:
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"Within {seconds} seconds {what} did not happen; last seen: {seen!r}")
        time.sleep(0.05)
    return seen
