"""How long a worker takes to load the app: `import function_app` in fresh processes on one core, and its imports."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from bench.outcome import Outcome
from local.configuration import ENDPOINT, HOST_CONNECTION, azurite_connection_string
from shared.names import CONNECTION

if TYPE_CHECKING:
    import argparse

STARTS = 9
WAYS = {
    "function_app": ("function_app",),
    "what it can't do without": ("azure.functions", "azurefunctions.extensions.bindings.blob"),
}
"""The second way is Microsoft's library and its binding of blobs, which the worker needs to read the triggers."""

MEASURED = """
import importlib, json, os, sys, time
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
started, busy = time.perf_counter(), time.process_time()
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps([time.perf_counter() - started, time.process_time() - busy]))
"""
PROFILED = 10
"""How many packages the profile lists."""

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*([\w.]+)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line says about this benchmark."""
    parser.add_argument("--starts", type=int, default=STARTS, help="how many processes import each (default 9)")


def run(options: argparse.Namespace) -> Outcome:
    """The times of each way, one after the other in turn, then the profile of one more process."""
    times: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _ in range(options.starts):
        for way, modules in WAYS.items():
            times[way].append(json.loads(_python("-c", MEASURED, *modules).stdout))
    found: dict[str, Any] = {way: _summary(taken) for way, taken in times.items()}
    profile = _profile(_python("-X", "importtime", "-c", "import function_app").stderr)
    rows = [(way, *(f"{seconds:.2f}" for seconds in summary.values())) for way, summary in found.items()]
    rows += [(f"  of it {package}", "", f"{seconds:.2f}", "", "") for package, seconds in profile]
    columns = ("import", "best s", "best CPU s", "median s", "median CPU s")
    return Outcome("start, one core", columns, rows, {"imports": found, "profile": dict(profile)})


def _summary(taken: list[list[float]]) -> dict[str, float]:
    wall, busy = zip(*taken, strict=True)
    return {
        "best": min(wall),
        "best_cpu": min(busy),
        "median": statistics.median(wall),
        "median_cpu": statistics.median(busy),
    }


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python once, with the settings of a local stack; nothing is connected to."""
    account = azurite_connection_string(10000)
    settings = {
        CONNECTION: account,
        HOST_CONNECTION: account,
        ENDPOINT: "http://127.0.0.1:10003",
        "FORM_RECOGNIZER_KEY": "key",
    }
    environment = {**os.environ, **settings}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True)


def _profile(importtime: str) -> list[tuple[str, float]]:
    """The packages with the most time of their own modules, in seconds; it is a little more than without a profile."""
    spent: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(importtime):
        spent[_package(module)] += int(microseconds)
    return [(package, microseconds / 1e6) for package, microseconds in spent.most_common(PROFILED)]


def _package(module: str) -> str:
    """What a person would install; `azure.storage.blob` is one, `azure.storage` is none."""
    words = module.split(".")
    if words[0] in sys.stdlib_module_names:
        return "the standard library"
    kept = {"azure": 2, "azurefunctions": 1}.get(words[0], 1) + (words[:2] in (["azure", "storage"], ["azure", "data"]))
    return ".".join(words[:kept])
