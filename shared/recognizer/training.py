"""Train a custom model and see how it stands, in REST v2.1 (swagger `TrainCustomModelAsync`, `GetCustomModel`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.errors import MalformedResult

if TYPE_CHECKING:
    from shared.recognizer.http import Recognizer

VERSION = "2.1"


@dataclass(frozen=True, slots=True)
class TrainingDocument:
    """How one training file fared. `status` is `succeeded`, `partiallySucceeded` or `failed`."""

    name: str
    pages: int
    status: str
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Training:
    """How a model stands. `status` is `creating`, `ready` or `invalid`; `keys` are what an unlabelled one learned."""

    model_id: str
    status: str
    documents: tuple[TrainingDocument, ...]
    errors: tuple[str, ...]
    keys: tuple[str, ...]


def start_training(service: Recognizer, source: str, *, prefix: str, model_name: str) -> str:
    """Has the service train on the files under `prefix` of the container SAS URL `source`; returns the model's URL."""
    body = {
        "source": source,
        "sourceFilter": {"prefix": prefix, "includeSubFolders": False},
        "useLabelFile": False,
        "modelName": model_name,
    }
    url = f"{service.endpoint}/formrecognizer/v{VERSION}/custom/models"
    with service.send("POST", url, json=body) as response:
        model_url: str = response.headers.get("Location", "")
    if not model_url:
        raise MalformedResult("The service accepted the training and did not say where the model is.")
    return model_url


def get_training(service: Recognizer, model_url: str) -> Training:
    """Asks how the model stands; raises `MalformedResult` when the answer is none."""
    with service.send("GET", model_url, params={"includeKeys": "true"}) as response:
        try:
            return _training(response.json())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            reason = "The service's answer about the model is not what its reference promises."
            raise MalformedResult(reason) from None


def _training(answer: dict[str, Any]) -> Training:
    result = answer.get("trainResult") or {}
    clusters = (answer.get("keys") or {}).get("clusters") or {}
    return Training(
        model_id=answer["modelInfo"]["modelId"],
        status=answer["modelInfo"]["status"].casefold(),
        documents=tuple(_document(document) for document in result.get("trainingDocuments") or []),
        errors=_messages(result.get("errors")),
        keys=tuple(dict.fromkeys(key for keys in clusters.values() for key in keys)),
    )


def _document(document: dict[str, Any]) -> TrainingDocument:
    return TrainingDocument(
        document["documentName"], document.get("pages") or 0, document["status"], _messages(document.get("errors"))
    )


def _messages(errors: list[dict[str, Any]] | None) -> tuple[str, ...]:
    return tuple(f"{error.get('code', '')} {error.get('message', '')}".strip() for error in errors or [])
