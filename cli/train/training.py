"""Train, compose, look at and delete custom models over REST, and what differs in that between the versions.

Source: the swagger files (v2: `TrainCustomModelAsync`, `ComposeCustomModelsAsync`, `GetCustomModel`,
`DeleteCustomModel`; later: `BuildDocumentModel`, `ComposeDocumentModel`, `GetOperation`, `GetDocumentModel`,
`DeleteDocumentModel`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cli.train.answers import model_of_v3, operation_of_v3, training_of_v2
from shared.errors import FormsError, MalformedResult, NotThere
from shared.versions import root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.train.answers import Training
    from shared.recognizer.http import Recognizer

COMPOSING_VERSIONS = ("2.1", "2023-07-31")
GONE = frozenset({"1022", "NotFound", "ModelNotFound", "OperationNotFound"})
"""The codes by which the service says that it has no such model, or no longer knows its making."""


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What to train on: the files under `prefix` of the container. `mode` counts from 2023 on."""

    name: str
    api_version: str
    prefix: str
    labels: bool = False
    include_subfolders: bool = False
    mode: Literal["template", "neural"] = "template"


@dataclass(frozen=True, slots=True)
class Making:
    """A model in the making: its id, and the URL that tells how it stands."""

    api_version: str
    model_id: str
    url: str


def version_of(url: str) -> str:
    """The API version in a URL of the service."""
    found = re.search(r"[?&]api-version=([\d-]+)|/v(2\.\d)", url)
    return (found[1] or found[2]) if found else ""


def is_v2(api_version: str) -> bool:
    """Whether the version trains by `/custom/models`, also without labels."""
    return api_version.startswith("2.")


def start_training(service: Recognizer, request: TrainingRequest, source: str, model_id: str) -> Making:
    """Has the service train on the container at the URL `source`. From 2023 on the model is called `model_id`."""
    version = request.api_version
    if not is_v2(version):
        filtered = {"prefix": request.prefix} if request.prefix else {}
        body: dict[str, Any] = {
            "modelId": model_id,
            "buildMode": request.mode,
            "azureBlobSource": {"containerUrl": source, **filtered},
        }
        return _start(service, version, "/documentModels:build", body, model_id)
    body = {
        "source": source,
        "sourceFilter": {"prefix": request.prefix, "includeSubFolders": request.include_subfolders},
        "useLabelFile": request.labels,
    }
    named = {"modelName": request.name} if version == "2.1" else {}
    return _start(service, version, "/custom/models", {**body, **named})


def start_composing(
    service: Recognizer, api_version: str, name: str, component_ids: Sequence[str], model_id: str
) -> Making:
    """Has the service make one model of labelled ones; it chooses the one that fits a document best."""
    if is_v2(api_version):
        return _start(service, api_version, "/custom/models/compose", {"modelIds": [*component_ids], "modelName": name})
    body = {"modelId": model_id, "componentModels": [{"modelId": component} for component in component_ids]}
    return _start(service, api_version, "/documentModels:compose", body, model_id)


def get_training(service: Recognizer, making: Making) -> Training:
    """Asks how the model stands; raises `MalformedResult` when the answer is none."""
    if is_v2(making.api_version):
        return _get_v2(service, making.url)
    try:
        with service.send("GET", making.url) as response:
            training = operation_of_v3(response, making.model_id)
    except NotThere:
        # An operation is forgotten after a while; the model that it made is not.
        return get_model(service, making.api_version, making.model_id)
    return get_model(service, making.api_version, making.model_id) if training.status == "ready" else training


def get_model(service: Recognizer, api_version: str, model_id: str) -> Training:
    """What the service knows of a model; raises `MalformedResult` when the answer is none."""
    url, query = _model(service, api_version, model_id)
    if is_v2(api_version):
        return _get_v2(service, url)
    with service.send("GET", url, params=query) as response:
        return model_of_v3(response)


def delete_model(service: Recognizer, api_version: str, model_id: str) -> bool:
    """Deletes a model at the service; False when it was not there any more."""
    url, query = _model(service, api_version, model_id)
    try:
        with service.send("DELETE", url, params=query):
            return True
    except FormsError as error:
        if error.code in GONE:
            return False
        raise


def _model(service: Recognizer, api_version: str, model_id: str) -> tuple[str, dict[str, str]]:
    if is_v2(api_version):
        return f"{root(service.endpoint, api_version)}/custom/models/{model_id}", {}
    return f"{root(service.endpoint, api_version)}/documentModels/{model_id}", {"api-version": api_version}


def _start(service: Recognizer, api_version: str, path: str, body: dict[str, Any], model_id: str = "") -> Making:
    header, query = ("Location", {}) if is_v2(api_version) else ("Operation-Location", {"api-version": api_version})
    with service.send("POST", f"{root(service.endpoint, api_version)}{path}", params=query, json=body) as response:
        url: str = response.headers.get(header, "")
    if not service.is_ours(url):
        reason = "The service accepted the training and did not say where, at this endpoint, the model is."
        raise MalformedResult(reason)
    return Making(api_version, model_id or url.partition("?")[0].rstrip("/").rpartition("/")[2], url)


def _get_v2(service: Recognizer, url: str) -> Training:
    """The keys of an unlabelled model come only when they are asked for."""
    with service.send("GET", url, params={"includeKeys": "true"}) as response:
        return training_of_v2(response)
