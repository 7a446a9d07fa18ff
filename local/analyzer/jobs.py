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
from typing import TYPE_CHECKING, Any, cast
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from local.analyzer.files import read_pages
from local.analyzer.fixed import fixed_result
from local.analyzer.labelledtraining import train_with_labels
from local.analyzer.pageranges import chosen_pages
from local.analyzer.pages import UnreadableFileError
from local.analyzer.readers import read_with
from local.analyzer.training import Trained, TrainingSet, blobs_of, train
from local.analyzer.v2results import failed_result, v2_result
from local.analyzer.v3results import v3_result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.analyzer.quota import Tier
    from local.analyzer.store import Operation, Store, StoredModel

JITTER = 0.2
READERS = 4
DOWNLOAD_TIMEOUT = 30


class DownloadError(Exception):
    """The document could not be fetched from its URL."""


@dataclass
class Jobs:
    """Starts work and keeps what comes of it; `clock` gives seconds since 1970, `seconds` is the least time taken."""

    store: Store
    tier: Tier
    clock: Callable[[], float]
    seconds: float
    seed: int
    reads: bool = True
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
        for model in self.store.models():
            if model.status == "creating":
                self._pool.submit(self._train, model)

    def stop(self) -> None:
        """Waits for what runs; what has not begun is done after the next start."""
        self._pool.shutdown(cancel_futures=True)

    def due(self) -> float:
        """When something that is accepted now is done: `seconds` from now, a fifth more or less."""
        with self._lock:
            return self.clock() + self.seconds * self._random.uniform(1 - JITTER, 1 + JITTER)

    def start_analysis(self, operation: Operation, document: Path | None) -> None:
        """Accepts a document; from here on it survives a restart."""
        self.store.accept(operation, document)
        if self.reads:
            self._pool.submit(self._analyze, operation)

    def start_training(self, model: StoredModel) -> None:
        """Accepts a model that is `creating`; from here on it survives a restart."""
        self.store.save_model(model)
        self._pool.submit(self._train, model)

    def status_of(self, model: StoredModel) -> str:
        """A model stays `creating` as long as an analysis takes at least."""
        return model.status if self.clock() >= model.created + self.seconds else "creating"

    def result_of(self, operation: Operation) -> bytes | None:
        """The status and `analyzeResult` of an operation as JSON; None as long as there is none."""
        if self.clock() < operation.due:
            return None
        if not self.reads:
            return _finished("succeeded", fixed_result(operation.version, operation.model))
        return self.store.result(operation.id)

    def _analyze(self, operation: Operation) -> None:
        try:
            result = _finished("succeeded", self._read(operation))
        except DownloadError:
            result = _failed(operation.version, "2003", "Failed to download image from input URL.")
        except UnreadableFileError:
            result = _failed(operation.version, "2005", "Unable to read file.")
        except Exception:  # noqa: BLE001 - a defect of ours must end the operation, as it does in the service
            traceback.print_exc(file=sys.stderr)
            result = _failed(operation.version, "2500", "An internal error occurred.")
        self.store.save_result(operation.id, result)

    def _read(self, operation: Operation) -> dict[str, Any]:
        content = download(operation.url) if operation.url else self.store.document(operation.id)
        options = operation.options
        pages = chosen_pages(read_pages(content, self.tier.pages), options.get("pages"))
        readout = read_with(operation, pages, self.store)
        if operation.version.startswith("2."):
            details = options.get("includetextdetails", "").lower() == "true"
            return v2_result(operation.version, operation.model, readout, details=details)
        index_type = options.get("stringindextype", "textElements")
        return v3_result(operation.version, operation.model, readout, index_type)

    def _train(self, model: StoredModel) -> None:
        try:
            trained = _train_from(cast("TrainingSet", model.request))
        except Exception:  # noqa: BLE001 - a defect of ours must end the training, as it does in the service
            traceback.print_exc(file=sys.stderr)
            trained = Trained([], [{"code": "3014", "message": "Training failed."}])
        if self.store.model(model.id) is not None:
            self.store.save_model(_with_outcome(model, trained, self.clock()))


def _with_outcome(model: StoredModel, trained: Trained, now: float) -> StoredModel:
    learned = trained.model.to_json() if trained.model else None
    return replace(
        model,
        status="ready" if trained.model else "invalid",
        updated=now,
        request=None,
        documents=trained.documents,
        errors=trained.errors,
        learned=learned,
    )


def _train_from(request: TrainingSet) -> Trained:
    files = blobs_of(request)
    return train_with_labels(files) if request["labels"] else train(files)


def download(url: str) -> bytes:
    """The bytes behind an http or https URL; DownloadError when there are none."""
    if not url.lower().startswith(("http://", "https://")):
        raise DownloadError
    try:
        with urlopen(UrlRequest(url), timeout=DOWNLOAD_TIMEOUT) as answer:  # noqa: S310 - the scheme is checked above
            return bytes(answer.read())
    except (OSError, ValueError) as error:
        raise DownloadError from error


def _finished(status: str, result: dict[str, Any]) -> bytes:
    return json.dumps({"status": status, "analyzeResult": result}, ensure_ascii=False).encode()


def _failed(version: str, code: str, message: str) -> bytes:
    if version.startswith("2."):
        return _finished("failed", failed_result(version, code, message))
    if code == "2500":
        return json.dumps({"status": "failed", "error": {"code": "InternalServerError", "message": message}}).encode()
    inner = {"code": "InvalidContent", "message": "The file is corrupted or format is unsupported."}
    error = {"code": "InvalidRequest", "message": "Invalid request.", "innererror": inner}
    return json.dumps({"status": "failed", "error": error}).encode()
