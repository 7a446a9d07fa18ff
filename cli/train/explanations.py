"""What a person can do about an error of the service while a model is made.

Source: the codes in recorded answers of v2, and the error guide of the later versions
(https://learn.microsoft.com/azure/ai-services/document-intelligence/v3-error-guide).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.errors import FormsError, TrainingFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.train.answers import ServiceError

_CANNOT_LIST = (
    "the service could not list or read the container `training`: let it through the storage account's firewall "
    "(Networking), or train with --without-signature; by its own identity it needs the role Storage Blob Data Reader "
    "there, which can take 30 minutes to count, and a firewall that lets trusted services pass"
)
_NO_FILES = (
    "the service found no file it can train on: they must be whole PDF, JPEG, PNG or TIFF files (BMP from 2.1 on), "
    "right in that folder, or add --include-subfolders"
)
_UNREADABLE = "the service could not read that file: save it anew, or take it out of the folder, then train again"
_TOO_MANY_MODELS = (
    "the resource holds as many models as its tier allows, and waiting does not change that: delete some with "
    "`python -m cli models delete NAME`"
)
_NO_MODEL = "the service has no such model, perhaps it was deleted or made at another resource: train it again"
_NOT_READY = (
    "a model is missing, not ready, of another API version or without labels: look at `python -m cli models list`"
)
_TOO_LARGE = "train on fewer or smaller forms: five good ones are enough to begin with"
_LABELS = (
    "the labels or OCR files are not what the service expects: open the forms in the labeling tool and save them again"
)

WHAT_TO_DO = {
    "2012": _CANNOT_LIST,
    "ContentSourceNotAccessible": _CANNOT_LIST,
    "ContentSourceTimeout": _CANNOT_LIST,
    "InvalidSasToken": _CANNOT_LIST,
    "2014": _NO_FILES,
    "TrainingContentMissing": _NO_FILES,
    "2005": _UNREADABLE,
    "InvalidContent": _UNREADABLE,
    "1014": _TOO_MANY_MODELS,
    "DocumentModelLimit": _TOO_MANY_MODELS,
    "1022": _NO_MODEL,
    "ModelNotFound": _NO_MODEL,
    "1001": _NOT_READY,
    "ModelNotReady": _NOT_READY,
    "2100": _LABELS,
    "ModelBuildError": _LABELS,
    "InvalidFieldsDefinition": _LABELS,
    "InvalidTrainingContentLength": _TOO_LARGE,
    "InvalidTrainingContentPageCount": _TOO_LARGE,
    "3014": "the service failed while it trained: train again; if that lasts, leave out one form after the other",
}
"""By the service's code."""

_OUT_OF_QUOTA = "out of call volume quota"
_WAIT_FOR_MONTH = (
    "the free tier's calls of this month are used up: wait for the next month, or change the resource to S0"
)


def what_to_do(code: str, message: str) -> str | None:
    """The advice for an error of the service, without a full stop; None where there is none but its own words."""
    return _WAIT_FOR_MONTH if _OUT_OF_QUOTA in message.casefold() else WHAT_TO_DO.get(code)


def advice(errors: Iterable[ServiceError]) -> list[str]:
    """A sentence for each code among the errors that has one."""
    found = {error.code: what_to_do(error.code, error.message) for error in errors}
    return [f"{code}: {text}." for code, text in found.items() if text]


@contextmanager
def explained() -> Iterator[None]:
    """Turns a refusal of the service that can be explained into `TrainingFailed` with its words and the advice."""
    try:
        yield
    except FormsError as error:
        text = what_to_do(error.code, str(error))
        if text is None:
            raise
        raise TrainingFailed(error.code, f"{str(error).rstrip('.')}: {text}.") from error
