"""The files that a training request names, and what comes of training on them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from local.analyzer.labelled import FIELDS, LABELS, OCR, train_labelled
from local.analyzer.training import TrainingFile, UnlistableError, blobs_of, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from local.analyzer.store import ModelStatus, StoredModel


def trained(model: StoredModel, now: float) -> StoredModel:
    """The model, `ready` or `invalid`, after training on what its request names.

    The request is `source` (a container's SAS URL), `prefix`, `subfolders` and, to take only some, `list`: a blob with
    one `{"file": name}` a line.
    """
    request = model.request or {}
    done = replace(model, request=None, updated=now)
    files = _files(request)
    if model.is_labelled:
        learned = train_labelled(files)
        fields = [asdict(field) for field in learned.fields]
        accuracy = round(learned.accuracy, 3)
        done = replace(done, status=_status(learned.learned), learned=learned.learned, fields=fields, accuracy=accuracy)
        return replace(done, documents=learned.documents, errors=learned.errors)
    outcome = train(files)
    knowledge = outcome.model.to_json() if outcome.model else None
    return replace(
        done, status=_status(knowledge), documents=outcome.documents, errors=outcome.errors, learned=knowledge
    )


def _status(learned: object) -> ModelStatus:
    return "invalid" if learned is None else "ready"


def _files(request: Mapping[str, Any]) -> Iterator[TrainingFile]:
    found = blobs_of(request["source"], request.get("prefix") or "", subfolders=bool(request.get("subfolders")))
    return _listed(list(found), request["list"]) if request.get("list") else found


def _listed(files: list[TrainingFile], name: str) -> Iterator[TrainingFile]:
    """Only what the list names, with labels and layout beside it, and the fields."""
    lists = [file for file in files if file.name == name]
    if not lists:
        raise UnlistableError(name)
    named = {json.loads(line)["file"] for line in lists[0].read().decode().splitlines() if line.strip()}
    for file in files:
        stem = file.name.removesuffix(LABELS).removesuffix(OCR)
        if stem in named or file.name.rpartition("/")[2] == FIELDS:
            yield file
