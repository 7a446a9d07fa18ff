"""The work behind the API: analyses and trainings in the background, resumed after a restart.

A result is shown no earlier than its operation's `due` time, as the real service takes its time; the reading itself
happens at once.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from local.analyzer import fixed, v2results, v3results
from local.analyzer.analysis import analyze
from local.analyzer.files import read_pages
from local.analyzer.pageranges import chosen_pages
from local.analyzer.pages import UnreadableFileError
from local.analyzer.sources import trained
from local.analyzer.store import Build, Generation, Operation, Store, StoredModel, generation_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.analyzer.quota import Tier

READERS = 4
DOWNLOAD_TIMEOUT = 30


class DownloadError(Exception):
    """The document could not be fetched from its URL."""


@dataclass
class Jobs:
    """Starts work and keeps what comes of it; `clock` gives seconds since 1970, `seconds` is the least time taken.

    An analysis takes more or less than `seconds`, by a share of it up to `spread`.
    """

    store: Store
    tier: Tier
    clock: Callable[[], float]
    seconds: float
    seed: int
    reads: bool = True
    spread: float = 0.2
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(READERS, "reader"))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """The jitter comes from the seed alone."""
        self._random = random.Random(self.seed)  # noqa: S311 - a pace, not a secret

    def resume(self) -> None:
        """Goes on with what was accepted before a restart."""
        for operation in self.store.operations():
            if self.store.result(operation.id) is None:
                self._pool.submit(self._analyze, operation)
        for model in self.store.models("v2"):
            if model.status == "creating":
                self._pool.submit(self._train, model)
        for build in self.store.builds():
            if build.model.status == "creating":
                self._pool.submit(self._build, build)

    def stop(self) -> None:
        """Waits for what runs; what has not begun is done after the next start."""
        self._pool.shutdown(cancel_futures=True)

    def due(self) -> float:
        """When something that is accepted now is done: `seconds` from now, more or less."""
        with self._lock:
            return self.clock() + self.seconds * self._random.uniform(1 - self.spread, 1 + self.spread)

    def start_analysis(self, operation: Operation, document: Path | None) -> None:
        """Accepts a document; from here on it survives a restart."""
        self.store.accept(operation, document)
        if self.reads:
            self._pool.submit(self._analyze, operation)

    def start_training(self, model: StoredModel) -> None:
        """A v2 model that is `creating`, with the request to train from."""
        self.store.save_model(model)
        self._pool.submit(self._train, model)

    def start_build(self, build: Build) -> None:
        """A v3 operation that makes a model: from files, or at once if the model is whole already."""
        if build.model.status == "ready":
            self.store.save_model(build.model)
        self.store.save_build(build)
        if build.model.status == "creating":
            self._pool.submit(self._build, build)

    def model(self, model_id: str, generation: Generation) -> StoredModel | None:
        """A model, or None; it stays `creating` as long as an analysis takes at least."""
        model = self.store.model(model_id, generation)
        return self.shown(model) if model else None

    def models(self, generation: Generation) -> list[StoredModel]:
        """All, oldest first."""
        return [self.shown(model) for model in self.store.models(generation)]

    def shown(self, model: StoredModel) -> StoredModel:
        """The model as it may be seen by now."""
        return model if self.clock() >= model.created + self.seconds else replace(model, status="creating")

    def result_of(self, operation: Operation) -> bytes | None:
        """The status and `analyzeResult` (or `error`) of an operation as JSON; None as long as there is none."""
        if self.clock() < operation.due:
            return None
        if not self.reads:
            return _as_bytes({"status": "succeeded", "analyzeResult": fixed.result_of(operation)})
        return self.store.result(operation.id)

    def _analyze(self, operation: Operation) -> None:
        try:
            result = {"status": "succeeded", "analyzeResult": self._read(operation)}
        except DownloadError:
            result = _failed(operation, "2003", "Failed to download image from input URL.")
        except UnreadableFileError:
            result = _failed(operation, "2005", "Unable to read file.")
        except Exception:  # noqa: BLE001 - a defect of ours must end the operation, as it does in the service
            traceback.print_exc(file=sys.stderr)
            result = _failed(operation, "2500", "An internal error occurred.")
        self.store.save_result(operation.id, _as_bytes(result))

    def _read(self, operation: Operation) -> dict[str, Any]:
        content = download(operation.url) if operation.url else self.store.document(operation.id)
        pages = chosen_pages(read_pages(content, self.tier.pages), operation.pages)
        generation = generation_of(operation.version)
        model = self.store.model(operation.model, generation) if operation.model else None
        analysis = analyze(operation, model, pages)
        render = v2results.result_of if generation == "v2" else v3results.result_of
        return render(operation, analysis)

    def _train(self, model: StoredModel) -> None:
        done = self._trained(model)
        if self.store.model(model.id, "v2") is not None:
            self.store.save_model(done)

    def _build(self, build: Build) -> None:
        """Only a model that is ready is kept."""
        done = self._trained(build.model)
        if done.status == "ready":
            self.store.save_model(done)
        self.store.save_build(replace(build, model=done))

    def _trained(self, model: StoredModel) -> StoredModel:
        try:
            return trained(model, self.clock())
        except Exception:  # noqa: BLE001 - a defect of ours must end the training, as it does in the service
            traceback.print_exc(file=sys.stderr)
            errors = [{"code": "3014", "message": "Training failed."}]
            return replace(model, status="invalid", updated=self.clock(), request=None, errors=errors)


def download(url: str) -> bytes:
    """The bytes behind an http or https URL; DownloadError when there are none."""
    if not url.lower().startswith(("http://", "https://")):
        raise DownloadError
    try:
        with urlopen(UrlRequest(url), timeout=DOWNLOAD_TIMEOUT) as answer:  # noqa: S310 - the scheme is checked above
            return bytes(answer.read())
    except (OSError, ValueError) as error:
        raise DownloadError from error


def _failed(operation: Operation, code: str, message: str) -> dict[str, Any]:
    if generation_of(operation.version) == "v2":
        return {"status": "failed", "analyzeResult": v2results.failed_result(operation.version, code, message)}
    return {"status": "failed", "error": v3results.failure(code)}


def _as_bytes(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()
