"""What a model's analyses take is learned from the results, kept in its row, and used for the next document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ResourceNotFoundError, ServiceResponseError

from shared.models import Model
from shared.names import MODELS_TABLE
from shared.storage.clients import table_service
from shared.timings import EVERY_SECONDS, PREBUILT, Timings
from tests.stack.app import App, a_pdf, make_app
from tests.stack.scripted_service import scripted_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.data.tables import TableClient

    from shared.settings import StorageConnection


@dataclass
class Clock:
    """Seconds that pass when the test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The seconds."""
        return self.now


@pytest.fixture
def table(storage: StorageConnection) -> Iterator[TableClient]:
    """The table `Models`."""
    with table_service(storage) as tables:
        yield tables.get_table_client(MODELS_TABLE)


@pytest.fixture
def app(storage: StorageConnection) -> Iterator[App]:
    """A worker of a service that needs eight seconds for everything."""
    with scripted_service() as service:
        times = {"createdDateTime": "2026-01-01T00:00:00Z", "lastUpdatedDateTime": "2026-01-01T00:00:08Z"}
        result = {"version": "2.1.0", "readResults": [{"page": 1, "unit": "inch"}]}
        service.will_answer((200, {"status": "succeeded", **times, "analyzeResult": result}))
        yield make_app(storage, service.url, "key", REUSE_RESULTS="false")


@pytest.fixture
def name(app: App, unique: Callable[[str], str]) -> str:
    """A trained model that is ready."""
    name = unique("model")
    app.services.models.write(Model(name, "0a1b", "2.1", "ready", threshold=0.9))
    return name


def read(app: App, path: str) -> None:
    """Drops a file and has it read."""
    app.drop(path, a_pdf(path))
    app.submit(path)
    app.poll(path)


def seconds_in(table: TableClient, partition: str, name: str) -> Any:  # noqa: ANN401
    """What the row says."""
    return table.get_entity(partition, name).get("TypicalSeconds")


def test_the_next_document_is_asked_for_when_the_model_is_usually_done(
    app: App, storage: StorageConnection, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The service's own time is in the row beside what stood there; a worker started afterwards goes by it."""
    read(app, f"{name}/a.pdf")
    model = app.services.models.read(name)
    assert model == Model(name, "0a1b", "2.1", "ready", threshold=0.9, typical_seconds=8.0)

    restarted = make_app(storage, app.services.settings.endpoint, "key")
    restarted.drop(f"{name}/b.pdf", a_pdf("b"))
    with caplog.at_level("INFO"):
        restarted.submit(f"{name}/b.pdf")
    assert any(f'"wait": {delay}' in caplog.text for delay in (7, 8, 9))


def test_a_prebuilt_model_has_a_row_that_is_no_trained_model(app: App, table: TableClient) -> None:
    """It holds the seconds and nothing else, and no list of models shows it."""
    read(app, "prebuilt-receipt/a.pdf")

    assert dict(table.get_entity(PREBUILT, "prebuilt-receipt")) == {
        "PartitionKey": PREBUILT,
        "RowKey": "prebuilt-receipt",
        "TypicalSeconds": 8.0,
    }
    assert "prebuilt-receipt" not in [model.name for model in app.services.models.all()]


def test_a_model_that_was_deleted_does_not_come_back(app: App, table: TableClient, name: str) -> None:
    """A row without a model's id would make every file of the folder fail."""
    path = f"{name}/a.pdf"
    app.drop(path, a_pdf(path))
    app.submit(path)
    app.services.models.delete(name)
    app.poll(path)

    assert app.document(path).status == "storing"
    with pytest.raises(ResourceNotFoundError):
        table.get_entity("model", name)


def test_a_worker_writes_once_a_minute(table: TableClient, name: str) -> None:
    """What it saw in between is not lost: it is written together with what comes after the minute."""
    clock = Clock()
    timings = Timings(table, clock)
    for seconds in (10.0, 20.0, 20.0):
        timings.learn(name, "0a1b", seconds)
    assert seconds_in(table, "model", name) == 10

    clock.now += EVERY_SECONDS
    timings.learn(name, "0a1b", 20.0)
    assert seconds_in(table, "model", name) == pytest.approx(10 * 1.04**3)


def test_two_workers_learn_together(table: TableClient, name: str) -> None:
    """Each goes on from what the other wrote."""
    for seconds in (10.0, 20.0):
        Timings(table, Clock()).learn(name, "0a1b", seconds)
    assert seconds_in(table, "model", name) == pytest.approx(10 * 1.04)


def test_what_is_known_is_looked_up_once_a_minute(table: TableClient, name: str) -> None:
    """No document costs a look into the table of its own, and a worker hears of the others after a minute."""
    clock = Clock()
    timings = Timings(table, clock)
    assert timings.typical(name, "0a1b") is None
    Timings(table, clock).learn(name, "0a1b", 10.0)
    assert timings.typical(name, "0a1b") is None

    clock.now += EVERY_SECONDS
    assert timings.typical(name, "0a1b") == 10


@pytest.mark.parametrize("nonsense", ["soon", -3.0, 0])
def test_a_number_written_by_hand_does_no_harm(table: TableClient, name: str, nonsense: object) -> None:
    """What can't be a time is unknown, and learned anew."""
    row = dict(table.get_entity("model", name))
    table.upsert_entity({**row, "TypicalSeconds": nonsense})
    timings = Timings(table, Clock())
    assert timings.typical(name, "0a1b") is None
    timings.learn(name, "0a1b", 8.0)
    assert timings.typical(name, "0a1b") == 8


def test_an_estimate_that_cannot_be_kept_fails_no_document(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result was paid for and is stored; the next document is asked for as if nothing were known."""

    class Broken:
        def get_entity(self, *_: object) -> None:
            raise ServiceResponseError("no answer")

    monkeypatch.setattr(app.services.timings, "_table", Broken())
    read(app, "prebuilt-receipt/b.pdf")
    assert app.document("prebuilt-receipt/b.pdf").status == "storing"
