"""Pre-flight: what would make a training fail, found before anything is sent. Pure but for reading the files.

Limits: https://learn.microsoft.com/azure/ai-services/document-intelligence/train/custom-model and, for v2,
https://learn.microsoft.com/azure/ai-services/document-intelligence/how-to-guides/build-a-custom-model?view=doc-intel-2.1.0
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.train.files import FIELDS, LABELS, OCR
from cli.train.training import is_v2
from shared.errors import Never
from shared.inspection import Inspection, inspect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.train.files import TrainingFile
    from cli.train.training import TrainingRequest

LEAST_FORMS = 5
LEAST_BESIDE_EMPTY = 2
MOST_BYTES = 50 * 1024 * 1024
MOST_PAGES = 500
"""For all files of a training by v2 together."""

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """A form that the service can read; `pages` is None where that was not found out."""

    name: str
    size: int
    content_type: str
    pages: int | None


@dataclass(frozen=True, slots=True)
class Preflight:
    """The forms that will be learned from, and every problem, a sentence each."""

    forms: tuple[Form, ...]
    problems: tuple[str, ...]

    @property
    def content_types(self) -> dict[str, str]:
        """The content type of each form, by name."""
        return {form.name: form.content_type for form in self.forms}


def check_files(files: Sequence[TrainingFile], request: TrainingRequest, tier: str) -> Preflight:
    """Looks at the training files as the service will."""
    seen = [(file, _look(file, request.api_version, tier)) for file in files if file.is_form]
    forms = [form for _, form in seen if isinstance(form, Form)]
    problems = [f"{file.name} {form}" for file, form in seen if isinstance(form, str)]
    if request.labels:
        labelled, of_labels = _labelled(files)
        problems += of_labels
        forms = [form for form in forms if form.name in labelled]
    problems += _too_few(forms, labels=request.labels)
    if is_v2(request.api_version):
        problems += _too_much(forms, request.api_version)
    elif not request.include_subfolders and (nested := next((file.name for file in files if file.is_nested), None)):
        problems.append(
            f"API version {request.api_version} also trains on what is in subfolders, such as {nested}: add "
            "--include-subfolders, or move the forms to a folder of their own."
        )
    return Preflight(tuple(forms), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Bytes:
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    def head(self, size: int) -> bytes:
        return self.content[:size]

    def reader(self) -> io.BytesIO:
        return io.BytesIO(self.content)


def _look(file: TrainingFile, api_version: str, tier: str) -> Form | str:
    """The form, or what is wrong with it."""
    content = _Bytes(file.read())
    try:
        seen: Inspection = inspect(content, api_version, tier)
    except Never as error:
        return _REFUSED[error.code].format(version=api_version, tier=tier, size=content.size / _MEGABYTE)
    return Form(file.name, content.size, seen.content_type, seen.pages)


_REFUSED = {
    "EmptyFile": "has no bytes: copy it again, or take it out.",
    "FileTooLarge": "has {size:.1f} MB, more than the service reads at {tier}: make it smaller, or take it out.",
    "UnsupportedType": "is by its content of a type that API version {version} does not train on: make it a PDF, JPEG, "
    "PNG or TIFF, or take it out.",
    "EncryptedPdf": "needs a password: save a copy without one.",
}


def _labelled(files: Sequence[TrainingFile]) -> tuple[set[str], list[str]]:
    """The names of the forms with labels, and what is wrong with the labels."""
    names = {file.name for file in files}
    problems, labelled = [], set[str]()
    if FIELDS not in names:
        problems.append(f"{FIELDS} is missing: the labeling tool writes it beside the forms, with the fields' types.")
    for file in files:
        if not file.name.endswith(LABELS):
            continue
        form = file.name.removesuffix(LABELS)
        if form not in names:
            problems.append(f"{file.name} has no document: put {form} beside it, or take the labels out.")
            continue
        if f"{form}{OCR}" not in names:
            problems.append(
                f"{form} has labels but no {form}{OCR}: open it in the labeling tool, which writes that file."
            )
        labels = _labels(file)
        if labels is None:
            problems.append(f"{file.name} is not a labels file: label {form} again.")
        elif labels:
            labelled.add(form)
    return labelled, problems


def _labels(file: TrainingFile) -> list[Any] | None:
    try:
        labels = json.loads(file.read())["labels"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return labels if isinstance(labels, list) else None


def _too_few(forms: Sequence[Form], *, labels: bool) -> list[str]:
    if labels:
        enough = len(forms) >= LEAST_FORMS
        return [] if enough else [f"{_count(len(forms), 'form')} with labels: the service needs at least five."]
    empty = sum("empty" in form.name.rpartition("/")[2].lower() for form in forms)
    filled = len(forms) - empty
    if filled >= (LEAST_BESIDE_EMPTY if empty else LEAST_FORMS):
        return []
    beside = "at least five, or two and an empty one with `empty` in its name"
    return [f"{_count(filled, 'filled form')}: the service needs {beside}."]


def _too_much(forms: Sequence[Form], api_version: str) -> list[str]:
    size, pages = sum(form.size for form in forms), sum(form.pages or 1 for form in forms)
    least = f"API version {api_version} trains on"
    problems = []
    if size > MOST_BYTES:
        problems.append(f"The forms have {size / _MEGABYTE:.1f} MB together: {least} at most 50 MB.")
    if pages > MOST_PAGES:
        problems.append(f"The forms have {pages} pages together: {least} at most 500.")
    return problems


def _count(number: int, noun: str) -> str:
    return f"{number or 'No'} {noun}{'' if number == 1 else 's'}"
