"""Someone at a terminal: the command line over real storage and the real analyzer."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from azure.storage.blob import BlobServiceClient

from tests.stack.app import App, make_app

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

    from shared.models import Model
    from shared.settings import StorageConnection
    from tests.stack.conftest import Analyzer

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Person:
    """Someone at a terminal of this stack."""

    app: App
    analyzer: Analyzer
    environment: dict[str, str]

    def types(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs `python -m cli <words>` to its end, which must be this exit code."""
        command = [sys.executable, "-m", "cli", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def begins(self, *words: str) -> subprocess.Popen[str]:
        """Starts `python -m cli <words>`."""
        command = [sys.executable, "-m", "cli", *words]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=subprocess.PIPE, text=True)

    def model(self, name: str) -> Model:
        """The model's row."""
        row = self.app.services.models.read(name)
        assert row is not None, f"{name} has no row"
        return row

    @property
    def training(self) -> ContainerClient:
        """The container `training`."""
        return BlobServiceClient.from_connection_string(self.app.storage.connection_string).get_container_client(
            "training"
        )

    def stored(self, prefix: str) -> dict[str, str]:
        """The ETag of each file under a prefix."""
        return {blob.name: str(blob.etag) for blob in self.training.list_blobs(prefix)}

    @property
    def trainings(self) -> int:
        """How many trainings the analyzer has accepted."""
        counts = requests.get(f"{self.analyzer.url}/_analyzer/counts", timeout=10).json()
        return int(counts["train"]["accepted"])

    def knows(self, model_id: str, version: str = "2.1") -> bool:
        """Whether the analyzer has the model."""
        path = f"formrecognizer/v{version}/custom/models"
        headers = {"Ocp-Apim-Subscription-Key": self.analyzer.key}
        return requests.get(f"{self.analyzer.url}/{path}/{model_id}", headers=headers, timeout=10).ok


def make_person(storage: StorageConnection, analyzer: Analyzer) -> Person:
    """Someone whose settings are those of this stack."""
    settings = {
        "DOCUMENTS_STORAGE": storage.connection_string,
        "FORM_RECOGNIZER_ENDPOINT": analyzer.url,
        "FORM_RECOGNIZER_KEY": analyzer.key,
    }
    return Person(make_app(storage, analyzer.url, analyzer.key), analyzer, {**os.environ, **settings})
