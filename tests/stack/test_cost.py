"""What a document costs: the storage transactions and the calls of the service by each step, counted at the wire."""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.cost import DOCUMENT, HOST_DOCUMENT, HOST_NOT_YET, ROWS_TOGETHER, Calls
from bench.cost import NOT_YET as NOT_YET_COSTS
from shared.models import Model
from shared.names import CONTAINERS, QUEUES, TABLES
from tests.stack.app import a_pdf, add_fault, make_app
from tests.stack.counting import finished, polling, standing_still, storing, submitting, warm
from tests.stack.scripted_service import pairs, scripted_service
from tests.stack.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.settings import StorageConnection
    from tests.conftest import Eventually
    from tests.stack.app import App
    from tests.stack.person import Person
    from tests.stack.wire import Call

PAGE = Path(__file__).parents[2] / "docs" / "cost.md"

SUBMIT = ["GET documents", "GET Contents", "POST Documents", "POST", "PUT Documents",
          "POST operations"]  # fmt: skip
NOT_YET = ["GET Documents", "GET", "POST operations", "PUT Documents"]
POLL = ["GET Documents", "GET", "PUT results", "PUT Documents", "POST results"]
STORE = ["GET Documents", "GET results", "POST Fields",
         "POST Records", "PUT Documents", "GET Fields", "PUT Contents"]  # fmt: skip


@pytest.fixture
def wire(storage: StorageConnection, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Counts what this process sends."""
    return Wire(storage, monkeypatch)


@pytest.fixture
def folder(person: Person, unique: Callable[[str], str], tmp_path: Path) -> str:
    """A folder whose model was trained on five forms."""
    name = unique("orders")
    for number in range(5):
        (tmp_path / f"{number}.pdf").write_bytes(form(700 + number))
    person.types("train", name, str(tmp_path))
    return name


def test_a_page_costs_so_many_calls(wire: Wire, person: Person, folder: str, eventually: Eventually) -> None:
    """Each step makes exactly these calls, and each "not yet" three and a question."""
    app, path = standing_still(person.app), f"{folder}/form.pdf"
    warm(app, folder)
    app.drop(path, form(1))

    assert whats(submitting(wire, app, path)) == SUBMIT
    add_fault(person.analyzer.url, on="result", kind="never-ending", times=1)
    assert whats(polling(wire, app, path)) == NOT_YET
    polled = eventually(lambda: finished(wire, app, path), "the result")
    assert whats(polled) == POLL
    assert whats(storing(wire, app, path)) == STORE

    assert app.document(path).status == "succeeded"
    assert in_kinds(*SUBMIT, *POLL, *STORE) == replace(DOCUMENT, executions=0)
    assert in_kinds(*NOT_YET) == replace(NOT_YET_COSTS, executions=0)
    assert [storage_calls(DOCUMENT), storage_calls(NOT_YET_COSTS)] == [16, 3]


def test_new_content_costs_more_than_a_new_file(
    wire: Wire, storage: StorageConnection, unique: Callable[[str], str]
) -> None:
    """Its rows can't be created; then those that are there are read, replaced and deleted."""
    with scripted_service() as service:
        service.will_answer((200, pairs(("Total:", "12.50"))))
        app, path = standing_still(make_app(storage, service.url, "key")), f"{unique('new')}.pdf"
        app.drop(path, form(1))
        app.submit(path)
        app.poll(path)
        app.store(path)

        app.drop(path, form(2))
        submitted = whats(submitting(wire, app, path))
        polled = whats(polling(wire, app, path))
        stored = whats(storing(wire, app, path))

    assert submitted == [*SUBMIT[:3], "GET Documents", "GET Documents", "GET documents", "GET Contents",
                         "PUT Documents", *SUBMIT[3:]]  # fmt: skip
    assert polled == POLL
    assert stored == [*STORE[:4], "GET Records", "GET Documents", "POST Records", "PUT Documents", "GET Fields",
                      "GET Documents", "POST Fields", "PUT Contents"]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "calls"),
    [("a new file", DOCUMENT), ("each *not yet*", NOT_YET_COSTS), ("the host, a new file", HOST_DOCUMENT),
     ("the host, each *not yet*", HOST_NOT_YET)],
)  # fmt: skip
def test_the_page_about_cost_says_what_was_counted(name: str, calls: Calls) -> None:
    """Its table is that of the benchmark."""
    assert f"| {name} | {' | '.join(str(count) for count in astuple(calls))} |\n" in PAGE.read_text(encoding="utf-8")


def worker_of_a_ready_model(storage: StorageConnection, url: str, name: str) -> App:
    """It has looked at nothing so far."""
    app = standing_still(make_app(storage, url, "key"))
    app.services.models.write(Model(name, "model-1", "2.1", "ready"))
    return app


def test_fifty_pages_cost_the_same_and_a_call_for_each_hundred_rows(
    wire: Wire, storage: StorageConnection, unique: Callable[[str], str]
) -> None:
    """A form of 2,000 values costs twenty transactions of `Fields` instead of one."""
    name = unique("orders")
    with scripted_service() as service:
        app = worker_of_a_ready_model(storage, service.url, name)
        warm(app, name)
        service.will_answer((200, fifty_pages()))
        path = f"{name}/fifty.pdf"
        app.drop(path, form(1))

        assert whats(submitting(wire, app, path)) == SUBMIT
        assert whats(polling(wire, app, path)) == POLL
        stored = whats(storing(wire, app, path))

    document = app.document(path)
    assert (document.pages, document.field_count) == (50, 2000)
    assert stored.count("POST Fields") == ceil(2000 / ROWS_TOGETHER)
    assert [what for what in stored if what != "POST Fields"] == [what for what in STORE if what != "POST Fields"]


def test_a_worker_looks_a_model_up_and_writes_what_it_learned_once_a_minute(
    wire: Wire, storage: StorageConnection, unique: Callable[[str], str]
) -> None:
    """The first document of a folder costs four calls more than those that follow."""
    name = unique("orders")
    with scripted_service() as service:
        app = worker_of_a_ready_model(storage, service.url, name)
        service.will_answer((200, pairs(("Total:", "12.50"))))
        found = []
        for number in range(2):
            app.drop(f"{name}/{number}.pdf", form(900 + number))
            found += [whats(submitting(wire, app, f"{name}/{number}.pdf"))]
            found += [whats(polling(wire, app, f"{name}/{number}.pdf"))]

    first, asked, second, asked_again = found
    assert [what for what in (*first, *asked) if what.endswith(" Models")] == ["GET Models"] * 3 + ["PATCH Models"]
    assert (second, asked_again) == (SUBMIT, POLL)


def form(number: int) -> bytes:
    """A filled form of one page."""
    return a_pdf(f"Order no: {number}", f"Customer: {'ABCDEF'[number % 6]} Ltd", f"Total: {number}.00")


def in_kinds(*what: str) -> Calls:
    """The calls to storage, by what they are paid for as."""
    names = [(one.split()[0], one.split()[1]) for one in what if " " in one]
    blobs = [verb for verb, name in names if name in CONTAINERS]
    queues = [name for verb, name in names if verb == "POST" and name in QUEUES]
    tables = [name for _, name in names if name in TABLES]
    return Calls(blobs.count("GET"), blobs.count("PUT"), len(queues), len(tables))


def storage_calls(calls: Calls) -> int:
    """All of them."""
    return calls.blob_reads + calls.blob_writes + calls.queue_calls + calls.table_calls


def whats(calls: list[Call]) -> list[str]:
    """What each call did, to which table, container or queue; a call of the service has no name."""
    return [call.what for call in calls]


def fifty_pages() -> bytes:
    """A result of fifty pages with forty values each."""
    box = [1.0, 1.0, 2.0, 1.0, 2.0, 1.2, 1.0, 1.2]
    element = {"text": "40.00", "boundingBox": box, "elements": None}
    pair = {"key": {**element, "text": "Amount:"}, "value": element, "confidence": 0.9}
    sheet = {"angle": 0, "width": 8.5, "height": 11, "unit": "inch"}
    pages = [{"page": number, **sheet, "lines": []} for number in range(1, 51)]
    read = [{"page": number, "keyValuePairs": [pair] * 40, "tables": []} for number in range(1, 51)]
    result = {"version": "2.1.0", "readResults": pages, "pageResults": read, "documentResults": [], "errors": []}
    times = {"createdDateTime": "2026-01-01T00:00:00Z", "lastUpdatedDateTime": "2026-01-01T00:00:09Z"}
    return json.dumps({"status": "succeeded", **times, "analyzeResult": result}).encode()
