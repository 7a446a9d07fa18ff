"""REST 2023-07-31 and 2024-11-30 of the service: models are built, composed, listed, shown and deleted."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from local.analyzer.exchange import Call, Response, answer, inner_error, moment
from local.analyzer.intake import json_of
from local.analyzer.prebuilts import PREBUILTS
from local.analyzer.store import StoredModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.analyzer.jobs import Jobs
    from local.analyzer.quota import Action

PREFIXES = {"2023-07-31": "/formrecognizer", "2024-11-30": "/documentintelligence"}
MODEL_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._~-]{1,63}")
MODEL_LIMIT, NEURAL_LIMIT = 5000, 20
PAGE_OF_MODELS = 100
LIFE_SECONDS = 2 * 365 * 24 * 3600
"""How long a model may be used, as in recorded answers."""

MODELS, INFO, OPERATIONS = "/documentModels", "/info", "/operations"
BUILD, COMPOSE = "/documentModels:build", "/documentModels:compose"
MODEL = re.compile(r"/documentModels/(?P<model>[^/:]+)")
OPERATION = re.compile(r"/operations/(?P<id>[^/]+)")


def action_of(method: str, path: str) -> Action | None:
    """What a call to this path (after the prefix) is; None when there is no route."""
    if path in {BUILD, COMPOSE}:
        return "train" if method == "POST" else None
    if path in {MODELS, INFO, OPERATIONS}:
        return "list" if method == "GET" else None
    if OPERATION.fullmatch(path):
        return "model" if method == "GET" else None
    return "model" if method in {"GET", "DELETE"} and MODEL.fullmatch(path) else None


def respond(call: Call, jobs: Jobs) -> Response:
    """The answer to a call that is allowed."""
    routes: dict[str, Callable[[Call, Jobs], Response]] = {
        BUILD: _build,
        COMPOSE: _compose,
        MODELS: _list,
        INFO: _info,
        OPERATIONS: _operations,
    }
    if call.path in routes:
        return routes[call.path](call, jobs)
    return (_operation if OPERATION.fullmatch(call.path) else _model)(call, jobs)


def known(model_id: str, jobs: Jobs) -> StoredModel | None:
    """The model, if it was made with a version like these."""
    model = jobs.store.model(model_id)
    return model if model and not model.version.startswith("2.") else None


def _build(call: Call, jobs: Jobs) -> Response:
    data = json_of(call.request) or {}
    files = _files(data)
    wrong = _wrong_model(data, jobs)
    if wrong or files is None or data.get("buildMode") not in {"template", "neural"}:
        return wrong or _invalid("modelId, buildMode and azureBlobSource or azureBlobFileListSource are needed.")
    model = _new(call, data, jobs, "creating", request=files)
    jobs.start_training(model)
    return Response(202, {"Operation-Location": _location(call, model)})


def _wrong_model(data: dict[str, Any], jobs: Jobs) -> Response | None:
    model_id = data.get("modelId")
    if not isinstance(model_id, str) or not MODEL_ID.fullmatch(model_id) or model_id.startswith("prebuilt-"):
        return _invalid("The modelId is invalid.")
    taken = jobs.store.model(model_id)
    if taken and taken.status != "invalid" and not data.get("allowOverwrite"):
        return inner_error(409, "ModelExists", "A model with the provided name already exists.", "Conflict")
    return None


def _files(data: dict[str, Any]) -> dict[str, Any] | None:
    """Which blobs to learn from; None when that is not said as it should be."""
    folder, chosen = data.get("azureBlobSource"), data.get("azureBlobFileListSource")
    source = folder or chosen
    if not isinstance(source, dict) or not isinstance(source.get("containerUrl"), str):
        return None
    # Of a list, the file itself would have to be read; what it names lies beside it.
    prefix = (source.get("fileList") or "").rpartition("/")[0] if chosen else source.get("prefix") or ""
    return {
        "source": source["containerUrl"],
        "prefix": prefix,
        "subfolders": False,
        "names": None,
        "labels": True,
    }


def _compose(call: Call, jobs: Jobs) -> Response:
    data = json_of(call.request) or {}
    if call.version >= "2024":
        return _invalid("classifierId and docTypes are needed; this analyzer has no classifiers.")
    parts = [known(str(one.get("modelId")), jobs) for one in data.get("componentModels") or [] if isinstance(one, dict)]
    ready = [part.id for part in parts if part and part.is_labelled and jobs.status_of(part) == "ready"]
    wrong = _wrong_model(data, jobs)
    if wrong or not ready or len(ready) < len(parts):
        return wrong or inner_error(404, "ModelNotFound", "A component model was not found.")
    model = _new(call, data, jobs, "ready", parts=ready)
    jobs.store.save_model(model)
    return Response(202, {"Operation-Location": _location(call, model)})


def _new(call: Call, data: dict[str, Any], jobs: Jobs, status: Any, **others: Any) -> StoredModel:  # noqa: ANN401
    told = {name: data[name] for name in ("description", "tags", "buildMode") if data.get(name)}
    now, operation = jobs.clock(), f"31442706784_{uuid.uuid4()}"
    return StoredModel(data["modelId"], call.version, None, status, now, now, operation=operation, told=told, **others)


def _location(call: Call, model: StoredModel) -> str:
    return f"{_prefix(call)}/operations/{model.operation}?api-version={call.version}"


def _prefix(call: Call) -> str:
    return f"{call.request.base}{PREFIXES[call.version]}"


def _invalid(message: str) -> Response:
    return inner_error(400, "InvalidParameter", message, "InvalidArgument")


def _made(jobs: Jobs) -> list[StoredModel]:
    return [model for model in jobs.store.models() if not model.version.startswith("2.")]


def _list(call: Call, jobs: Jobs) -> Response:
    ready = [model for model in _made(jobs) if jobs.status_of(model) == "ready"]
    trained = [_summary(model) for model in ready]
    prebuilts = [
        {"modelId": name, "description": "Prebuilt.", "createdDateTime": "2023-07-31T00:00:00Z"}
        for name in PREBUILTS[call.version]
    ]
    return answer(200, _paged(call, MODELS, [*trained, *prebuilts]))


def _paged(call: Call, path: str, every: list[dict[str, Any]]) -> dict[str, Any]:
    told = call.request.query.get("nextlink", "")
    first = int(told) if told.isdecimal() else 0
    after = first + PAGE_OF_MODELS
    more = {"nextLink": f"{_prefix(call)}{path}?api-version={call.version}&nextLink={after}"}
    return {"value": every[first:after], **(more if after < len(every) else {})}


def _info(call: Call, jobs: Jobs) -> Response:
    limits = {"customDocumentModels": {"count": len(_made(jobs)), "limit": MODEL_LIMIT}}
    neural = {"used": 0, "quota": NEURAL_LIMIT, "quotaResetDateTime": moment(jobs.clock() + LIFE_SECONDS)}
    name = "customNeuralDocumentModelBuilds"
    return answer(200, limits if call.version >= "2024" else {**limits, name: neural})


def _operations(call: Call, jobs: Jobs) -> Response:
    return answer(200, _paged(call, OPERATIONS, [_told(model, call, jobs) for model in _made(jobs)]))


def _operation(call: Call, jobs: Jobs) -> Response:
    match = OPERATION.fullmatch(call.path)
    model = next((one for one in _made(jobs) if match and one.operation == match["id"]), None)
    if model is None:
        return inner_error(404, "OperationNotFound", "The requested operation was not found.")
    told, status = _told(model, call, jobs), jobs.status_of(model)
    if status == "ready":
        told["result"] = _details(model, jobs)
    if status == "invalid":
        words = model.errors[0]["message"] if model.errors else "The model could not be built."
        inner = {"code": "ModelBuildError", "message": words}
        told["error"] = {"code": "InvalidRequest", "message": "Invalid request.", "innererror": inner}
    return answer(200, told)


def _told(model: StoredModel, call: Call, jobs: Jobs) -> dict[str, Any]:
    states = {"creating": "running", "ready": "succeeded", "invalid": "failed"}
    status = states[jobs.status_of(model)]
    return {
        "operationId": model.operation,
        "kind": "documentModelCompose" if model.parts else "documentModelBuild",
        "status": status,
        **({"percentCompleted": 100} if status == "succeeded" else {}),
        "createdDateTime": moment(model.created),
        "lastUpdatedDateTime": moment(model.updated),
        "resourceLocation": f"{_prefix(call)}/documentModels/{model.id}?api-version={call.version}",
        "apiVersion": model.version,
    }


def _model(call: Call, jobs: Jobs) -> Response:
    match = MODEL.fullmatch(call.path)
    name = match["model"] if match else ""
    if name in PREBUILTS[call.version] and call.request.method == "GET":
        return answer(200, {"modelId": name, "description": "Prebuilt.", "createdDateTime": "2023-07-31T00:00:00Z"})
    model = known(name, jobs)
    if model is None or jobs.status_of(model) != "ready":
        return inner_error(404, "ModelNotFound", "The requested model was not found.")
    if call.request.method == "DELETE":
        jobs.store.delete_model(name)
        return Response(204)
    return answer(200, _details(model, jobs))


def _summary(model: StoredModel) -> dict[str, Any]:
    about = {name: value for name, value in model.told.items() if name != "buildMode"}
    dates = {
        "createdDateTime": moment(model.created),
        "expirationDateTime": moment(model.created + LIFE_SECONDS),
    }
    return {"modelId": model.id, **about, **dates, "apiVersion": model.version}


def _details(model: StoredModel, jobs: Jobs) -> dict[str, Any]:
    parts = [part for part in map(jobs.store.model, model.parts) if part] or [model]
    return {**_summary(model), "docTypes": {part.id: _doc_type(part) for part in parts}}


def _doc_type(model: StoredModel) -> dict[str, Any]:
    learned: dict[str, Any] = model.learned or {"fields": [], "accuracies": {}}
    schema = {field["name"]: _schema(field) for field in learned["fields"]}
    mode = {"buildMode": model.told["buildMode"]} if "buildMode" in model.told else {}
    return {**mode, "fieldSchema": schema, "fieldConfidence": learned["accuracies"]}


def _schema(field: dict[str, Any]) -> dict[str, Any]:
    if field["type"] == "array":
        return {"type": "array", "items": {"type": "object", "properties": _properties(field)}}
    return {"type": field["type"], **({"properties": _properties(field)} if field["type"] == "object" else {})}


def _properties(field: dict[str, Any]) -> dict[str, Any]:
    return {part["name"]: _schema(part) for part in field["parts"]}
