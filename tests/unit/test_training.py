"""Training as the REST client sees it, with answers as they were recorded."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest
from requests import Response

from shared.errors import MalformedResult
from shared.recognizer.training import Training, TrainingDocument, get_training, start_training

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.recognizer.http import Recognizer

MODEL_URL = "https://forms.example/formrecognizer/v2.1/custom/models/8d"


class FakeService:
    """Gives one answer to everything, and keeps what it was asked."""

    endpoint = "https://forms.example"

    def __init__(self, body: object = b"", location: str | None = None) -> None:
        self._body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._headers = {} if location is None else {"Location": location}
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    @contextmanager
    def send(self, method: str, url: str, **rest: object) -> Iterator[Response]:
        """Answers."""
        self.asked.append((method, url, rest))
        response = Response()
        response.status_code = 200
        response.headers.update(self._headers)
        response.raw = io.BytesIO(self._body)
        yield response


def got(body: object) -> Training:
    """What `get_training` makes of an answer."""
    return get_training(cast("Recognizer", FakeService(body)), MODEL_URL)


def info(status: str = "ready") -> dict[str, object]:
    """The part that every answer has."""
    times = {"createdDateTime": "2026-03-01T12:00:00Z", "lastUpdatedDateTime": "2026-03-01T12:00:09Z"}
    return {"modelInfo": {"modelId": "8d", "status": status, "modelName": "invoices", **times}}


def test_training_is_asked_for_on_the_models_own_files() -> None:
    """One request with the container, the model's folder in it and its name; the answer is where the model will be."""
    service = FakeService(location=MODEL_URL)
    source = "https://forms.blob.example/training?sig=x"
    assert start_training(cast("Recognizer", service), source, prefix="invoices/", model_name="invoices") == MODEL_URL
    body = {
        "source": source,
        "sourceFilter": {"prefix": "invoices/", "includeSubFolders": False},
        "useLabelFile": False,
        "modelName": "invoices",
    }
    assert service.asked == [("POST", "https://forms.example/formrecognizer/v2.1/custom/models", {"json": body})]


@pytest.mark.parametrize("location", [pytest.param(None, id="missing"), pytest.param("", id="empty")])
def test_a_training_without_a_location_is_malformed(location: str | None) -> None:
    """There is nothing to wait for when the service does not say where, and the signature is not told."""
    service = cast("Recognizer", FakeService(location=location))
    with pytest.raises(MalformedResult) as caught:
        start_training(service, "https://x.example?sig=secret", prefix="a/", model_name="a")
    assert "secret" not in str(caught.value)


def test_a_model_in_the_making_says_nothing_but_that() -> None:
    """While it is `creating` the answer has `modelInfo` only."""
    assert got(info("creating")) == Training("8d", "creating", (), (), ())


def test_the_keys_are_asked_for() -> None:
    """Without `includeKeys` the service leaves out what an unlabelled model learned."""
    service = FakeService(info())
    get_training(cast("Recognizer", service), MODEL_URL)
    assert service.asked == [("GET", MODEL_URL, {"params": {"includeKeys": "true"}})]


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
        **info("Ready"),
        "keys": {"clusters": {"0": ["Invoice #:", "Total"], "1": ["Total", "__Tokens__1"]}},
        "trainResult": {"trainingDocuments": documents, "errors": []},
    }
    assert got(answer) == Training(
        "8d",
        "ready",
        (
            TrainingDocument("invoices/1.pdf", 2, "succeeded", ()),
            TrainingDocument("invoices/2.pdf", 1, "partiallySucceeded", ()),
            TrainingDocument("invoices/3.pdf", 0, "failed", ("2005 No.",)),
        ),
        (),
        ("Invoice #:", "Total", "__Tokens__1"),
    )


def test_an_invalid_model_says_why() -> None:
    """The service's own codes and words are what a person can act on."""
    errors = [{"code": "2014", "message": "No valid blobs."}, {"code": "2012"}]
    found = got({**info("invalid"), "trainResult": {"trainingDocuments": [], "errors": errors}})
    assert (found.status, found.errors) == ("invalid", ("2014 No valid blobs.", "2012"))


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
    assert got(answer) == Training("8d", "ready", (), (), ())


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
    """It is asked again, as after any answer that is not what the reference promises."""
    with pytest.raises(MalformedResult):
        got(body)
