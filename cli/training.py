"""Train, compose, look at and delete custom models over REST, and what differs in that between the versions.

Source: the swagger files (v2: `TrainCustomModelAsync`, `ComposeCustomModelsAsync`, `GetCustomModel`,
`DeleteCustomModel`; later: `BuildDocumentModel`, `ComposeDocumentModel`, `GetOperation`, `GetDocumentModel`,
`DeleteDocumentModel`).
"""

from __future__ import annotations

import json
import math
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from shared.errors import FormsError, MalformedResult
from shared.recognizer.refusals import code_and_message, seconds_to_wait
from shared.versions import root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from requests import Response

    from shared.recognizer.http import Recognizer

COMPOSING_VERSIONS = ("2.1", "2023-07-31")
GONE = frozenset({"1022", "NotFound", "ModelNotFound", "OperationNotFound"})
"""The codes by which the service says that it has no such model, or no longer knows its making."""

_FINISHED = {
    "ready": "ready",
    "invalid": "invalid",
    "succeeded": "ready",
    "failed": "invalid",
    "canceled": "invalid",
    "skipped": "invalid",
}


@dataclass(frozen=True, slots=True)
class ServiceError:
    """What the service says went wrong; `target` is the file, where it names one."""

    code: str
    message: str
    target: str = ""

    def __str__(self) -> str:
        return f"{self.target + ': ' if self.target else ''}{self.code} {self.message}".strip()


@dataclass(frozen=True, slots=True)
class TrainingDocument:
    """How one training file fared: `succeeded`, `partiallySucceeded` or `failed`. `pages` is None where unknown."""

    name: str
    pages: int | None
    status: str
    errors: tuple[ServiceError, ...] = ()


@dataclass(frozen=True, slots=True)
class LearnedField:
    """A field of a labelled model; `accuracy` from 0 to 1, estimated by the service."""

    name: str
    accuracy: float | None
    document_type: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """How a model stands.

    `keys` are what one learned without labels, `fields` with them; `accuracy` is the mean of a labelled one.
    `documents` are empty from 2023 on, where the service does not report on them. `percent` and `retry_after`
    (in seconds) are None where the service does not say; `expires` is empty, or an ISO date and time.
    """

    model_id: str
    status: Literal["creating", "ready", "invalid"]
    documents: tuple[TrainingDocument, ...] = ()
    errors: tuple[ServiceError, ...] = ()
    keys: tuple[str, ...] = ()
    fields: tuple[LearnedField, ...] = ()
    accuracy: float | None = None
    percent: int | None = None
    retry_after: int | None = None
    expires: str = ""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What to train on: the files under `prefix` of the container. `mode` counts from 2023 on."""

    name: str
    api_version: str
    prefix: str
    labels: bool = False
    include_subfolders: bool = False
    mode: Literal["template", "neural"] = "template"


@dataclass(frozen=True, slots=True)
class Making:
    """A model in the making: its id, and the URL that tells how it stands."""

    api_version: str
    model_id: str
    url: str


def version_of(url: str) -> str:
    """The API version in a URL of the service."""
    found = re.search(r"[?&]api-version=([\d-]+)|/v(2\.\d)", url)
    return (found[1] or found[2]) if found else ""


def is_v2(api_version: str) -> bool:
    """Whether the version trains by `/custom/models`, also without labels."""
    return api_version.startswith("2.")


def start_training(service: Recognizer, request: TrainingRequest, source: str, model_id: str) -> Making:
    """Has the service train on the container SAS URL `source`. From 2023 on the model is called `model_id`."""
    version = request.api_version
    if not is_v2(version):
        filtered = {"prefix": request.prefix} if request.prefix else {}
        body: dict[str, Any] = {
            "modelId": model_id,
            "buildMode": request.mode,
            "azureBlobSource": {"containerUrl": source, **filtered},
        }
        return _start(service, version, "/documentModels:build", body, model_id)
    body = {
        "source": source,
        "sourceFilter": {"prefix": request.prefix, "includeSubFolders": request.include_subfolders},
        "useLabelFile": request.labels,
    }
    named = {"modelName": request.name} if version == "2.1" else {}
    return _start(service, version, "/custom/models", {**body, **named})


def start_composing(
    service: Recognizer, api_version: str, name: str, component_ids: Sequence[str], model_id: str
) -> Making:
    """Has the service make one model of labelled ones; it chooses the one that fits a document best."""
    if is_v2(api_version):
        return _start(service, api_version, "/custom/models/compose", {"modelIds": [*component_ids], "modelName": name})
    body = {"modelId": model_id, "componentModels": [{"modelId": component} for component in component_ids]}
    return _start(service, api_version, "/documentModels:compose", body, model_id)


def get_training(service: Recognizer, making: Making) -> Training:
    """Asks how the model stands; raises `MalformedResult` when the answer is none."""
    if is_v2(making.api_version):
        return _get_v2(service, making.url)
    with service.send("GET", making.url) as response, _understood():
        operation = response.json()
        status = _FINISHED.get(operation["status"].casefold(), "creating")
        errors = _operation_errors(operation.get("error"))
        percent, retry_after = operation.get("percentCompleted"), seconds_to_wait(response.headers)
    if status == "ready":
        return get_model(service, making.api_version, making.model_id)
    return Training(
        making.model_id,
        "invalid" if status == "invalid" else "creating",
        errors=errors,
        percent=percent,
        retry_after=retry_after,
    )


def get_model(service: Recognizer, api_version: str, model_id: str) -> Training:
    """What the service knows of a model; raises `MalformedResult` when the answer is none."""
    url, query = _model(service, api_version, model_id)
    if is_v2(api_version):
        return _get_v2(service, url)
    with service.send("GET", url, params=query) as response, _understood():
        return _model_of_v3(response.json())


def delete_model(service: Recognizer, api_version: str, model_id: str) -> bool:
    """Deletes a model at the service; False when it was not there any more."""
    url, query = _model(service, api_version, model_id)
    try:
        with service.send("DELETE", url, params=query):
            return True
    except FormsError as error:
        if error.code in GONE:
            return False
        raise


def _model(service: Recognizer, api_version: str, model_id: str) -> tuple[str, dict[str, str]]:
    if is_v2(api_version):
        return f"{root(service.endpoint, api_version)}/custom/models/{model_id}", {}
    return f"{root(service.endpoint, api_version)}/documentModels/{model_id}", {"api-version": api_version}


def _start(service: Recognizer, api_version: str, path: str, body: dict[str, Any], model_id: str = "") -> Making:
    header, query = ("Location", {}) if is_v2(api_version) else ("Operation-Location", {"api-version": api_version})
    with service.send("POST", f"{root(service.endpoint, api_version)}{path}", params=query, json=body) as response:
        url: str = response.headers.get(header, "")
    if not service.is_ours(url):
        reason = "The service accepted the training and did not say where, at this endpoint, the model is."
        raise MalformedResult(reason)
    return Making(api_version, model_id or url.partition("?")[0].rstrip("/").rpartition("/")[2], url)


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reason = "The service's answer about the model is not what its reference promises."
        raise MalformedResult(reason) from None


def _get_v2(service: Recognizer, url: str) -> Training:
    """The keys of an unlabelled model come only when they are asked for."""
    with service.send("GET", url, params={"includeKeys": "true"}) as response, _understood():
        return _training_of_v2(response)


def _training_of_v2(response: Response) -> Training:
    answer = response.json()
    info = answer["modelInfo"]
    status = _FINISHED.get(info["status"].casefold(), "creating")
    results = answer.get("composedTrainResults") or [answer.get("trainResult") or {}]
    clusters = (answer.get("keys") or {}).get("clusters") or {}
    accuracies = [_number(result.get("averageModelAccuracy")) for result in results]
    return Training(
        model_id=info["modelId"],
        status="ready" if status == "ready" else "invalid" if status == "invalid" else "creating",
        documents=tuple(_document(one) for result in results for one in result.get("trainingDocuments") or []),
        errors=tuple(_error(error) for result in results for error in result.get("errors") or []),
        keys=tuple(dict.fromkeys(key for keys in clusters.values() for key in keys)),
        fields=tuple(
            LearnedField(one["fieldName"], _number(one.get("accuracy")), result.get("modelId") or "")
            for result in results
            for one in result.get("fields") or []
        ),
        accuracy=_mean(accuracies),
        retry_after=seconds_to_wait(response.headers),
    )


def _document(document: dict[str, Any]) -> TrainingDocument:
    errors = tuple(_error(error) for error in document.get("errors") or [])
    return TrainingDocument(document["documentName"], document.get("pages") or 0, document["status"], errors)


def _model_of_v3(model: dict[str, Any]) -> Training:
    learned = tuple(
        LearnedField(name, _number((document_type.get("fieldConfidence") or {}).get(name)), document_type_name)
        for document_type_name, document_type in (model.get("docTypes") or {}).items()
        for name in document_type.get("fieldSchema") or {}
    )
    accuracy = _mean([field.accuracy for field in learned])
    return Training(
        model["modelId"], "ready", fields=learned, accuracy=accuracy, expires=model.get("expirationDateTime") or ""
    )


def _operation_errors(error: dict[str, Any] | None) -> tuple[ServiceError, ...]:
    if not error:
        return ()
    return tuple(_innermost(one) for one in [error, *(error.get("details") or [])])


def _innermost(error: dict[str, Any]) -> ServiceError:
    return ServiceError(*code_and_message(json.dumps({"error": error}).encode()), error.get("target") or "")


def _error(error: dict[str, Any]) -> ServiceError:
    return ServiceError(str(error.get("code") or ""), str(error.get("message") or ""))


def _number(value: object) -> float | None:
    """The service has written "NaN" where it had no number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
