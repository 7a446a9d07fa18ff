"""Models and operations as files, so that a restart, even after a kill, forgets nothing that was accepted.

`<state>/models/<id>.json` (v2), `documentModels/<id>.json` (v3, v4): neither finds the other's. `builds/<id>.json` are
the operations that make v3 models. `operations/<id>.json` is what was asked of a document, `<id>.document` its bytes
until they are read, `<id>.result` the answer. Each file is written aside and moved into place: it is whole or absent.
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
Generation = Literal["v2", "v3"]
LEGAL = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._~-]{1,63}")


@dataclass(frozen=True)
class Operation:
    """A document that was accepted; times are seconds since 1970, `url` is where the bytes are if not sent along.

    `model` is the trained one that reads it, else `prebuilt` is `layout`, `invoice` and so on. `version` is that of the
    API it was asked in, `index` the v3 unit of spans, `pairs` whether key-value pairs are asked for.
    """

    id: str
    model: str | None
    created: float
    due: float
    content: str
    details: bool
    pages: str | None = None
    url: str | None = None
    prebuilt: str = "layout"
    version: str = "2.1"
    index: str = "textElements"
    pairs: bool = False


@dataclass(frozen=True)
class StoredModel:
    """A model; `request` (what to train from) is kept only while it is `creating`, `learned` once it is `ready`.

    A labelled one has `fields` (name, type, accuracy, schema) and its mean `accuracy`; a composed one has `components`,
    whole models. `version` is that of the API it was made in. `details` (description, tags, build mode) are v3's.
    """

    id: str
    name: str | None
    status: ModelStatus
    created: float
    updated: float
    request: dict[str, Any] | None = None
    documents: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    learned: dict[str, Any] | None = None
    version: str = "2.1"
    is_labelled: bool = False
    fields: list[dict[str, Any]] = field(default_factory=list)
    accuracy: float | None = None
    components: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> list[StoredModel]:
        """Its components, or itself."""
        return [StoredModel(**one) for one in self.components] or [self]


@dataclass(frozen=True)
class Build:
    """A v3 operation that makes a model; `model` is what is to be made, then what was made. It succeeds when ready."""

    id: str
    kind: str
    model: StoredModel


def generation_of(version: str) -> Generation:
    """Which models a version of the API can see."""
    return "v2" if version.startswith("2.") else "v3"


class Store:
    """Reads and writes the files under one folder, made if missing."""

    def __init__(self, folder: Path) -> None:
        """Makes the folders."""
        self._models = {"v2": folder / "models", "v3": folder / "documentModels"}
        self._operations, self._builds = folder / "operations", folder / "builds"
        self.incoming = folder / "incoming"
        for one in (*self._models.values(), self._operations, self._builds, self.incoming):
            one.mkdir(parents=True, exist_ok=True)
        for leftover in self.incoming.iterdir():
            leftover.unlink()

    def save_model(self, model: StoredModel) -> None:
        """Replaces what was known of this model."""
        folder = self._models[generation_of(model.version)]
        self._write(folder / f"{model.id}.json", _as_bytes(asdict(model)))

    def model(self, model_id: str, generation: Generation) -> StoredModel | None:
        """None when there is no such model."""
        data = _read(self._models[generation], model_id, ".json")
        return StoredModel(**json.loads(data)) if data else None

    def models(self, generation: Generation) -> list[StoredModel]:
        """All, oldest first."""
        found = (self.model(_stem(path), generation) for path in self._models[generation].glob("*.json"))
        return sorted((model for model in found if model), key=lambda model: (model.created, model.id))

    def delete_model(self, model_id: str, generation: Generation) -> bool:
        """Whether there was one."""
        known = self.model(model_id, generation) is not None
        if known:
            (self._models[generation] / f"{model_id}.json").unlink(missing_ok=True)
        return known

    def save_build(self, build: Build) -> None:
        """Replaces what was known of this operation."""
        self._write(self._builds / f"{build.id}.json", _as_bytes(asdict(build)))

    def build(self, build_id: str) -> Build | None:
        """None when there is no such operation."""
        data = json.loads(_read(self._builds, build_id, ".json") or b"null")
        return Build(data["id"], data["kind"], StoredModel(**data["model"])) if data else None

    def builds(self) -> list[Build]:
        """All, newest first."""
        found = (self.build(_stem(path)) for path in self._builds.glob("*.json"))
        return sorted((build for build in found if build), key=lambda build: -build.model.created)

    def accept(self, operation: Operation, document: Path | None) -> None:
        """Keeps the operation; a document outside is moved here. The operation counts from the last move on."""
        if document is not None:
            document.replace(self._operations / f"{operation.id}.document")
        self._write(self._operations / f"{operation.id}.json", _as_bytes(asdict(operation)))

    def operation(self, operation_id: str) -> Operation | None:
        """None when there is no such operation."""
        data = _read(self._operations, operation_id, ".json")
        return Operation(**json.loads(data)) if data else None

    def operations(self) -> Iterator[Operation]:
        """All that were accepted."""
        found = (self.operation(_stem(path)) for path in self._operations.glob("*.json"))
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

    def delete_operation(self, operation_id: str) -> None:
        """Forgets what was asked and what was answered."""
        for suffix in (".json", ".document", ".result"):
            (self._operations / f"{operation_id}{suffix}").unlink(missing_ok=True)

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


def _stem(path: Path) -> str:
    return path.name.removesuffix(".json")


def _as_bytes(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()
