"""Models and operations as files, so that a restart, even after a kill, forgets nothing that was accepted.

`<state>/models/<id>.json`, `<state>/operations/<id>.json` (what was asked), `<id>.document` (the bytes, until they
are read) and `<id>.result` (the answer). Each file is written aside and moved into place, so it is whole or absent.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

ModelStatus = Literal["creating", "ready", "invalid"]
LEGAL = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._~-]{1,63}")


@dataclass(frozen=True)
class Operation:
    """A document that was accepted; times are seconds since 1970, `url` is where the bytes are if not sent along.

    `model` is a model's id or the name of a prebuilt one, `options` the query, its names in lower case.
    """

    id: str
    version: str
    model: str
    created: float
    due: float
    content: str
    options: dict[str, str]
    url: str | None = None


@dataclass(frozen=True)
class StoredModel:
    """A model; `request` (what to train from) is kept only while it is `creating`, `learned` once it is `ready`.

    `version` is that of the API it was made with; `operation` the id of its making, in the versions that have one;
    `told` what the client said about it. A composed model has `parts`, the ids of its models.
    """

    id: str
    version: str
    name: str | None
    status: ModelStatus
    created: float
    updated: float
    request: dict[str, Any] | None = None
    operation: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    learned: dict[str, Any] | None = None

    @property
    def is_labelled(self) -> bool:
        """Whether it reads named fields."""
        return self.learned is not None and "fields" in self.learned


class Store:
    """Reads and writes the files under one folder, made if missing."""

    def __init__(self, folder: Path) -> None:
        """Makes the folders."""
        self._models, self._operations = folder / "models", folder / "operations"
        self.incoming = folder / "incoming"
        for one in (self._models, self._operations, self.incoming):
            one.mkdir(parents=True, exist_ok=True)
        for leftover in self.incoming.iterdir():
            leftover.unlink()

    def save_model(self, model: StoredModel) -> None:
        """Replaces what was known of this model."""
        self._write(self._models / f"{model.id}.json", _as_bytes(asdict(model)))

    def model(self, model_id: str) -> StoredModel | None:
        """None when there is no such model."""
        data = _read(self._models, model_id, ".json")
        return StoredModel(**json.loads(data)) if data else None

    def models(self) -> list[StoredModel]:
        """All, oldest first."""
        found = (self.model(path.stem) for path in self._models.glob("*.json"))
        return sorted((model for model in found if model), key=lambda model: (model.created, model.id))

    def delete_model(self, model_id: str) -> bool:
        """Whether there was one."""
        known = self.model(model_id) is not None
        if known:
            (self._models / f"{model_id}.json").unlink(missing_ok=True)
        return known

    def accept(self, operation: Operation, document: Path | None) -> None:
        """Keeps the operation; a document outside is moved here. The operation counts from the last move on."""
        if document is not None:
            document.replace(self._operations / f"{operation.id}.document")
        self._write(self._operations / f"{operation.id}.json", _as_bytes(asdict(operation)))

    def operation(self, operation_id: str) -> Operation | None:
        """None when there is no such operation."""
        data = _read(self._operations, operation_id, ".json")
        return Operation(**json.loads(data)) if data else None

    def delete_operation(self, operation_id: str) -> None:
        """Forgets an operation and its answer."""
        for suffix in (".json", ".document", ".result"):
            (self._operations / f"{operation_id}{suffix}").unlink(missing_ok=True)

    def operations(self) -> Iterator[Operation]:
        """All that were accepted."""
        found = (self.operation(path.stem) for path in self._operations.glob("*.json"))
        return (operation for operation in found if operation)

    def document(self, operation_id: str) -> bytes:
        """The bytes that were sent, as long as they are not read."""
        return _read(self._operations, operation_id, ".document") or b""

    def save_result(self, operation_id: str, result: bytes) -> None:
        """Keeps the answer and drops the document."""
        self._write(self._operations / f"{operation_id}.result", result)
        (self._operations / f"{operation_id}.document").unlink(missing_ok=True)

    def result(self, operation_id: str) -> bytes | None:
        """The answer, None while there is none."""
        return _read(self._operations, operation_id, ".result")

    def _write(self, path: Path, content: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self.incoming)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)


def _read(folder: Path, name: str, suffix: str) -> bytes | None:
    if not LEGAL.fullmatch(name):
        return None
    try:
        return (folder / f"{name}{suffix}").read_bytes()
    except FileNotFoundError:
        return None


def _as_bytes(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()
