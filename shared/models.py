"""Which model reads a document: the table `Models`, and the choice by folder."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from shared.errors import Never
from shared.storage.tables import DEFAULT_ROUTE, Entity, column, fitted, quoted, route_of
from shared.versions import PREBUILTS, prebuilt_model

if TYPE_CHECKING:
    from datetime import datetime

    from azure.data.tables import TableClient

    from shared.settings import Settings

TRAINED = "model"
"""The PartitionKey of models that were trained here."""

KEPT = timedelta(seconds=15)
"""How long a worker goes by a row that is `ready` without looking again. Shorter than `WAIT_FOR_MODEL`: a document that
was put off because its model is gone is read by what the row says by then, whoever takes it."""

MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,50}")


@dataclass(frozen=True, slots=True)
class Model:
    """One row of `Models`: a model trained here. `status` is `creating`, `ready` or `invalid`."""

    name: str
    model_id: str = ""
    api_version: str = ""
    status: str = ""
    error_message: str | None = None
    """Why it is `invalid`."""

    pending_model_id: str | None = None
    """The model in the making; it takes the place of `model_id` when it is ready."""

    pending_url: str | None = None
    pending_request: str | None = None
    """A digest of what was asked for, to tell whether the same is asked for again."""

    accuracy: float | None = None
    trained_at: datetime | None = None
    training_documents: int | None = None
    field_names: str | None = None
    threshold: float | None = None
    typical_seconds: float | None = None
    """When to ask first for its answers; `shared/timings.py` learns it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """The model that reads a document: its name here, its id at the service, the API version it speaks."""

    name: str
    model_id: str
    api_version: str
    threshold: float


class Models:
    """The table `Models`."""

    def __init__(self, table: TableClient) -> None:
        self._table = table
        self._kept: dict[str, tuple[Model, datetime]] = {}

    def read(self, name: str) -> Model | None:
        """The trained model called `name`, if there is one."""
        try:
            return _from_row(self._table.get_entity(TRAINED, name))
        except ResourceNotFoundError:
            return None

    def recent(self, name: str, now: datetime) -> Model | None:
        """The trained model called `name` as it is, or, if it was `ready`, as it was less than `KEPT` before `now`."""
        kept, since = self._kept.get(name, (None, now))
        if kept is not None and now - since < KEPT:
            return kept
        model = self.read(name)
        if model is not None and model.status == "ready":
            self._kept[name] = model, now
        return model

    def forget(self, name: str) -> None:
        """Has `recent` look at the row again."""
        self._kept.pop(name, None)

    def all(self) -> list[Model]:
        """Every trained model, by name."""
        return [_from_row(row) for row in self._table.query_entities(f"PartitionKey eq {quoted(TRAINED)}")]

    def write(self, model: Model) -> None:
        """Puts the model's row in place of the one that was there."""
        self.forget(model.name)
        columns = {column(one): value for one in _COLUMNS if (value := getattr(model, one)) is not None}
        self._table.upsert_entity(
            fitted({"PartitionKey": TRAINED, "RowKey": model.name, **columns}), UpdateMode.REPLACE
        )

    def delete(self, name: str) -> None:
        """Deletes the row of the model called `name`; one that is not there is fine."""
        self.forget(name)
        self._table.delete_entity(TRAINED, name)


_COLUMNS = [field.name for field in fields(Model) if field.name != "name"]


def _from_row(row: Entity) -> Model:
    return Model(row["RowKey"], **{one: row[column(one)] for one in _COLUMNS if column(one) in row})


def choose_reader(path: str, models: Models, settings: Settings, now: datetime) -> Reader | None:
    """The model for the file `path`; None while that model is still being trained.

    It is the trained model with the route's name, else the prebuilt model the folder is called after, else the app's
    `DEFAULT_MODEL`. Raises `Never` with `UnknownModel` when there is no such model or it is `invalid`.
    """
    route = route_of(path)
    if route.casefold().startswith("prebuilt-"):
        return _prebuilt(route, f"the folder {route}", settings)
    model = models.recent(route, now) if is_model_name(route) else None
    if model is not None:
        return _trained(model, settings)
    default = settings.default_model
    if default.casefold().startswith("prebuilt-"):
        return _prebuilt(default, "DEFAULT_MODEL", settings)
    model = models.recent(default, now) if is_model_name(default) else None
    if model is None:
        reason = f"DEFAULT_MODEL is {default}, which is no prebuilt model and was not trained here."
        raise Never("UnknownModel", reason)
    return _trained(model, settings)


def is_model_name(name: str) -> bool:
    """Whether a trained model may have this name."""
    return MODEL_NAME.fullmatch(name) is not None and name != DEFAULT_ROUTE and not name.startswith("prebuilt-")


def _prebuilt(name: str, where: str, settings: Settings) -> Reader:
    model_id = prebuilt_model(name, settings.api_version)
    if model_id is None:
        known = ", ".join(sorted(PREBUILTS[settings.api_version]))
        reason = (
            f"There is no model {name} (asked for by {where}) in API version {settings.api_version}; it has {known}."
        )
        raise Never("UnknownModel", reason)
    return Reader(model_id, model_id, settings.api_version, settings.confidence_threshold)


def _trained(model: Model, settings: Settings) -> Reader | None:
    if model.status == "creating":
        return None
    if model.status != "ready":
        why = f" ({model.error_message})" if model.error_message else ""
        status = model.status or "unusable"
        reason = f"The model {model.name} is {status}{why}; train it again, then drop this file again."
        raise Never("UnknownModel", reason)
    threshold = settings.confidence_threshold if model.threshold is None else model.threshold
    return Reader(model.name, model.model_id, model.api_version, threshold)
