"""Which model reads a document: the table `Models`, and the choice by folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

from shared.errors import Never
from shared.storage.tables import DEFAULT_ROUTE, Entity, fitted, route_of
from shared.versions import PREBUILTS, prebuilt_model

if TYPE_CHECKING:
    from datetime import datetime

    from azure.data.tables import TableClient

    from shared.settings import Settings

TRAINED = "model"
"""The PartitionKey of models that were trained here."""

MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,50}")


@dataclass(frozen=True, slots=True)
class Model:
    """One row of `Models`: a model trained here. `status` is `creating`, `ready` or `invalid`."""

    name: str
    model_id: str
    api_version: str
    status: str
    threshold: float | None = None
    trained_at: datetime | None = None
    training_documents: int | None = None
    field_names: str | None = None


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

    def read(self, name: str) -> Model | None:
        """The trained model called `name`, if there is one."""
        try:
            row = self._table.get_entity(TRAINED, name)
        except ResourceNotFoundError:
            return None
        return Model(
            name=name,
            model_id=row.get("ModelId", ""),
            api_version=row.get("ApiVersion", ""),
            status=row.get("Status", ""),
            threshold=row.get("Threshold"),
            trained_at=row.get("TrainedAt"),
            training_documents=row.get("TrainingDocuments"),
            field_names=row.get("FieldNames"),
        )

    def write(self, model: Model) -> None:
        """Puts the model's row in place of the one that was there."""
        columns = {
            "ModelId": model.model_id,
            "ApiVersion": model.api_version,
            "Status": model.status,
            "Threshold": model.threshold,
            "TrainedAt": model.trained_at,
            "TrainingDocuments": model.training_documents,
            "FieldNames": model.field_names,
        }
        present: Entity = {name: value for name, value in columns.items() if value is not None}
        self._table.upsert_entity(
            fitted({"PartitionKey": TRAINED, "RowKey": model.name, **present}), UpdateMode.REPLACE
        )


def choose_reader(path: str, models: Models, settings: Settings) -> Reader | None:
    """The model for the file `path`; None while that model is still being trained.

    It is the trained model with the route's name, else the prebuilt model the folder is called after, else the app's
    `DEFAULT_MODEL`. Raises `Never` with `UnknownModel` when there is no such model or it is `invalid`.
    """
    route = route_of(path)
    if route.casefold().startswith("prebuilt-"):
        return _prebuilt(route, f"the folder {route}", settings)
    model = models.read(route) if is_model_name(route) else None
    if model is not None:
        return _trained(model, settings)
    default = settings.default_model
    if default.casefold().startswith("prebuilt-"):
        return _prebuilt(default, "DEFAULT_MODEL", settings)
    model = models.read(default) if is_model_name(default) else None
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
        reason = f"The model {model.name} is {model.status or 'unusable'}; train it again, then drop this file again."
        raise Never("UnknownModel", reason)
    threshold = settings.confidence_threshold if model.threshold is None else model.threshold
    return Reader(model.name, model.model_id, model.api_version, threshold)
