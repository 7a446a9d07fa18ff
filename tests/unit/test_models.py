"""Which model reads a file: the folder decides, then the default; and what can't be read says so before it costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from shared.backoff import WAIT_FOR_MODEL
from shared.errors import Never
from shared.models import KEPT, TRAINED, Model, Models, Reader, choose_reader, is_model_name
from shared.settings import Settings, read_settings

NOW = datetime(2026, 11, 1, tzinfo=UTC)
READY = Model("invoices", "8d", "2.1", "ready")
ROWS = (
    READY,
    Model("strict", "9e", "2.1", "ready", threshold=0.95),
    Model("lenient", "af", "2.1", "ready", threshold=0.0),
    Model("old", "b0", "2.0", "ready"),
    Model("young", "", "2.1", "creating"),
    Model("broken", "c1", "2.1", "invalid"),
    Model("odd", "c2", "2.1", ""),
    Model("sad", "", "2.1", "invalid", "2014 No valid blobs found."),
)


class FakeModels:
    """Serves rows, and keeps which names it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def recent(self, name: str, _now: datetime) -> Model | None:
        """The row called `name`."""
        self.asked.append(name)
        return next((row for row in ROWS if row.name == name), None)


def settings(default_model: str = "prebuilt-layout") -> Settings:
    """Settings with another default model."""
    storage = {"DOCUMENTS_STORAGE": "UseDevelopmentStorage=true"}
    endpoint = {"FORM_RECOGNIZER_ENDPOINT": "https://forms.example"}
    return read_settings({**storage, **endpoint, "DEFAULT_MODEL": default_model})


def chosen(path: str, default_model: str = "prebuilt-layout") -> Reader | None:
    """The reader for a file."""
    return choose_reader(path, cast("Models", FakeModels()), settings(default_model), NOW)


LAYOUT = Reader("prebuilt-layout", "prebuilt-layout", "2.1", 0.8)
RECEIPT = Reader("prebuilt-receipt", "prebuilt-receipt", "2.1", 0.8)
ID_DOCUMENT = Reader("prebuilt-idDocument", "prebuilt-idDocument", "2.1", 0.8)
INVOICES = Reader("invoices", "8d", "2.1", 0.8)


@pytest.mark.parametrize(
    ("path", "default_model", "reader"),
    [
        pytest.param("invoices/1.pdf", "prebuilt-layout", INVOICES, id="a folder with a model"),
        pytest.param("invoices/2026/1.pdf", "prebuilt-layout", INVOICES, id="a folder in it"),
        pytest.param("strict/1.pdf", "prebuilt-layout", Reader("strict", "9e", "2.1", 0.95), id="its own threshold"),
        pytest.param(
            "lenient/1.pdf", "prebuilt-layout", Reader("lenient", "af", "2.1", 0.0), id="a threshold of nought"
        ),
        pytest.param("old/1.pdf", "prebuilt-layout", Reader("old", "b0", "2.0", 0.8), id="its own API version"),
        pytest.param("letters/1.pdf", "prebuilt-layout", LAYOUT, id="a folder without a model"),
        pytest.param("1.pdf", "prebuilt-layout", LAYOUT, id="the root"),
        pytest.param("default/1.pdf", "prebuilt-layout", LAYOUT, id="a folder called default"),
        pytest.param("Rechnung #1/1.pdf", "prebuilt-layout", LAYOUT, id="a folder that is no model's name"),
        pytest.param("Invoices/1.pdf", "prebuilt-layout", LAYOUT, id="names are lower-case"),
        pytest.param("prebuilt-receipt/1.pdf", "prebuilt-layout", RECEIPT, id="a prebuilt model's folder"),
        pytest.param("PREBUILT-Receipt/1.pdf", "prebuilt-layout", RECEIPT, id="in any case"),
        pytest.param("prebuilt-iddocument/1.pdf", "prebuilt-layout", ID_DOCUMENT, id="with the service's own spelling"),
        pytest.param("1.pdf", "prebuilt-idDocument", ID_DOCUMENT, id="a prebuilt default"),
        pytest.param("1.pdf", "Prebuilt-iddocument", ID_DOCUMENT, id="a prebuilt default in any case"),
        pytest.param("letters/1.pdf", "invoices", INVOICES, id="a trained default"),
        pytest.param("invoices/1.pdf", "prebuilt-receipt", INVOICES, id="the folder before the default"),
        pytest.param("young/1.pdf", "prebuilt-layout", None, id="a model still being trained"),
        pytest.param("letters/1.pdf", "young", None, id="a default still being trained"),
    ],
)
def test_the_folder_chooses_the_model(path: str, default_model: str, reader: Reader | None) -> None:
    """The folder's model, else the prebuilt it is called after, else the default; none while one is in the making."""
    assert chosen(path, default_model) == reader


@pytest.mark.parametrize(
    ("path", "default_model", "words"),
    [
        pytest.param(
            "prebuilt-tax/1.pdf", "prebuilt-layout", "prebuilt-tax.*the folder.*2.1", id="an unknown prebuilt"
        ),
        pytest.param("1.pdf", "prebuilt-tax", "prebuilt-tax.*DEFAULT_MODEL.*2.1", id="an unknown prebuilt default"),
        pytest.param("prebuilt-/1.pdf", "prebuilt-layout", "prebuilt-layout", id="a prebuilt without a name"),
        pytest.param("1.pdf", "orders", "DEFAULT_MODEL is orders", id="a default that was not trained"),
        pytest.param("broken/1.pdf", "prebuilt-layout", "broken is invalid.*train it again", id="an invalid model"),
        pytest.param("1.pdf", "broken", "broken is invalid.*train it again", id="an invalid default"),
        pytest.param(
            "sad/1.pdf", "prebuilt-layout", r"sad is invalid \(2014 No valid.*train it again", id="and its why"
        ),
        pytest.param("odd/1.pdf", "prebuilt-layout", "odd is unusable", id="a model without a status"),
    ],
)
def test_a_model_that_is_not_there_fails_before_anything_is_paid(path: str, default_model: str, words: str) -> None:
    """The sentence names the model and who asked for it."""
    with pytest.raises(Never, match=words) as caught:
        chosen(path, default_model)
    assert caught.value.code == "UnknownModel"


@pytest.mark.parametrize("default_model", ["a/b", "a#b", "Two Words", "x" * 2000, "default"])
def test_a_default_that_can_be_no_models_name_is_never_looked_up(default_model: str) -> None:
    """The table would refuse the key, and the file would be tried five times instead of failing with a reason."""
    models = FakeModels()
    with pytest.raises(Never, match="DEFAULT_MODEL"):
        choose_reader("1.pdf", cast("Models", models), settings(default_model), NOW)
    assert models.asked == []


@pytest.mark.parametrize(
    ("name", "may"),
    [
        pytest.param("invoices", True, id="letters"),
        pytest.param("7-eleven", True, id="a digit first"),
        pytest.param("ab", True, id="two characters"),
        pytest.param("a" * 51, True, id="fifty-one characters"),
        pytest.param("a", False, id="one character"),
        pytest.param("a" * 52, False, id="fifty-two characters"),
        pytest.param("-a", False, id="a hyphen first"),
        pytest.param("Invoices", False, id="upper case"),
        pytest.param("invoices\n", False, id="a line's end"),
        pytest.param("rechnüng", False, id="another alphabet"),
        pytest.param("a_b", False, id="an underscore"),
        pytest.param("default", False, id="the root's route"),
        pytest.param("defaults", True, id="nearly the root's route"),
        pytest.param("prebuilt-mine", False, id="a prebuilt's name"),
        pytest.param("prebuilt", True, id="nearly a prebuilt's name"),
    ],
)
def test_a_models_name_is_a_folders_name(name: str, *, may: bool) -> None:
    """Lower-case letters, digits and hyphens; not the root's route and not a prebuilt's."""
    assert is_model_name(name) is may


class FakeTable:
    """A table with one row, and how often it was read."""

    def __init__(self, **columns: str) -> None:
        self.row = {"PartitionKey": TRAINED, "RowKey": "orders", **columns}
        self.reads = 0

    def get_entity(self, _partition: str, _key: str) -> dict[str, Any]:
        """The row."""
        self.reads += 1
        return self.row

    def upsert_entity(self, row: dict[str, Any], _mode: object) -> None:
        """Another row in its place."""
        self.row = row


def test_a_ready_model_is_looked_up_again_after_a_while() -> None:
    """Until then the worker goes by what it saw; a document put off because of its model waits for longer than that."""
    table = FakeTable(Status="ready", ModelId="8d")
    models = Models(cast("Any", table))
    assert models.recent("orders", NOW) == Model("orders", "8d", status="ready")
    table.row = {**table.row, "ModelId": "9e"}

    just_before = models.recent("orders", NOW + KEPT - timedelta(seconds=1))
    then = models.recent("orders", NOW + KEPT)

    assert [model and model.model_id for model in (just_before, then)] == ["8d", "9e"]
    assert timedelta(seconds=WAIT_FOR_MODEL) > KEPT


@pytest.mark.parametrize("status", ["creating", "invalid", ""])
def test_a_model_that_is_not_ready_is_looked_up_each_time(status: str) -> None:
    """What was ready a moment later is read at once."""
    table = FakeTable(Status=status)
    models = Models(cast("Any", table))

    models.recent("orders", NOW)
    models.recent("orders", NOW)

    assert table.reads == 2


def test_a_model_that_the_service_does_not_know_is_looked_up_at_once() -> None:
    """Likewise one whose row this process writes."""
    table = FakeTable(Status="ready", ModelId="8d")
    models = Models(cast("Any", table))

    models.recent("orders", NOW)
    models.forget("orders")
    models.recent("orders", NOW)
    models.write(Model("orders", "9e", status="ready"))

    assert table.reads == 2
    assert models.recent("orders", NOW) == Model("orders", "9e", status="ready")
