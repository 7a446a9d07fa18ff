"""Every API version this app speaks, from the request as it leaves to the rows; with one document each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.stack.app import a_pdf, make_app
from tests.stack.scripted_service import ScriptedService, scripted_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.settings import StorageConnection

BOX = [1, 1, 2, 1, 2, 2, 1, 2]


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose results the test writes."""
    with scripted_service() as service:
        yield service


def v2_receipt(version: str) -> dict[str, Any]:
    """A receipt with a total, as v2.0 and v2.1 give it."""
    word = {"text": "12.50", "boundingBox": BOX, "confidence": 0.7}
    line = {"text": "12.50", "boundingBox": BOX, "words": [word]}
    page = {"page": 1, "angle": 0, "width": 8.5, "height": 11, "unit": "inch", "lines": [line]}
    total = {"type": "number", "valueNumber": 12.5, "text": "12.50", "page": 1, "boundingBox": BOX, "confidence": 0.9}
    total["elements"] = ["#/readResults/0/lines/0/words/0"]
    document = {"docType": "prebuilt:receipt", "pageRange": [1, 1], "fields": {"Total": total}}
    return {"version": version, "readResults": [page], "documentResults": [document]}


def v3_receipt(api_version: str) -> dict[str, Any]:
    """The same as the later versions give it; the word stands behind a character outside the basic plane."""
    span = {"offset": 2, "length": 5}
    word = {"content": "12.50", "polygon": BOX, "confidence": 0.7, "span": span}
    page = {"pageNumber": 1, "angle": 0, "width": 8.5, "height": 11, "unit": "inch", "words": [word]}
    place = {"boundingRegions": [{"pageNumber": 1, "polygon": BOX}], "spans": [span], "confidence": 0.9}
    total = {"type": "number", "valueNumber": 12.5, "content": "12.50", **place}
    return {
        "apiVersion": api_version,
        "modelId": "prebuilt-receipt",
        "stringIndexType": "unicodeCodePoint",
        "content": "🧾 12.50",
        "pages": [page],
        "documents": [{"docType": "receipt.retailMeal", "fields": {"Total": total}, "confidence": 0.95}],
    }


@pytest.mark.parametrize(
    ("version", "request_line", "operation", "result"),
    [
        (
            "2.0",
            "/formrecognizer/v2.0/prebuilt/receipt/analyze?includeTextDetails=true",
            "/formrecognizer/v2.0/prebuilt/receipt/analyzeResults/1",
            v2_receipt("2.0.0"),
        ),
        (
            "2.1",
            "/formrecognizer/v2.1/prebuilt/receipt/analyze?includeTextDetails=true",
            "/formrecognizer/v2.1/prebuilt/receipt/analyzeResults/1",
            v2_receipt("2.1.0"),
        ),
        (
            "2023-07-31",
            "/formrecognizer/documentModels/prebuilt-receipt:analyze?api-version=2023-07-31&stringIndexType=unicodeCodePoint",
            "/formrecognizer/documentModels/prebuilt-receipt/analyzeResults/1?api-version=2023-07-31",
            v3_receipt("2023-07-31"),
        ),
        (
            "2024-11-30",
            "/documentintelligence/documentModels/prebuilt-receipt:analyze?api-version=2024-11-30&stringIndexType=unicodeCodePoint",
            "/documentintelligence/documentModels/prebuilt-receipt/analyzeResults/1?api-version=2024-11-30",
            v3_receipt("2024-11-30"),
        ),
    ],
)
def test_each_version_is_asked_in_its_own_words_and_its_answer_becomes_the_same_rows(
    storage: StorageConnection,
    service: ScriptedService,
    unique: Callable[[str], str],
    version: str,
    request_line: str,
    operation: str,
    result: dict[str, Any],
) -> None:
    """The file's bytes go out as what they are; the operation is asked for exactly as the service named it."""
    settings = {"FORM_RECOGNIZER_API_VERSION": version, "DEFAULT_MODEL": "prebuilt-receipt", "REUSE_RESULTS": "false"}
    app = make_app(storage, service.url, "key", **settings)
    path, content = f"{unique('receipts')}/a.pdf", a_pdf("Total 12.50")
    service.operation_location = f"{service.url}{operation}"
    service.will_answer((200, {"status": "running"}), (200, {"status": "succeeded", "analyzeResult": result}))
    app.drop(path, content)

    app.submit(path)
    app.poll(path)
    app.poll(path)
    app.store(path)

    assert service.posts == [(request_line, content)]
    (headers,) = service.headers
    assert (headers["Content-Type"], headers["Ocp-Apim-Subscription-Key"]) == ("application/pdf", "key")
    assert service.gets == [operation, operation]
    assert app.document(path).api_version == version
    (row,), (record,) = app.fields(path), app.records(path)
    assert (row["Kind"], row["Name"], row["Text"], row["Number"]) == ("field", "Total", "12.50", 12.5)
    assert (row["Confidence"], row["ReadConfidence"], row["NeedsReview"]) == (0.9, 0.7, True)
    assert (row["Page"], json.loads(row["BoundingBox"]), row["Unit"]) == (1, BOX, "inch")
    assert record["Total"] == 12.5
