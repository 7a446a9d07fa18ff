"""Training as the REST client sees it, in each version, with answers of the shapes that were recorded."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from requests import Response

from cli.train.answers import LearnedField, ServiceError, Training, TrainingDocument
from cli.train.training import (
    Making,
    TrainingRequest,
    delete_model,
    get_model,
    get_training,
    start_composing,
    start_training,
    version_of,
)
from shared.errors import FormsError, MalformedResult, Misconfigured, NotThere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.recognizer.http import Recognizer

HOST = "https://forms.example"
V2 = f"{HOST}/formrecognizer/v2.1/custom/models/8d"
V3 = f"{HOST}/formrecognizer/operations/31442706784_0a?api-version=2023-07-31"
V4 = f"{HOST}/documentintelligence/operations/31442706784_0a?api-version=2024-11-30"
SOURCE = "https://store.example/training?sig=secret"


class FakeService:
    """Gives its answers in order, the last one for ever, and keeps what it was asked; an error is raised."""

    endpoint = HOST

    def __init__(self, *answers: object, **headers: str) -> None:
        self._answers = list(answers) or [b""]
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def is_ours(self, url: str) -> bool:
        """Whether a URL is at the endpoint."""
        return url.startswith(HOST)

    @contextmanager
    def send(self, method: str, url: str, **rest: object) -> Iterator[Response]:
        """Answers."""
        self.asked.append((method, url, rest))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        response = Response()
        response.status_code = 200
        response.headers.update(self._headers)
        response.raw = io.BytesIO(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
        yield response

    @property
    def it(self) -> Recognizer:
        """Itself, as what it stands for."""
        return cast("Recognizer", self)


def got(body: object) -> Training:
    """What `get_training` makes of an answer of v2."""
    return get_training(FakeService(body).it, Making("2.1", "8d", V2))


def info(status: str = "ready", **more: object) -> dict[str, object]:
    """The part that every answer of v2 has."""
    times = {"createdDateTime": "2026-03-01T12:00:00Z", "lastUpdatedDateTime": "2026-03-01T12:00:09Z"}
    return {"modelInfo": {"modelId": "8d", "status": status, **more, **times}}


def operation(status: str, **more: object) -> dict[str, object]:
    """The part that every answer about an operation has, from 2023 on."""
    times = {"createdDateTime": "2026-03-01T12:00:00Z", "lastUpdatedDateTime": "2026-03-01T12:00:09Z"}
    made = f"{HOST}/formrecognizer/documentModels/orders-20260301120000"
    return {"operationId": "31442706784_0a", "kind": "documentModelBuild", "status": status, **times,
            "resourceLocation": made, **more}  # fmt: skip


LABELLED = TrainingRequest("orders", "2023-07-31", "orders/", labels=True)


@pytest.mark.parametrize(
    ("request_", "header", "url", "query", "body"),
    [
        pytest.param(
            TrainingRequest("orders", "2.0", "orders/"),
            {"Location": "/formrecognizer/v2.0/custom/models/8d"},
            f"{HOST}/formrecognizer/v2.0/custom/models",
            {},
            {
                "source": SOURCE,
                "sourceFilter": {"prefix": "orders/", "includeSubFolders": False},
                "useLabelFile": False,
            },
            id="2.0 knows no modelName",
        ),
        pytest.param(
            TrainingRequest("orders", "2.1", "scans/", labels=True, include_subfolders=True),
            {"Location": "/formrecognizer/v2.1/custom/models/8d"},
            f"{HOST}/formrecognizer/v2.1/custom/models",
            {},
            {
                "source": SOURCE,
                "sourceFilter": {"prefix": "scans/", "includeSubFolders": True},
                "useLabelFile": True,
                "modelName": "orders",
            },
            id="2.1",
        ),
        pytest.param(
            LABELLED,
            {"Operation-Location": "/formrecognizer/operations/1_8d?api-version=2023-07-31"},
            f"{HOST}/formrecognizer/documentModels:build",
            {"api-version": "2023-07-31"},
            {
                "modelId": "orders-1",
                "buildMode": "template",
                "azureBlobSource": {"containerUrl": SOURCE, "prefix": "orders/"},
            },
            id="2023-07-31",
        ),
        pytest.param(
            replace(LABELLED, api_version="2024-11-30", mode="neural", prefix=""),
            {"Operation-Location": "/documentintelligence/operations/1_8d?api-version=2024-11-30"},
            f"{HOST}/documentintelligence/documentModels:build",
            {"api-version": "2024-11-30"},
            {"modelId": "orders-1", "buildMode": "neural", "azureBlobSource": {"containerUrl": SOURCE}},
            id="2024-11-30, the whole container",
        ),
    ],
)
def test_each_version_is_asked_in_its_own_way(
    request_: TrainingRequest, header: dict[str, str], url: str, query: dict[str, str], body: dict[str, object]
) -> None:
    """One request; the answer's header says where the model, or its making, is."""
    name, path = next(iter(header.items()))
    service = FakeService(**{name.replace("-", "_"): HOST + path})

    making = start_training(service.it, request_, SOURCE, "orders-1")

    assert service.asked == [("POST", url, {"params": query, "json": body})]
    model_id = "8d" if request_.api_version.startswith("2.") else "orders-1"
    assert making == Making(request_.api_version, model_id, HOST + path)


@pytest.mark.parametrize(
    ("version", "header", "url", "query", "body"),
    [
        pytest.param(
            "2.1",
            {"Location": V2},
            f"{HOST}/formrecognizer/v2.1/custom/models/compose",
            {},
            {"modelIds": ["a", "b"], "modelName": "all"},
            id="2.1",
        ),
        pytest.param(
            "2023-07-31",
            {"Operation_Location": V3},
            f"{HOST}/formrecognizer/documentModels:compose",
            {"api-version": "2023-07-31"},
            {"modelId": "all-1", "componentModels": [{"modelId": "a"}, {"modelId": "b"}]},
            id="2023-07-31",
        ),
    ],
)
def test_models_are_composed(
    version: str, header: dict[str, str], url: str, query: dict[str, str], body: dict[str, object]
) -> None:
    """The composed model is waited for like a trained one."""
    service = FakeService(**header)
    making = start_composing(service.it, version, "all", ["a", "b"], "all-1")
    assert service.asked == [("POST", url, {"params": query, "json": body})]
    assert making == Making(version, "8d" if version == "2.1" else "all-1", next(iter(header.values())))


@pytest.mark.parametrize(
    "location",
    [
        pytest.param({}, id="missing"),
        pytest.param({"Location": ""}, id="empty"),
        pytest.param({"Location": "https://evil.example/formrecognizer/v2.1/custom/models/8d"}, id="elsewhere"),
    ],
)
def test_a_training_without_a_location_is_malformed(location: dict[str, str]) -> None:
    """There is nothing to wait for when the service does not say where, and the signature is not told."""
    with pytest.raises(MalformedResult) as caught:
        start_training(FakeService(**location).it, TrainingRequest("a", "2.1", "a/"), SOURCE, "")
    assert "secret" not in str(caught.value)


def test_a_model_in_the_making_says_nothing_but_that() -> None:
    """While it is `creating` the answer of v2 has `modelInfo` only."""
    assert got(info("creating")) == Training("8d", "creating")


def test_the_keys_are_asked_for() -> None:
    """Without `includeKeys` the service leaves out what an unlabelled model learned."""
    service = FakeService(info())
    get_training(service.it, Making("2.1", "8d", V2))
    assert service.asked == [("GET", V2, {"params": {"includeKeys": "true"}})]


def test_a_ready_model_says_what_it_learned_from_which_files() -> None:
    """Each file with how it fared, and every key once, in the order of the clusters."""
    documents: list[dict[str, object]] = [
        {"documentName": "invoices/1.pdf", "pages": 2, "errors": [], "status": "succeeded"},
        {"documentName": "invoices/2.pdf", "pages": 1, "status": "partiallySucceeded"},
        {
            "documentName": "invoices/3.pdf",
            "pages": 0,
            "errors": [{"code": "2005", "message": "No."}],
            "status": "failed",
        },
    ]
    answer = {
        **info("Ready", modelName="invoices"),
        "keys": {"clusters": {"0": ["Invoice #:", "Total"], "1": ["Total", "__Tokens__1"]}},
        "trainResult": {"trainingDocuments": documents, "errors": []},
    }
    assert got(answer) == Training(
        "8d",
        "ready",
        (
            TrainingDocument("invoices/1.pdf", 2, "succeeded"),
            TrainingDocument("invoices/2.pdf", 1, "partiallySucceeded"),
            TrainingDocument("invoices/3.pdf", 0, "failed", (ServiceError("2005", "No."),)),
        ),
        keys=("Invoice #:", "Total", "__Tokens__1"),
    )


def test_a_labelled_model_says_how_sure_it_is() -> None:
    """The fields, each with its accuracy, and their mean as the service gives it; NaN is no number."""
    fields = [{"fieldName": "Total", "accuracy": 1}, {"fieldName": "ID #", "accuracy": "NaN"}]
    answer = {**info(), "trainResult": {"averageModelAccuracy": 0.96, "trainingDocuments": [], "fields": fields}}
    found = got(answer)
    assert found.fields == (LearnedField("Total", 1.0), LearnedField("ID #", None))
    assert found.accuracy == 0.96


def test_a_composed_model_tells_of_its_parts() -> None:
    """Its results are a list, one for each part; the accuracy is their mean."""
    parts = [
        {"modelId": "a", "averageModelAccuracy": 1.0, "trainingDocuments": [], "fields": [
            {"fieldName": "Total", "accuracy": 1.0}]},
        {"modelId": "b", "averageModelAccuracy": 0.5, "trainingDocuments": [], "fields": [
            {"fieldName": "Total", "accuracy": 0.5}]},
    ]  # fmt: skip
    found = got({**info(attributes={"isComposed": True}), "composedTrainResults": parts})
    assert found.fields == (LearnedField("Total", 1.0, "a"), LearnedField("Total", 0.5, "b"))
    assert found.accuracy == 0.75


def test_an_invalid_model_says_why() -> None:
    """The service's own codes and words are what a person can act on."""
    errors = [{"code": "2014", "message": "No valid blobs."}, {"code": "2012"}]
    found = got({**info("invalid"), "trainResult": {"trainingDocuments": [], "errors": errors}})
    assert (found.status, [str(error) for error in found.errors]) == ("invalid", ["2014 No valid blobs.", "2012"])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({**info(), "trainResult": None, "keys": None}, id="null results"),
        pytest.param({**info(), "trainResult": {}, "keys": {"clusters": None}}, id="empty results"),
        pytest.param({**info(), "trainResult": {"trainingDocuments": None, "errors": None}}, id="null lists"),
    ],
)
def test_what_is_missing_is_none(answer: dict[str, object]) -> None:
    """Null and missing members are the same to us."""
    assert got(answer) == Training("8d", "ready")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html></html>", id="a page"),
        pytest.param(b"\xff\xfe\xfd\xfc\xfb", id="not text"),
        pytest.param(b'{"modelInfo":', id="cut short"),
        pytest.param(b"[" * 200_000, id="nested without end"),
        pytest.param([], id="a list"),
        pytest.param({}, id="nothing"),
        pytest.param({"modelInfo": None}, id="null"),
        pytest.param({"modelInfo": {"modelId": "8d"}}, id="no status"),
        pytest.param({"modelInfo": {"modelId": "8d", "status": None}}, id="a null status"),
        pytest.param({"modelInfo": {"status": "ready"}}, id="no modelId"),
        pytest.param({**info(), "trainResult": {"trainingDocuments": [{}]}}, id="a document without a name"),
        pytest.param({**info(), "keys": {"clusters": ["Total"]}}, id="clusters that are a list"),
    ],
)
def test_an_answer_that_is_none_is_malformed(body: object) -> None:
    """It is asked again, as after any answer that is not what the reference promises; in every version."""
    with pytest.raises(MalformedResult):
        got(body)
    with pytest.raises(MalformedResult):
        get_training(FakeService(body).it, Making("2023-07-31", "8d", V3))
    with pytest.raises(MalformedResult):
        get_model(FakeService(body or {"modelId": None, "docTypes": 1}).it, "2023-07-31", "8d")


@pytest.mark.parametrize(
    ("body", "percent"),
    [
        pytest.param(operation("notStarted"), None, id="not started"),
        pytest.param(operation("running"), None, id="running says no percentage"),
        pytest.param(operation("running", percentCompleted=40), 40, id="running with one"),
        pytest.param(operation("thinking"), None, id="a status from the future"),
    ],
)
def test_an_operation_that_is_not_finished_is_asked_again(body: dict[str, object], percent: int | None) -> None:
    """With the wait that the service names in its header, which is counted in seconds."""
    service = FakeService(body, Retry_After="7")
    found = get_training(service.it, Making("2024-11-30", "orders-1", V4))
    assert found == Training("orders-1", "creating", percent=percent, retry_after=7)
    assert service.asked == [("GET", V4, {})]


@pytest.mark.parametrize(
    ("version", "url", "root"),
    [("2023-07-31", V3, "formrecognizer"), ("2024-11-30", V4, "documentintelligence")],
)
def test_the_model_is_asked_for_once_its_making_succeeded(version: str, url: str, root: str) -> None:
    """The operation's own result has no fields; the model has them, with the date of its end."""
    model = {
        "modelId": "orders-1",
        "createdDateTime": "2026-03-01T12:00:09Z",
        "expirationDateTime": "2028-03-01T12:00:09Z",
        "docTypes": {
            "orders-1": {
                "buildMode": "template",
                "fieldSchema": {"Total": {"type": "number"}, "Date": {"type": "date"}, "Items": {"type": "array"}},
                "fieldConfidence": {"Total": 0.995, "Date": 0.8},
            }
        },
    }
    service = FakeService(operation("succeeded", percentCompleted=100), model)
    found = get_training(service.it, Making(version, "orders-1", url))
    assert found == Training(
        "orders-1",
        "ready",
        fields=(
            LearnedField("Total", 0.995, "orders-1"),
            LearnedField("Date", 0.8, "orders-1"),
            LearnedField("Items", None, "orders-1"),
        ),
        accuracy=(0.995 + 0.8) / 2,
        expires="2028-03-01T12:00:09Z",
    )
    assert service.asked[1] == (
        "GET",
        f"{HOST}/{root}/documentModels/orders-1",
        {"params": {"api-version": version}},
    )


def test_a_model_is_found_though_its_operation_is_forgotten() -> None:
    """A wait may be resumed days later."""
    forgotten = NotThere("OperationNotFound", "No such operation.", setting="x")
    service = FakeService(forgotten, {"modelId": "orders-1"})
    assert get_training(service.it, Making("2023-07-31", "orders-1", V3)) == Training("orders-1", "ready")


@pytest.mark.parametrize("status", ["failed", "canceled", "skipped"])
def test_an_operation_that_failed_says_why(status: str) -> None:
    """The innermost code and message, and those of each file; no model is asked for."""
    inner = {"code": "ModelBuildError", "message": "Can't find any OCR files for training."}
    error = {
        "code": "InvalidRequest",
        "message": "Invalid request.",
        "innererror": inner,
        "details": [{"code": "InvalidContent", "message": "Corrupted.", "target": "orders/1.pdf"}],
    }
    service = FakeService(operation(status, error=error))
    found = get_training(service.it, Making("2023-07-31", "orders-1", V3))
    assert found.status == "invalid"
    assert [str(error) for error in found.errors] == [
        "ModelBuildError Can't find any OCR files for training.",
        "orders/1.pdf: InvalidContent Corrupted.",
    ]
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("version", "url", "query"),
    [
        ("2.0", f"{HOST}/formrecognizer/v2.0/custom/models/8d", {}),
        ("2.1", V2, {}),
        ("2023-07-31", f"{HOST}/formrecognizer/documentModels/8d", {"api-version": "2023-07-31"}),
        ("2024-11-30", f"{HOST}/documentintelligence/documentModels/8d", {"api-version": "2024-11-30"}),
    ],
)
def test_a_model_is_deleted_at_the_service(version: str, url: str, query: dict[str, str]) -> None:
    """One request; True when it was there."""
    service = FakeService()
    assert delete_model(service.it, version, "8d")
    assert service.asked == [("DELETE", url, {"params": query})]


@pytest.mark.parametrize("code", ["1022", "NotFound", "ModelNotFound"])
def test_a_model_that_is_gone_at_the_service_needs_no_deleting(code: str) -> None:
    """The service says so with the code of its version."""
    error = NotThere(code, "No such model.", setting="FORM_RECOGNIZER_ENDPOINT")
    assert not delete_model(FakeService(error).it, "2.1", "8d")


def test_what_keeps_a_model_from_being_deleted_is_told() -> None:
    """A wrong key, or a path that is not there, is not taken for a deleted model."""
    for error in (Misconfigured("401", "No.", setting="FORM_RECOGNIZER_KEY"), NotThere("404", "No.", setting="x")):
        with pytest.raises(FormsError) as caught:
            delete_model(FakeService(error).it, "2.1", "8d")
        assert caught.value is error


@pytest.mark.parametrize(("url", "version"), [(V2, "2.1"), (V3, "2023-07-31"), (V4, "2024-11-30"), ("", "")])
def test_a_url_of_the_service_tells_its_version(url: str, version: str) -> None:
    """So that a model in the making can be deleted though the row's version is that of the one before."""
    assert version_of(url) == version
