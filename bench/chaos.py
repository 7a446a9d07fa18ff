"""What is left of the promises when everything fails at once.

Files are dropped while two functions hosts are killed with SIGKILL every few seconds, storage is restarted in the
middle, the analyzer throttles, fails, resets and stalls a tenth of all calls each, and every trigger is delivered
twice. In the end every file must be final for its newest content, with its own rows and every payment on its row.
"""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from bench.outcome import Outcome
from bench.stack import STORAGE, Stack, empty_stack
from bench.verdict import Dropped, Verdict, is_settled, judge
from shared.names import DOCUMENTS_CONTAINER

if TYPE_CHECKING:
    import argparse

SETTINGS = {
    "FORM_RECOGNIZER_API_VERSION": "2024-11-30",
    "DEFAULT_MODEL": "prebuilt-document",
    "FORM_RECOGNIZER_TIER": "S0",
    "SUBMISSIONS_PER_SECOND": "15",
    "REUSE_RESULTS": "true",
    "PYTHON_THREADPOOL_THREAD_COUNT": "96",
}
HOSTS = ("host-1", "host-2")
HOST_OPTIONS = ("--deliveries", "2", "--lease", "10")
LIFE = (2.0, 5.0)
"""From a host's `ready` to its SIGKILL, in times of what its start took: on a busy machine, too, it gets to work."""

STALL = 3.0
"""Seconds, and a good part of a host's life: many die in the middle of such a call."""

FAULTS = (
    {"kind": "throttle", "share": 0.1},
    {"kind": "status", "status": 500, "share": 0.05},
    {"kind": "status", "status": 500, "share": 0.05, "after": True},
    {"kind": "reset", "share": 0.05},
    {"kind": "reset", "share": 0.05, "after": True},
    {"kind": "slow", "seconds": STALL, "share": 0.1},
)
"""For POSTs and for GETs. Half of the failures and resets hide that the work was done."""

LOOK_EVERY = 1.0
TICK = 0.05


@dataclass(frozen=True)
class Drop:
    """A file to drop, `at` seconds after the start; a later one of the same path replaces it."""

    at: float
    path: str
    content: bytes = field(repr=False)


@dataclass
class Report:
    """What was done to the stack, and what became of the documents."""

    documents: int
    seed: int
    kills: int = 0
    starts: int = 0
    replaced: int = 0
    storage_restarts: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    verdict: Verdict = field(default_factory=Verdict)
    died: list[str] = field(default_factory=list)
    """What ended in another way than it was made to: a host by itself, the storage killed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line says about this benchmark."""
    parser.add_argument("--documents", type=int, default=1000, help="how many files are dropped (default 1000)")
    parser.add_argument("--chaos-seed", type=int, default=1, help="of the contents, the kills and the faults")
    parser.add_argument("--chaos-state", type=Path, help="keep storage and logs in this new folder")


def run(options: argparse.Namespace) -> Outcome:
    """One run, its figures and every broken promise."""
    with tempfile.TemporaryDirectory() as folder:
        report = wreak(options.documents, options.chaos_seed, options.chaos_state or Path(folder))
    return _outcome(report)


def wreak(documents: int, seed: int, state: Path, *, per_second: float = 4, patience: float = 3600) -> Report:
    """Drops so many files and harms what runs until all is settled, or for `patience` seconds."""
    state.mkdir(parents=True, exist_ok=True)
    report = Report(documents, seed)
    with empty_stack(state, SETTINGS) as stack:
        stack.start_storage()
        stack.start_analyzer(["--no-reading", "--seconds", "1", "--seed", str(seed)])
        for on in ("analyze", "result"):
            for fault in FAULTS:
                requests.post(
                    f"{stack.endpoint}/_analyzer/faults", json={"on": on, **fault}, timeout=10
                ).raise_for_status()
        run = _Run(stack, report, random.Random(seed), planned(documents, seed, per_second))
        run.until_settled(patience)
        for host in HOSTS:
            stack.stop(host)
        report.faults = requests.get(f"{stack.endpoint}/_analyzer/faults", timeout=10).json()["given"]
        report.verdict = judge(stack, run.dropped)
    return report


def planned(documents: int, seed: int, per_second: float) -> list[Drop]:
    """The files in the order in which they are dropped.

    Of each ten, one has the bytes of the file before it, and one is replaced some time later; one of fifty is no form.
    """
    dice = random.Random(seed)
    drops: list[Drop] = []
    for number in range(documents):
        at, path = number / per_second, f"folder-{number % 7}/{number}.jpg"
        content = _jpeg(f"{seed} {number - 1 if number % 10 == 9 else number}")  # noqa: PLR2004 - the last of ten
        if number % 50 == 25:  # noqa: PLR2004 - one of fifty
            content = f"Dear Sir or Madam {number}".encode()
        drops.append(Drop(at, path, content))
        if number % 10 == 3:  # noqa: PLR2004 - one of ten
            drops.append(Drop(at + dice.uniform(0, 30), path, _jpeg(f"{seed} {number} replaced")))
    return sorted(drops, key=lambda drop: drop.at)


def _jpeg(text: str) -> bytes:
    """As much of a picture as anyone looks at while nothing is read."""
    return b"\xff\xd8\xff\xe0" + text.encode()


@dataclass
class _Run:
    """The harm that is done, in one thread: what is due is done, then what is next."""

    stack: Stack
    report: Report
    dice: random.Random
    drops: list[Drop]
    dropped: dict[str, Dropped] = field(default_factory=dict)
    started_at: dict[str, float] = field(default_factory=dict)
    dies_at: dict[str, float] = field(default_factory=dict)

    def until_settled(self, patience: float) -> None:
        """Drops, kills and restarts until nothing is left to happen."""
        started = time.monotonic()
        waiting, looked = list(self.drops), 0.0
        connection = self.stack.connection.connection_string
        # A retry inside the SDK could make two versions of one content.
        with BlobServiceClient.from_connection_string(connection, retry_total=0) as blobs:
            for host in HOSTS:
                self._start(host)
            while (seconds := time.monotonic() - started) < patience:
                self._kill_who_is_due()
                if waiting and waiting[0].at <= seconds:
                    self._drop(blobs, waiting.pop(0))
                if not self.report.storage_restarts and len(waiting) <= len(self.drops) // 2:
                    self._restart_storage()
                if not waiting and seconds - looked > LOOK_EVERY:
                    looked = seconds
                    if is_settled(self.stack, self.dropped):
                        break
                time.sleep(0 if waiting and waiting[0].at <= seconds else TICK)
        self.report.seconds = time.monotonic() - started

    def _start(self, host: str) -> None:
        self.started_at[host] = time.monotonic()
        self.dies_at.pop(host, None)
        self.stack.start_host(host, HOST_OPTIONS)
        self.report.starts += 1

    def _kill_who_is_due(self) -> None:
        now = time.monotonic()
        for host in HOSTS:
            running = self.stack.running[host]
            if running.process.poll() is not None:
                self.report.died.append(f"{host} ended by itself with {running.process.returncode}")
                self.stack.stop(host)
                self._start(host)
            elif host not in self.dies_at:
                if running.has_said_ready():
                    self.dies_at[host] = now + self.dice.uniform(*LIFE) * (now - self.started_at[host])
            elif now >= self.dies_at[host]:
                self.stack.kill(host)
                self.report.kills += 1
                self._start(host)

    def _drop(self, blobs: BlobServiceClient, drop: Drop) -> None:
        """An upload that got no answer may have arrived: then it is replaced by a content that differs."""
        content = drop.content
        while True:
            try:
                blob = blobs.get_blob_client(DOCUMENTS_CONTAINER, drop.path)
                etag = blob.upload_blob(content, overwrite=True)["etag"]
                break
            except AzureError:
                content += b" again"
        self.report.replaced += drop.path in self.dropped
        self.dropped[drop.path] = Dropped(str(etag).strip('"'), content)

    def _restart_storage(self) -> None:
        running = self.stack.running[STORAGE]
        self.stack.stop(STORAGE)
        if running.process.returncode:
            self.report.died.append(f"The storage did not end by itself but with {running.process.returncode}")
        self.stack.start_storage()
        self.report.storage_restarts += 1


def _outcome(report: Report) -> Outcome:
    verdict = report.verdict
    figures: dict[str, object] = {
        "documents": report.documents,
        "replaced while it ran": report.replaced,
        "hosts killed": report.kills,
        "hosts started": report.starts,
        "storage restarted": report.storage_restarts,
        **{f"fault: {kind}": times for kind, times in sorted(report.faults.items())},
        "POSTs": verdict.posts,
        "POSTs accepted": verdict.accepted,
        "  of the newest contents": verdict.accepted_of_newest,
        "  of them second payments": verdict.paid_twice,
        "PaidSubmissions": verdict.paid_submissions,
        "GETs": verdict.gets,
        "succeeded": verdict.succeeded,
        **{f"failed: {code}": times for code, times in sorted(verdict.failed.items())},
        "lost": len(verdict.lost),
        "with doubled or wrong rows": len(verdict.wrong_rows),
        "payments not on a row": len(verdict.unreported),
        "poison messages": verdict.poison,
        "  of failed documents": verdict.poison_of_failed,
        "  unexplained": len(verdict.unexplained),
        "seconds": round(report.seconds),
    }
    rows: list[tuple[str, ...]] = [(name, str(value)) for name, value in figures.items()]
    breaches = tuple(verdict.breaches + report.died)
    rows += [("broken promise", breach) for breach in breaches]
    return Outcome(f"chaos, seed {report.seed}", ("figure", ""), rows, {**figures, "breaches": breaches}, breaches)
