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
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from local.analyzer.files import read_pages
from local.analyzer.models import Model, model_from_json
from local.analyzer.pageranges import chosen_pages
from local.analyzer.pages import Page, UnreadableFileError
from local.analyzer.reading import read_page
from local.analyzer.results import custom_result, failed_result, layout_result
from local.analyzer.store import Operation, Store, StoredModel
from local.analyzer.training import Trained, blobs_of, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.analyzer.quota import Tier

VERSION = "2.1.0"
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

    def start_training(self, name: str | None, request: dict[str, Any]) -> StoredModel:
        """A model that is `creating`."""
        now = self.clock()
        model = StoredModel(str(uuid.uuid4()), name, "creating", now, now, request=request)
        self.store.save_model(model)
        self._pool.submit(self._train, model)
        return model

    def result_of(self, operation: Operation) -> bytes | None:
        """The status and `analyzeResult` of an operation as JSON; None as long as there is none."""
        if self.clock() < operation.due:
            return None
        if not self.reads:
            return _finished("succeeded", FIXED if operation.model else FIXED_LAYOUT)
        return self.store.result(operation.id)

    def _analyze(self, operation: Operation) -> None:
        try:
            result = _finished("succeeded", self._read(operation))
        except DownloadError:
            result = _failed("2003", "Failed to download image from input URL.")
        except UnreadableFileError:
            result = _failed("2005", "Unable to read file.")
        except Exception:  # noqa: BLE001 - a defect of ours must end the operation, as it does in the service
            traceback.print_exc(file=sys.stderr)
            result = _failed("2500", "An internal error occurred.")
        self.store.save_result(operation.id, result)

    def _read(self, operation: Operation) -> dict[str, Any]:
        content = download(operation.url) if operation.url else self.store.document(operation.id)
        pages = chosen_pages(read_pages(content, self.tier.pages), operation.pages)
        if operation.model is None:
            return layout_result(VERSION, pages)
        return self._read_with_model(pages, operation)

    def _read_with_model(self, pages: list[Page], operation: Operation) -> dict[str, Any]:
        stored = self.store.model(operation.model or "")
        learned = model_from_json(stored.learned) if stored and stored.learned else Model(())
        readings = [read_page(page, learned) for page in pages]
        return custom_result(VERSION, pages, readings, details=operation.details)

    def _train(self, model: StoredModel) -> None:
        try:
            trained = _train_from(model.request or {})
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


def _train_from(request: dict[str, Any]) -> Trained:
    chosen = request.get("sourceFilter") or {}
    prefix, subfolders = chosen.get("prefix") or "", bool(chosen.get("includeSubFolders"))
    return train(blobs_of(request["source"], prefix, subfolders=subfolders))


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


def _failed(code: str, message: str) -> bytes:
    return _finished("failed", failed_result(VERSION, code, message))


FIXED_LAYOUT: dict[str, Any] = {
    "version": VERSION,
    "readResults": [{"page": 1, "angle": 0, "width": 8.5, "height": 11.0, "unit": "inch", "lines": []}],
    "pageResults": [{"page": 1, "tables": []}],
}
FIXED: dict[str, Any] = {
    **FIXED_LAYOUT,
    "pageResults": [
        {
            "page": 1,
            "clusterId": 0,
            "tables": [],
            "keyValuePairs": [
                {
                    "key": {"text": "Number:", "boundingBox": [1, 1, 2, 1, 2, 1.2, 1, 1.2], "elements": None},
                    "value": {"text": "1", "boundingBox": [2.1, 1, 2.2, 1, 2.2, 1.2, 2.1, 1.2], "elements": None},
                    "confidence": 1.0,
                }
            ],
        }
    ],
    "documentResults": [],
    "errors": [],
}
