"""What the steps work with, made once from the settings at first use: nothing is connected when the app is imported."""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from shared.contents import Contents
from shared.documents import Documents
from shared.models import Models
from shared.names import (
    CONTENTS_TABLE,
    DOCUMENTS_CONTAINER,
    DOCUMENTS_TABLE,
    FIELDS_TABLE,
    MODELS_TABLE,
    RECORDS_TABLE,
    RESULTS_CONTAINER,
)
from shared.recognizer.http import SCOPE, Recognizer, by_key, by_token
from shared.recognizer.pace import Pace
from shared.settings import Settings, read_settings
from shared.storage.blobs import Results
from shared.storage.clients import blob_service, credential, queue_service, table_service
from shared.storage.queues import Queues
from shared.storage.rows import Rows
from shared.timings import Timings

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.blob import ContainerClient

    from shared.backoff import Dice


_MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Services:
    """The settings, the service, each part of storage, the clock and the dice."""

    settings: Settings
    recognizer: Recognizer
    pace: Pace
    files: ContainerClient
    results: Results
    queues: Queues
    documents: Documents
    rows: Rows
    models: Models
    timings: Timings
    contents: Contents
    now: Callable[[], datetime]
    dice: Dice


@cache
def _services() -> Services:
    return make_services(read_settings(os.environ))


def services() -> Services:
    """This process's services, by its environment: the same for every thread."""
    with _MAKING:
        return _services()


def make_services(settings: Settings) -> Services:
    """Services for `settings`. Makes clients; sends nothing."""
    blobs, tables = blob_service(settings.storage), table_service(settings.storage)
    return Services(
        settings=settings,
        recognizer=_recognizer(settings),
        pace=Pace(settings.submissions_per_second, time.monotonic, time.sleep),
        files=blobs.get_container_client(DOCUMENTS_CONTAINER),
        results=Results(blobs.get_container_client(RESULTS_CONTAINER)),
        queues=Queues(queue_service(settings.storage)),
        documents=Documents(tables.get_table_client(DOCUMENTS_TABLE)),
        rows=Rows(tables.get_table_client(FIELDS_TABLE), tables.get_table_client(RECORDS_TABLE)),
        models=Models(tables.get_table_client(MODELS_TABLE)),
        timings=Timings(tables.get_table_client(MODELS_TABLE), time.monotonic),
        contents=Contents(tables.get_table_client(CONTENTS_TABLE)),
        now=lambda: datetime.now(UTC),
        dice=random.random,
    )


def _recognizer(settings: Settings) -> Recognizer:
    """The service at the configured endpoint, with the key or, without one, this process's identity."""
    if settings.key:
        return Recognizer(settings.endpoint, by_key(settings.key))
    client_id = settings.storage.client_id
    return Recognizer(settings.endpoint, by_token(lambda: credential(client_id).get_token(SCOPE).token))
