"""What the service's answers about a model say, whatever the version.

Source: the swagger files (v2: `Model`, `TrainResult`; later: `OperationDetails`, `DocumentModelDetails`) and recorded
answers.
"""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from shared.errors import MalformedResult
from shared.recognizer.refusals import code_and_message, seconds_to_wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from requests import Response

Status = Literal["creating", "ready", "invalid"]

_FINISHED: dict[str, Status] = {
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
    status: Status
    documents: tuple[TrainingDocument, ...] = ()
    errors: tuple[ServiceError, ...] = ()
    keys: tuple[str, ...] = ()
    fields: tuple[LearnedField, ...] = ()
    accuracy: float | None = None
    percent: int | None = None
    retry_after: int | None = None
    expires: str = ""


def training_of_v2(response: Response) -> Training:
    """The answer of v2 about a model; while it is made, that is all it says."""
    with _understood():
        return _training_of_v2(response.json(), seconds_to_wait(response.headers))


def operation_of_v3(response: Response, model_id: str) -> Training:
    """The answer from 2023 on about an operation: how far it is, not what was learned."""
    with _understood():
        operation = response.json()
        return Training(
            model_id,
            _FINISHED.get(operation["status"].casefold(), "creating"),
            errors=_operation_errors(operation.get("error")),
            percent=operation.get("percentCompleted"),
            retry_after=seconds_to_wait(response.headers),
        )


def model_of_v3(response: Response) -> Training:
    """The answer from 2023 on about a model that is ready."""
    with _understood():
        return _model_of_v3(response.json())


@contextmanager
def _understood() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reason = "The service's answer about the model is not what its reference promises."
        raise MalformedResult(reason) from None


def _training_of_v2(answer: dict[str, Any], retry_after: int | None) -> Training:
    info = answer["modelInfo"]
    results = answer.get("composedTrainResults") or [answer.get("trainResult") or {}]
    clusters = (answer.get("keys") or {}).get("clusters") or {}
    accuracies = [_number(result.get("averageModelAccuracy")) for result in results]
    return Training(
        model_id=info["modelId"],
        status=_FINISHED.get(info["status"].casefold(), "creating"),
        documents=tuple(_document(one) for result in results for one in result.get("trainingDocuments") or []),
        errors=tuple(_error(error) for result in results for error in result.get("errors") or []),
        keys=tuple(dict.fromkeys(key for keys in clusters.values() for key in keys)),
        fields=tuple(
            LearnedField(one["fieldName"], _number(one.get("accuracy")), result.get("modelId") or "")
            for result in results
            for one in result.get("fields") or []
        ),
        accuracy=_mean(accuracies),
        retry_after=retry_after,
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
