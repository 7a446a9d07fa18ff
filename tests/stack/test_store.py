"""Store: a result becomes rows of one content, however often it is stored."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.data.tables import EdmType
from azure.storage.blob import BlobServiceClient

from shared.documents import back_to_waiting, failed
from shared.messages import Result
from shared.models import Model
from shared.steps.store import store_fields
from shared.storage.clients import table_service
from tests.stack.app import App, a_pdf, sha256
from tests.stack.scripted_service import ScriptedService, pairs

if TYPE_CHECKING:
    from collections.abc import Callable


QUICKSTART = Path(__file__).parents[1] / "unit" / "fields" / "results"


def receipts(*fields: dict[str, Any] | None) -> dict[str, Any]:
    """A v2.1 result of several documents with these fields."""
    documents = [{"docType": "prebuilt:receipt", "pageRange": [1, 1], "fields": each} for each in fields]
    return {
        "status": "succeeded",
        "analyzeResult": {"version": "2.1.0", "readResults": [], "documentResults": documents},
    }


def read_by(app: App, service: ScriptedService, path: str, answer: dict[str, Any]) -> str:
    """Drops new content and brings it, with this result, to where its rows are wanted; returns its ETag."""
    service.will_answer((200, answer))
    etag = app.drop(path, a_pdf(path, sha256(json.dumps(answer).encode())))
    app.submit(path)
    app.poll(path)
    assert app.document(path).status == "storing"
    return etag


def test_a_result_becomes_a_record_and_a_row_for_each_value(app: App, service: ScriptedService, path: str) -> None:
    """The document is `succeeded` and tells what it holds; its rows carry its path, route, model and ETag."""
    etag = read_by(app, service, path, pairs(("Customer:", "Contoso"), ("Total:", "$ 12.00")))

    app.store(path)

    document = app.document(path)
    assert (document.status, document.pages, document.field_count) == ("succeeded", 1, 2)
    assert (document.lowest_confidence, document.needs_review) == (0.9, False)
    assert [(row["RowKey"], row["Name"], row["Text"]) for row in app.fields(path)] == [
        (f"{etag}-00000000", "Customer:", "Contoso"),
        (f"{etag}-00000001", "Total:", "$ 12.00"),
    ]
    first = app.fields(path)[0]
    route = path.partition("/")[0]
    assert (first["Path"], first["Route"], first["Model"], first["ETag"]) == (path, route, "prebuilt-layout", etag)
    (record,) = app.records(path)
    assert (record["PartitionKey"], record["RowKey"]) == (route, path.replace("/", "|"))
    assert (record["Customer"], record["Total"], record["ETag"]) == ("Contoso", "$ 12.00", etag)


def test_a_run_that_stopped_half_way_is_made_up_for(app: App, service: ScriptedService, path: str) -> None:
    """Rows written, document not yet `succeeded`: the redelivered message ends as one run would have."""
    read_by(app, service, path, pairs(("A", "1"), ("B", "2")))
    storing = app.document(path)
    app.store(path)
    complete = (app.fields(path), app.records(path))
    app.services.documents.write(replace(storing, row_etag=app.document(path).row_etag))

    app.store(path)

    assert app.document(path).status == "succeeded"
    assert ([row["RowKey"] for row in app.fields(path)], len(app.records(path))) == (
        [r["RowKey"] for r in complete[0]],
        1,
    )


def test_new_content_replaces_the_rows_of_the_old(app: App, service: ScriptedService, path: str) -> None:
    """No row of the old content is left in either table, even where the new one has fewer."""
    read_by(app, service, path, receipts({"A": _string("1"), "B": _string("2")}, {"A": _string("3")}))
    app.store(path)
    assert (len(app.fields(path)), len(app.records(path))) == (3, 2)
    etag = read_by(app, service, path, receipts({"C": _string("4")}))

    app.store(path)

    assert [(row["ETag"], row["Name"]) for row in app.fields(path)] == [(etag, "C")]
    assert [(row["ETag"], row.get("A"), row["C"]) for row in app.records(path)] == [(etag, None, "4")]


def _string(text: str) -> dict[str, Any]:
    return {"type": "string", "valueString": text, "text": text, "confidence": 0.9, "page": 1}


def test_new_content_that_cannot_be_read_leaves_no_rows_of_the_old(
    app: App, service: ScriptedService, path: str
) -> None:
    """A failed document shows no values that are not in its file."""
    read_by(app, service, path, pairs(("A", "1")))
    app.store(path)
    app.drop(path, b"no form at all")

    app.submit(path)

    assert app.document(path).status == "failed"
    assert (app.fields(path), app.records(path)) == ([], [])


def test_a_late_result_of_old_content_changes_nothing(app: App, service: ScriptedService, path: str) -> None:
    """Its message is dropped when newer content has taken the row, final or not."""
    old = read_by(app, service, path, pairs(("A", "old")))
    new = read_by(app, service, path, pairs(("A", "new")))

    app.store(path, old)
    assert (app.document(path).status, app.fields(path)) == ("storing", [])

    app.store(path, new)
    app.store(path, old)
    assert [row["Text"] for row in app.fields(path)] == ["new"]


def test_content_that_arrives_while_rows_are_written_wins(
    app: App, service: ScriptedService, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that finds itself superseded takes its own rows away and leaves the newer ones."""
    old = read_by(app, service, path, pairs(("A", "old"), ("B", "old")))
    put_fields = app.services.rows.put_fields

    def overtaken(*arguments: Any) -> None:  # noqa: ANN401
        put_fields(*arguments)
        monkeypatch.undo()
        read_by(app, service, path, pairs(("A", "new")))
        app.store(path)

    monkeypatch.setattr(type(app.services.rows), "put_fields", lambda _, *arguments: overtaken(*arguments))

    store_fields(app.services, Result(path, old))

    assert [row["Text"] for row in app.fields(path)] == ["new"]
    assert [row["A"] for row in app.records(path)] == ["new"]
    assert app.document(path).status == "succeeded"


def test_two_runs_on_one_result_end_as_one(
    app: App, service: ScriptedService, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that comes second finds its work done; nothing is raised, nothing deleted."""
    etag = read_by(app, service, path, pairs(("A", "1"), ("B", "2")))
    put_fields = app.services.rows.put_fields

    def overtaken(*arguments: Any) -> None:  # noqa: ANN401
        put_fields(*arguments)
        monkeypatch.undo()
        app.store(path)

    monkeypatch.setattr(type(app.services.rows), "put_fields", lambda _, *arguments: overtaken(*arguments))

    store_fields(app.services, Result(path, etag))

    assert app.document(path).status == "succeeded"
    assert (len(app.fields(path)), len(app.records(path))) == (2, 1)


def test_rows_that_a_stopped_run_left_are_cleared_by_a_duplicate(app: App, service: ScriptedService, path: str) -> None:
    """Made final, then killed before it cleared: any later message about the file does it."""
    read_by(app, service, path, pairs(("A", "old"), ("B", "old")))
    app.store(path)
    left = app.document(path)
    app.drop(path, b"no form at all")
    app.services.documents.write(replace(failed(left, "UnsupportedType", ""), etag=left.etag, field_count=None))
    assert app.fields(path)

    app.store(path, left.etag)

    assert (app.fields(path), app.records(path)) == ([], [])


def test_a_result_that_is_no_longer_there_is_submitted_again(app: App, service: ScriptedService, path: str) -> None:
    """The row says so; no endless loop, no empty success."""
    read_by(app, service, path, pairs(("A", "1")))
    blob = app.document(path).result_blob or ""
    _delete_result(app, blob)
    app.forget_messages()

    app.store(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("waiting", "ResultGone")
    assert app.queued()["submissions"] == 1


def test_a_late_result_sends_a_document_that_went_back_on_its_way(
    app: App, service: ScriptedService, path: str
) -> None:
    """Its new submission came before its row said so, found it `storing` and turned into this message."""
    etag = read_by(app, service, path, pairs(("A", "1")))
    app.services.documents.write(back_to_waiting(app.document(path), "ResultGone", "", app.services.now()))
    app.forget_messages()

    app.store(path, etag)

    assert app.queued() == {"submissions": 1, "operations": 0, "results": 0}


def _delete_result(app: App, blob: str) -> None:
    with BlobServiceClient.from_connection_string(app.storage.connection_string) as account:
        account.get_blob_client("results", blob).delete_blob()


def test_a_result_of_the_wrong_shape_ends_as_malformed(app: App, service: ScriptedService, path: str) -> None:
    """It is `failed`, with no half of its rows in the tables."""
    good = pairs(("A", "1"))
    good["analyzeResult"]["pageResults"].append({"page": 2, "keyValuePairs": "none"})
    read_by(app, service, path, good)

    app.store(path)

    document = app.document(path)
    assert (document.status, document.error_code) == ("failed", "MalformedResult")
    assert (app.fields(path), app.records(path)) == ([], [])


def test_the_model_has_its_own_threshold(app: App, service: ScriptedService, unique: Callable[[str], str]) -> None:
    """A value below the model's threshold needs review, though it is above the app's."""
    name = unique("model")
    app.services.models.write(Model(name, "0a1b", "2.1", "ready", threshold=0.95))
    read_by(app, service, f"{name}/a.pdf", pairs(("A", "1"), confidence=0.9))

    app.store(f"{name}/a.pdf")

    assert app.document(f"{name}/a.pdf").needs_review is True
    assert app.fields(f"{name}/a.pdf")[0]["NeedsReview"] is True


def test_errors_inside_a_result_are_said_aloud(app: App, service: ScriptedService, path: str) -> None:
    """The service's own words are on the row; what was read is in the tables."""
    answer = pairs(("A", "1"))
    answer["analyzeResult"]["errors"] = [{"code": "2005", "message": "Page 2 could not be read."}]
    read_by(app, service, path, answer)

    app.store(path)

    document = app.document(path)
    assert (document.status, document.error_code, document.field_count) == ("succeeded", "PartialResult", 1)
    assert "2005: Page 2 could not be read." in (document.error_message or "")


def test_more_values_than_a_transaction_takes(app: App, service: ScriptedService, path: str) -> None:
    """Three hundred long values arrive in order; none is lost at a transaction's end."""
    read_by(app, service, path, pairs(*((f"Key {number}", f"{number} " + "ü" * 6000) for number in range(300))))

    app.store(path)

    assert [row["Name"] for row in app.fields(path)] == [f"Key {number}" for number in range(300)]
    (record,) = app.records(path)
    assert record["FieldsLeftOut"] == 60
    assert record["Truncated"] is True


@pytest.mark.parametrize("version", ["v2.0", "v2.1"])
def test_the_quickstart_results_become_rows(app: App, service: ScriptedService, path: str, version: str) -> None:
    """The sample answers of the quickstart go through the whole line, the pair without a value among them."""
    read_by(app, service, path, json.loads((QUICKSTART / f"quickstart_{version}.json").read_text()))

    app.store(path)

    kinds = {(row["Kind"], row["Name"]): row.get("Text") for row in app.fields(path)}
    assert kinds["keyValue", "Date:"] == ("9/10/2020" if version == "v2.1" else None)
    assert kinds["cell", "Training Date"] == "Training Date"
    assert app.document(path).status == "succeeded"


def test_columns_have_their_types(app: App, service: ScriptedService, path: str) -> None:
    """Numbers are Doubles even when whole, `Size` is an Int64, pages and places are Int32."""
    field = {
        "type": "number",
        "valueNumber": 1,
        "text": "1",
        "confidence": 1,
        "page": 1,
        "boundingBox": [0, 0, 1, 0, 1, 1, 0, 1],
    }
    read_by(app, service, path, receipts({"Quantity": field}))

    app.store(path)

    (row,), (record,) = app.fields(path), app.records(path)
    assert (row["Number"], type(row["Number"])) == (1.0, float)
    assert (row["Confidence"], type(row["Confidence"])) == (1.0, float)
    assert (record["Quantity"], type(record["Quantity"])) == (1.0, float)
    assert json.loads(row["BoundingBox"]) == [0, 0, 1, 0, 1, 1, 0, 1]
    with table_service(app.storage) as tables:
        entity = tables.get_table_client("Documents").get_entity(path.partition("/")[0], path.replace("/", "|"))
    assert entity["Size"].edm_type == EdmType.INT64
