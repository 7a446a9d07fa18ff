"""What a document costs, and what a look at it costs, does not depend on how many documents there are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cli.query.command import query
from cli.status.command import MOST_ROWS, status
from shared.names import DOCUMENTS_TABLE, RECORDS_TABLE
from shared.storage.clients import table_service
from shared.storage.tables import transactions
from tests.stack.app import a_pdf, make_app
from tests.stack.conftest import running_storage
from tests.stack.counting import polling, standing_still, storing, submitting
from tests.stack.scripted_service import ScriptedService, pairs, scripted_service
from tests.stack.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.settings import StorageConnection
    from tests.conftest import Eventually
    from tests.stack.app import App
    from tests.stack.wire import Call

FOLDER = "many"
FEW, MANY = 100, int(os.environ.get("GROWTH", "1100"))
"""More than a thousand, which is what the service gives at a time. `GROWTH=10000` needs minutes to fill Azurite."""


@pytest.fixture(scope="module")
def account(free_ports: Callable[[int], int], eventually: Eventually) -> Iterator[StorageConnection]:
    """An account of its own, as it will be full."""
    with running_storage(free_ports(3), eventually) as connection:
        yield connection


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service that reads one value."""
    with scripted_service() as service:
        service.will_answer((200, pairs(("Total:", "12.50"))))
        yield service


def test_no_call_and_no_row_more_with_many_times_the_documents(
    account: StorageConnection, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new file, new content for it, and a look at the folder: the same calls bring the same rows."""
    wire = Wire(account, monkeypatch)
    app = standing_still(make_app(account, service.url, "key", REUSE_RESULTS="false"))
    monkeypatch.setenv("DOCUMENTS_STORAGE", account.connection_string)
    monkeypatch.setenv("FORM_RECOGNIZER_ENDPOINT", service.url)
    monkeypatch.setenv("FORM_RECOGNIZER_KEY", "key")
    app.services.timings.typical("prebuilt-layout", "prebuilt-layout")
    app.services.timings.learn("prebuilt-layout", "prebuilt-layout", 3)
    documents_are_there(account, range(FEW))
    few = everything(wire, app, f"{FOLDER}/few.pdf")

    documents_are_there(account, range(FEW, MANY))
    many = everything(wire, app, f"{FOLDER}/many.pdf")

    assert many == few
    assert sum(call.rows for call in many["status"]) == MOST_ROWS + 1


def everything(wire: Wire, app: App, path: str) -> dict[str, list[Call]]:
    """The calls of each step for a new file and for new content, of a look at its row and of one at its folder."""
    seen = {}
    for which in ("new", "again"):
        app.drop(path, a_pdf(path, which))
        seen[f"submit {which}"] = submitting(wire, app, path)
        seen[f"poll {which}"] = polling(wire, app, path)
        seen[f"store {which}"] = storing(wire, app, path)
    for name, look in (("row", lambda: app.document(path)), ("status", lambda: status(FOLDER)),
                       ("query", lambda: query(FOLDER))):  # fmt: skip
        with wire.watched() as calls:
            look()
        seen[name] = calls
    return seen


def documents_are_there(account: StorageConnection, numbers: range) -> None:
    """Rows of so many documents of the folder."""
    with table_service(account) as tables:
        for table in (DOCUMENTS_TABLE, RECORDS_TABLE):
            rows = ({"PartitionKey": FOLDER, "RowKey": f"{FOLDER}|{number}.pdf", "Path": f"{FOLDER}/{number}.pdf",
                     "Status": "succeeded", "NeedsReview": False} for number in numbers)  # fmt: skip
            for batch in transactions(("create", row) for row in rows):
                tables.get_table_client(table).submit_transaction(batch)
