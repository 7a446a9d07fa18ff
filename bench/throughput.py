"""How many documents a second the app gets through, beside bare calls of the same mix and what people use instead.

Each way starts with an empty Azurite and an analyzer that takes 1 to 5 s and reads nothing; the files are there before
its clock starts. A host that counts its calls comes first, then one way after the other.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from reportlab.pdfgen.canvas import Canvas

from bench.contenders import API_VERSION, THREADS, path_of
from bench.outcome import Outcome
from bench.stack import Stack, empty_stack
from shared.names import DOCUMENTS_CONTAINER, DOCUMENTS_TABLE, FIELDS_TABLE, RECORDS_TABLE
from shared.storage.clients import blob_service, table_service

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

DOCUMENTS = 600
COUNTED = 60
"""So many documents tell which calls one of them costs."""

SETTINGS = {
    "FORM_RECOGNIZER_API_VERSION": API_VERSION,
    "DEFAULT_MODEL": "prebuilt-document",
    "FORM_RECOGNIZER_TIER": "S0",
    "PYTHON_THREADPOOL_THREAD_COUNT": "96",
}
ONE_TO_FIVE_SECONDS = ("--no-reading", "--seconds", "3", "--spread", "0.6667")
ENDED = (b'"event": "document_stored"', b'"event": "document_failed"')
LOOK_EVERY = 0.1
LONGEST = 1800
SELDOM = 0.05
"""A document has fewer calls than this of the kinds that only a start needs."""


@dataclass(frozen=True)
class Run:
    """What came of one way; `cpu` has the CPU seconds by process, where the system tells."""

    way: str
    documents: int
    seconds: float
    cpu: dict[str, float] = field(default_factory=dict)
    posts: int = 0
    throttled: int = 0
    lost: int = 0
    rows: int = 0

    @property
    def per_second(self) -> float:
        """Documents a second."""
        return self.documents / self.seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line says about this benchmark."""
    parser.add_argument("--files", type=int, default=DOCUMENTS, help=f"how many files each way reads ({DOCUMENTS})")


def run(options: argparse.Namespace) -> Outcome:
    """The ways, in this order."""
    with tempfile.TemporaryDirectory() as folder:
        state, count = Path(folder), options.files
        mix = _mix(state, min(count, COUNTED))
        runs = [
            _by_process("bare", state, count, mix=mix),
            _by_hosts("one host, no quota", state, count, hosts=1),
            _by_hosts("two hosts, no quota", state, count, hosts=2),
            _by_hosts("one host, quota", state, count, hosts=1, quota=True),
            _by_process("quickstart", state, count),
            _by_process("sdk", state, count),
        ]
    return _outcome(runs, mix)


def _mix(state: Path, count: int) -> dict[str, float]:
    """The calls of a document by kind, as a host sends them while it works on `count` documents."""
    counts = state / "counts.json"
    counted = (sys.executable, "-m", "bench.calls", str(counts))
    with _stack(state / "counted", count, quota=False) as stack:
        stack.start_host("host-1", ["--stop-with-stdin"], counted)
        _until_ready(stack, ["host-1"])
        _until_ended(stack, ["host-1"], count)
        time.sleep(1)  # the last messages are deleted after their functions have ended
        stack.stop("host-1")
    calls: dict[str, int] = json.loads(counts.read_text(encoding="utf-8"))
    return {kind: times / count for kind, times in sorted(calls.items()) if times / count >= SELDOM}


def _by_hosts(way: str, state: Path, count: int, *, hosts: int, quota: bool = False) -> Run:
    """From the moment when the hosts are ready until the last document is final."""
    names = [f"host-{number + 1}" for number in range(hosts)]
    with _stack(state / way, count, quota=quota) as stack:
        for name in names:
            stack.start_host(name, ())
        _until_ready(stack, names)
        started, busy = time.perf_counter(), _cpu_of(stack)
        _until_ended(stack, names, count)
        done = Run(way, count, time.perf_counter() - started, _since(busy, _cpu_of(stack)))
        return _seen(stack, done, lost=count - _succeeded(stack))


def _by_process(way: str, state: Path, count: int, *, mix: dict[str, float] | None = None) -> Run:
    """The time that the other process took for the same files, without its start."""
    mix_file = state / "mix.json"
    mix_file.write_text(json.dumps(mix or {}), encoding="utf-8")
    with _stack(state / way, count, quota=False) as stack:
        busy = _cpu_of(stack)
        command = [sys.executable, "-m", "bench.contenders", way, str(count), str(mix_file)]
        done = subprocess.run(command, env=stack.environment, stdout=subprocess.PIPE, check=True)
        took = json.loads(done.stdout)
        cpu = {**_since(busy, _cpu_of(stack)), "itself": took["cpu"]}
        return _seen(stack, Run(f"{way}, {THREADS} threads", count, took["seconds"], cpu))


@contextmanager
def _stack(state: Path, count: int, *, quota: bool) -> Iterator[Stack]:
    """Storage with the files in it, and the analyzer."""
    state.mkdir(parents=True)
    pace = {} if quota else {"SUBMISSIONS_PER_SECOND": "1000"}
    with empty_stack(state, {**SETTINGS, **pace}) as stack:
        stack.start_storage()
        stack.start_analyzer([*ONE_TO_FIVE_SECONDS, *([] if quota else ["--no-quota"])])
        with blob_service(stack.connection) as blobs, ThreadPoolExecutor(THREADS) as threads:
            files = blobs.get_container_client(DOCUMENTS_CONTAINER)
            list(threads.map(lambda number: files.upload_blob(path_of(number), _form(number)), range(count)))
        yield stack


def _form(number: int) -> bytes:
    """A form of one page, each with another number."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=1)
    canvas.drawString(72, 720, f"Number: {number}")
    canvas.save()
    return file.getvalue()


def _until_ready(stack: Stack, hosts: list[str]) -> None:
    while not all(stack.running[host].has_said_ready() for host in hosts):
        time.sleep(LOOK_EVERY)


def _until_ended(stack: Stack, hosts: list[str], count: int) -> None:
    """Looks into the hosts' logs, which costs the storage nothing."""
    deadline = time.monotonic() + LONGEST
    while sum(_ended(stack.state / f"{host}.log") for host in hosts) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not all documents ended within {LONGEST} s; the logs are in {stack.state}.")
        time.sleep(LOOK_EVERY)


def _ended(log: Path) -> int:
    text = log.read_bytes()
    return sum(text.count(event) for event in ENDED)


def _succeeded(stack: Stack) -> int:
    with table_service(stack.connection) as tables:
        rows = tables.get_table_client(DOCUMENTS_TABLE).query_entities("Status eq 'succeeded'", select=["RowKey"])
        return sum(1 for _ in rows)


def _seen(stack: Stack, done: Run, *, lost: int = 0) -> Run:
    """The run, and what the service and the tables say of it."""
    counts = requests.get(f"{stack.endpoint}/_analyzer/counts", timeout=10).json()["analyze"]
    with table_service(stack.connection) as tables:
        rows = [sum(1 for _ in tables.get_table_client(table).list_entities(select=["RowKey"]))
                for table in (FIELDS_TABLE, RECORDS_TABLE)]  # fmt: skip
    print(f"{done.way}: {done.seconds:.0f} s", file=sys.stderr)
    return replace(done, posts=counts["received"], throttled=counts["throttled"], lost=lost, rows=sum(rows))


def _cpu_of(stack: Stack) -> dict[str, float]:
    return {name: _cpu_seconds(running.process.pid) for name, running in stack.running.items()}


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process; 0 where the system has no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _since(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


def _outcome(runs: list[Run], mix: dict[str, float]) -> Outcome:
    columns = ("way", "", "s", "docs/s", "share of bare", "CPU ms/doc", "storage", "analyzer", "429", "lost", "rows")
    bare = runs[0].per_second
    rows: list[tuple[str, ...]] = [_row(done, bare) for done in runs]
    calls = sum(mix.values())
    rows.append(("calls of a document", f"{calls:.1f}"))
    rows += [(f"  {kind}", f"{times:.2f}") for kind, times in mix.items()]
    data = {"runs": [{**vars(done), "per_second": done.per_second} for done in runs], "mix": mix}
    return Outcome(f"throughput, {runs[0].documents} documents, analyses of 1 to 5 s", columns, rows, data)


def _row(done: Run, bare: float) -> tuple[str, ...]:
    own = sum(seconds for name, seconds in done.cpu.items() if name not in ("storage", "analyzer"))
    each = [1000 * seconds / done.documents for seconds in (own, done.cpu["storage"], done.cpu["analyzer"])]
    return (
        done.way,
        "",
        f"{done.seconds:.1f}",
        f"{done.per_second:.1f}",
        f"{100 * done.per_second / bare:.0f} %",
        *(f"{milliseconds:.0f}" for milliseconds in each),
        f"{done.throttled}/{done.posts}",
        str(done.lost),
        str(done.rows),
    )
