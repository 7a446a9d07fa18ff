"""Any order of the steps, with a crash between any two calls, keeps the promises about a document's life."""

from __future__ import annotations

import itertools
import json
import logging
import os
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cli.recover import retry_document
from shared.documents import from_entity
from shared.steps.reconcile import reconcile_documents
from shared.storage import blobs
from tests.interleavings.app import BLOB_TRIGGER_QUEUE, DOING, QUEUES, Run, is_expected, make_app, path_of
from tests.interleavings.service import GET_FATES, POST_FATES, RESULTS_LIVE, UNCERTAIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from shared.documents import Document
    from tests.interleavings.memory import Message

HOW_MANY = int(os.environ.get("INTERLEAVINGS", "400"))

pytestmark = pytest.mark.timeout(900 + HOW_MANY)
"""When one fails, it is made small before it is told; that takes longer than all of them."""

PATHS = ("form.png", "folder/form.png")
PNG = b"\x89PNG\r\n\x1a\n"
CONTENTS = ("new", "new", "known", "new and bad", "unsupported")
STORAGE_FATES = ("fails", "unheard", "twice")
CALLS = (
    *("its end", "POST", "POST", "GET", "update Documents") * 3,
    *("its end", "create in Documents", "read Documents", "query Fields", "query Records", "write to results"),
    *("transaction in Fields", "transaction in Records", "upsert in Contents"),
    *("send to submissions", "send to operations", "send to results"),
    *range(9),
)
"""Where a run may be made to stand still: before a call of that name, or after so many calls."""

WHAT = (
    *("begin", "begin", "begin, fail", "begin, die", "go on", "go on", "go on, fail", "go on, die") * 2,
    *("drop", "drop", "drop unseen", "delete", "wait", "wait", "duplicate", "duplicate", "lose", "forget result"),
    *("reconcile", "retry", "retry --again"),
)
WAITS = (1, 10, 31, 130, 400, 5000, 90_000)
NUMBERS = st.integers(0, 99)
MOST_RUNS = 3
LONGEST_RUN = timedelta(seconds=90)
"""Shorter than a claim; a worker that stands still for longer is one that was killed."""

Content = tuple[str, str]
"""A path and an ETag."""


@pytest.fixture(autouse=True)
def _nothing_is_logged() -> Iterator[None]:
    """Some hundred thousand steps would be."""
    logger = logging.getLogger("forms_to_tables")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


@pytest.fixture(autouse=True)
def _some_results_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of two pairs and more are staged as blocks."""
    monkeypatch.setattr(blobs, "PIECE_BYTES", 400)


class Life(RuleBasedStateMachine):
    """What may happen to two files, their runs and their messages."""

    def __init__(self) -> None:
        super().__init__()
        self.app = make_app(self._row_is_written)
        self.runs: list[tuple[Run, str, Message | None]] = []
        self.numbers = itertools.count(1)
        self.broken: list[str] = []
        """Promises that were broken in the middle of a run."""

        self.uncertain: set[Content] = set()
        """Contents at which a run crashed, or the service left open whether it had begun."""

        self.recorded: defaultdict[Content, set[str]] = defaultdict(set)
        """The operations that stood on the row."""

    @initialize(content=st.sampled_from(CONTENTS), most_dequeued=st.sampled_from((2, 5)))
    def a_file_is_there(self, content: str, most_dequeued: int) -> None:
        """It begins with one. The host gives up after five runs; after two, more is seen of what follows."""
        self.app.most_dequeued = most_dequeued
        self._drop(PATHS[0], content)

    @rule(what=st.sampled_from(WHAT), number=NUMBERS, until=st.sampled_from(CALLS), content=st.sampled_from(CONTENTS))
    def happen(self, what: str, number: int, until: str | int, content: str) -> None:
        """One thing happens; if there is nothing for it to happen to, a file is dropped."""
        path = PATHS[number % len(PATHS)]
        messages, results = self._messages(), sorted(self.app.results.blobs)
        if what.startswith(("begin", "go on")) and (messages or self.runs):
            self._play(self._choose(what, number), until, what, number)
        elif what == "delete":
            self.app.files.blobs.pop(path, None)
        elif what == "wait":
            self._comes(self.app.account.now + timedelta(seconds=WAITS[number % len(WAITS)]))
        elif what == "duplicate" and messages:
            name, message = messages[number % len(messages)]
            self.app.queue(name).put(message.body, 90_000 if number % 3 == 0 else 0)
        elif what == "lose" and (unseen := [one for one in messages if one[1].dequeued == 0 and one[0] not in DOING]):
            name, message = unseen[number % len(unseen)]
            self.app.queue(name).messages.remove(message)
            self.app.has_lost = self.app.has_lost or name != BLOB_TRIGGER_QUEUE
        elif what == "forget result" and results:
            del self.app.results.blobs[results[number % len(results)]]
        elif what == "reconcile":
            self._run_through(self._reconciling())
        elif what.startswith("retry") and len(self.runs) < MOST_RUNS:
            self._begin(Run(lambda: self._retry(path, again=what == "retry --again"), what, path, self.app.account.now))
        else:
            self._drop(path, content, is_seen=what != "drop unseen")

    # What is promised.

    @invariant()
    def no_promise_is_broken_within_a_run(self) -> None:
        """See `_row_is_written` and `_end`."""
        assert self.broken == []

    @invariant()
    def the_service_never_counts_more_than_the_row(self) -> None:
        """`PaidSubmissions` is an upper bound at every moment."""
        for document in self._documents():
            assert self._accepted(document) <= document.paid_submissions, document

    @invariant()
    def while_no_message_is_lost_each_document_is_spoken_of(self) -> None:
        """A message or a run is about each document that is not final, whatever crashes; `reconcile` is for losses."""
        if not self.app.has_lost:
            spoken_of = {run.path for run in self._alive()} | {path_of(message.body) for _, message in self._messages()}
            assert {one.path for one in self._documents() if not one.is_final} <= spoken_of

    def teardown(self) -> None:
        """Nothing more goes wrong: then all comes to rest, and what is there is right."""
        for run in self._alive():
            self._go_on_until(run, "its end")
        self._come_to_rest()
        assert self.broken == []
        documents = {document.path: document for document in self._documents()}
        for path, blob in self.app.files.blobs.items():
            assert documents[path].etag == blob.etag, "the row is about the newest content"
        for document in documents.values():
            self._is_right(document)

    def _is_right(self, document: Document) -> None:
        assert document.is_final
        assert document.error_code or document.status == "succeeded"
        if (document.path, document.etag) not in self.uncertain:
            assert self._accepted(document) == document.paid_submissions, document
        fields = self._rows("Fields", document.key, document.key)
        records = self._rows("Records", document.route, document.key)
        assert {row["ETag"] for row in [*fields, *records]} <= {document.etag}, "rows of one version"
        if document.status == "succeeded":
            assert len(fields) == document.field_count
            assert len(records) == 1
            read = self.app.service.analyses[fields[0]["Text"]]
            there = self.app.files.blobs.get(document.path)
            assert there is None or there.etag != document.etag or there.data == read.data, (
                "what was read is what is there"
            )
        else:
            assert not records

    # How it is played.

    def _come_to_rest(self) -> None:
        for _ in range(1000):
            messages = [message for name in QUEUES for message in self.app.queue(name).messages]
            if self.app.visible():
                name, message = self.app.visible()[0]
                self._run_through(self.app.deliver(name, message), name, message)
            elif messages:
                self.app.account.now = min(message.visible_at for message in messages)
            else:
                self.app.account.now += timedelta(hours=1)
                self._run_through(self._reconciling())
                if not self.app.visible():
                    return
        raise AssertionError("It does not come to rest.")

    def _messages(self) -> list[tuple[str, Message]]:
        """The messages that no run has, those that lead furthest first."""
        taken = [message for _, _, message in self.runs]
        return [
            (name, message)
            for name in reversed(QUEUES)
            for message in self.app.queue(name).messages
            if message not in taken
        ]

    def _comes(self, then: datetime) -> bool:
        """Has the time come, if every run under way may still be under way then."""
        if any(then - run.begun > LONGEST_RUN for run in self._alive()):
            return False
        self.app.account.now = max(self.app.account.now, then)
        return True

    def _retry(self, path: str, *, again: bool) -> None:
        document = self.app.services.documents.read(path)
        if document is not None:
            retry_document(self.app.services, document, again=again)

    def _reconciling(self) -> Run:
        return Run(lambda: list(reconcile_documents(self.app.services)), "reconcile", "", self.app.account.now)

    def _run_through(self, run: Run | None, name: str = "", message: Message | None = None) -> None:
        if run is not None:
            self._begin(run, name, message)
            self._go_on_until(run, "its end")

    def _go_on_until(self, run: Run, call: str | int) -> None:
        calls = 0
        while run in self._alive() and call not in (run.before, calls):
            self._go_on(run)
            calls += 1

    def _alive(self) -> list[Run]:
        return [run for run, _, _ in self.runs]

    def _drop(self, path: str, content: str, *, is_seen: bool = True) -> None:
        number = next(self.numbers) if "new" in content else 0
        data = f"{content} {number}".encode()
        self.app.files.upload_blob(path, data if content == "unsupported" else PNG + data, overwrite=True)
        if is_seen:
            told = {"BlobName": path, "ETag": f'"{self.app.files.blobs[path].etag}"'}
            self.app.queue(BLOB_TRIGGER_QUEUE).put(json.dumps(told).encode())

    def _choose(self, what: str, number: int) -> Run | None:
        """A run that is under way, or a new one."""
        messages = self._messages()
        if self.runs and (what.startswith("go on") or len(self.runs) == MOST_RUNS or not messages):
            return self._alive()[number % len(self.runs)]
        return self._begin_next(*messages[number % len(messages)])

    def _play(self, run: Run | None, until: str | int, what: str, number: int) -> None:
        """A run comes up to some call, which ends well, or in some other way it can, or not at all."""
        if run is None:
            return
        self._go_on_until(run, until)
        if what.endswith("die"):
            self._kill(run)
        elif what.endswith("fail"):
            fates = {"POST": POST_FATES, "GET": GET_FATES}.get(run.before, STORAGE_FATES)
            self._go_on(run, fates[number % len(fates)])

    def _begin_next(self, name: str, message: Message) -> Run | None:
        """A run for this message, when its time has come; if that is long hence, the others have ended by then."""
        if not self._comes(message.visible_at):
            for other in self._alive():
                self._go_on_until(other, "its end")
        self._comes(message.visible_at)
        run = self.app.deliver(name, message)
        self._begin(run, name, message)
        return run

    def _kill(self, run: Run) -> None:
        if run in self._alive():
            self._is_uncertain(run)
            run.kill()
            self._end(run)

    def _begin(self, run: Run | None, name: str = "", message: Message | None = None) -> None:
        if run is not None:
            self.runs.append((run, name, message))
            run.go_on()
            self._end_if_done(run)

    def _go_on(self, run: Run, fate: str = "") -> None:
        if run not in self._alive():
            return
        if fate in {"POST": UNCERTAIN, "GET": ()}.get(run.before, ("fails", "unheard")):
            self._is_uncertain(run)
        known = len(self.app.service.analyses)
        run.go_on(fate)
        if len(self.app.service.analyses) > known:
            run.operation = list(self.app.service.analyses)[-1]
        self._end_if_done(run)

    def _is_uncertain(self, run: Run) -> None:
        run.is_clean = False
        if run.path in self.app.files.blobs:
            self.uncertain.add((run.path, self.app.files.blobs[run.path].etag))
        self.uncertain.update((one.path, one.etag) for one in self._documents() if one.path == run.path)

    def _end_if_done(self, run: Run) -> None:
        if run.dead:
            self._end(run)

    def _end(self, run: Run) -> None:
        for one, name, message in self.runs:
            if one is run and message is not None:
                self.app.end(run, name, message)
            elif one is run and not run.is_well:
                self.app.has_lost = True
        self.runs = [entry for entry in self.runs if entry[0] is not run]
        if not is_expected(run.failure):
            self.broken.append(f"{run.kind} ended in {run.failure!r}")
        analysis = self.app.service.analyses.get(run.operation)
        if analysis is not None and run.is_clean and analysis.heard_of:
            there = self.app.files.blobs.get(analysis.path)
            recorded = self.recorded[analysis.path, analysis.etag]
            if there is not None and there.etag == analysis.etag and analysis.url not in recorded:
                self.broken.append(f"{analysis.url} was paid for and is not on the row")

    def _row_is_written(self, table: str, old: dict[str, Any] | None, new: dict[str, Any]) -> None:
        if table != "Documents":
            return
        content = new["Path"], new["ETag"]
        if new.get("OperationUrl"):
            self.recorded[content].add(new["OperationUrl"])
        run = Run.current()
        if old is None or old["ETag"] != new["ETag"]:
            if old is not None and old["ETag"] > new["ETag"]:
                self.broken.append(f"{run.kind} went back to {dict(new)}")
            return
        if old["Status"] == new["Status"] == "analyzing" and old["Polls"] > new["Polls"]:
            self.broken.append(f"{run.kind} went back to {dict(new)}")
        if old["Status"] in ("succeeded", "failed") and not run.kind.startswith("retry"):
            self.broken.append(f"{run.kind} changed the final {dict(old)} to {dict(new)}")
        operation = self.app.service.analyses.get(old.get("OperationUrl", ""))
        if operation is not None and new.get("OperationUrl") != operation.url:
            has_expired = self.app.account.now - operation.begun > RESULTS_LIVE
            is_gone = bool(old.get("ResultBlob")) and old["ResultBlob"] not in self.app.results.blobs
            if not (has_expired or is_gone or run.kind == "retry --again"):
                self.broken.append(f"{run.kind} threw {operation.url} away")

    def _documents(self) -> list[Document]:
        return [from_entity(row, "") for row in self.app.tables["Documents"].rows.values()]

    def _accepted(self, document: Document) -> int:
        content = document.path, document.etag
        return sum((one.path, one.etag) == content for one in self.app.service.analyses.values())

    def _rows(self, table: str, partition: str, key: str) -> list[dict[str, Any]]:
        rows = self.app.tables[table].rows.values()
        return [row for row in rows if row["PartitionKey"] == partition and (table == "Fields" or row["RowKey"] == key)]


TestInterleavings = Life.TestCase
TestInterleavings.settings = settings(max_examples=HOW_MANY, stateful_step_count=60, deadline=None)
