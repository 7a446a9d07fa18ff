"""host.json is read as the real host reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.host.listener import polling_interval
from local.host.options import read_options, seconds
from shared.errors import WrongSetting

HOST_JSON = Path(__file__).parents[3] / "host.json"


def test_the_projects_host_json() -> None:
    """Its values arrive; a blob's tries are immediate whatever the queues' delay."""
    options = read_options(HOST_JSON, {})

    assert (options.queues.batch_size, options.queues.new_batch_threshold) == (8, 4)
    assert (options.queues.max_dequeue_count, options.queues.visibility_timeout) == (5, 30)
    assert (options.queues.max_polling_interval, options.queues.encoding) == (1, "none")
    assert (options.blobs.batch_size, options.blobs.new_batch_threshold) == (5, 3)
    assert (options.blobs.max_dequeue_count, options.blobs.visibility_timeout) == (5, 0)
    assert options.blobs.encoding == "base64"


def test_an_app_setting_beats_host_json() -> None:
    """Named as the real host names it."""
    environ = {"AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:02"}

    assert read_options(HOST_JSON, environ).queues.visibility_timeout == 2


def test_an_empty_host_json_means_the_real_hosts_defaults(tmp_path: Path) -> None:
    """As documented for the extension bundle, version 4."""
    (tmp_path / "host.json").write_text("{}")

    options = read_options(tmp_path / "host.json", {})

    assert (options.queues.batch_size, options.queues.max_dequeue_count) == (16, 5)
    assert (options.queues.visibility_timeout, options.queues.max_polling_interval) == (0, 60)
    assert options.queues.encoding == "base64"


@pytest.mark.parametrize(
    "text",
    ["{", '{"extensions": 1}', '{"extensions": {"queues": {"visibilityTimeout": "30"}}}',
     '{"extensions": {"queues": {"messageEncoding": "utf-8"}}}'],
)  # fmt: skip
def test_a_broken_host_json_is_named(tmp_path: Path, text: str) -> None:
    """One sentence, not a traceback."""
    (tmp_path / "host.json").write_text(text)

    with pytest.raises(WrongSetting, match=r"host\.json can't be used"):
        read_options(tmp_path / "host.json", {})


@pytest.mark.parametrize(
    ("text", "expected"), [("00:00:30", 30), ("01:02:03.5", 3723.5), ("1.00:00:00", 86400), ("00:00:00", 0)]
)
def test_times(text: str, expected: float) -> None:
    """`[d.]hh:mm:ss`."""
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("empty", "longest", "dice", "expected"),
    [
        (0, 60, 1.2, 0.1),  # it held something just before: look again soon
        (1, 60, 1.0, 0.2),  # 0.1 + 1.0 * 2^0 * 0.1
        (3, 60, 0.8, 0.42),  # 0.1 + 0.8 * 2^2 * 0.1
        (9, 60, 1.0, 25.7),  # 0.1 + 1.0 * 2^8 * 0.1
        (20, 60, 1.0, 60),  # capped
        (10**6, 60, 1.2, 60),  # no overflow
        (4, 0.05, 1.0, 0.1),  # never under the shortest
    ],
)
def test_an_empty_queue_is_asked_less_and_less(empty: int, longest: float, dice: float, expected: float) -> None:
    """Up to `maxPollingInterval`."""
    assert polling_interval(empty, longest, dice) == pytest.approx(expected)
