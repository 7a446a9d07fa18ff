"""Models of REST 2023-07-31 and 2024-11-30: build, compose, list, show, delete, and the operations that make them."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from local.analyzer.exchange import Response, answer, dates, json_object, moment
from local.analyzer.routing import RESULTS_LIVE, one_page
from local.analyzer.store import Build, StoredModel
from local.analyzer.v3errors import BAD, CONFLICT, FORBIDDEN, NOT_FOUND, refusal, wrong_argument

if TYPE_CHECKING:
    from local.analyzer.routing import Call

V4 = "2024-11-30"
PREBUILTS = {
    "read": "Extract text from documents.",
    "layout": "Extract text and layout information from documents.",
    "document": "Extract text, layout information and key-value pairs from documents.",
    "invoice": "Extract key information from invoices.",
    "receipt": "Extract key information from receipts.",
}
GONE_IN_V4 = {"document"}
PREBUILT_SINCE = 1_690_761_600.0  # 2023-07-31
LIVES = 2 * 365 * 24 * 3600
ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._~-]{1,63}")
MODES = ("template", "neural")
STATUSES = {"creating": "running", "ready": "succeeded", "invalid": "failed"}
FREE_BUILDS = 20


def prebuilt_of(call: Call, model_id: str) -> str | None:
    """`invoice` of `prebuilt-invoice`, where this version has it."""
    name = model_id.lower().removeprefix("prebuilt-")
    is_there = model_id.lower().startswith("prebuilt-") and name in PREBUILTS
    return name if is_there and not (call.version == V4 and name in GONE_IN_V4) else None


def is_known(call: Call, model_id: str) -> bool:
    """Whether this model can read."""
    return prebuilt_of(call, model_id) is not None or _ready(call, model_id) is not None


def _ready(call: Call, model_id: str) -> StoredModel | None:
    model = call.jobs.model(model_id, "v3")
    return model if model and model.status == "ready" else None


def build(call: Call) -> Response:
    """202 and an operation; labels are always required."""
    data = json_object(call.request.body)
    if data is None:
        return refusal(BAD, "InvalidParameter", "The request body is not a JSON object.")
    request = _training_request(data)
    if isinstance(request, Response):
        return request
    if data.get("buildMode") not in MODES:
        return wrong_argument("buildMode", f"it is one of {', '.join(MODES)}")
    details = {"buildMode": data["buildMode"], **_details(data)}
    return _refused(call, data) or _started(call, data, "documentModelBuild", "creating", details, request=request)


def _training_request(data: dict[str, Any]) -> dict[str, Any] | Response:
    folder, files = data.get("azureBlobSource"), data.get("azureBlobFileListSource")
    source = files if folder is None else folder
    if not isinstance(source, dict) or (folder is not None and files is not None):
        message = "Exactly one of azureBlobSource and azureBlobFileListSource is required."
        return refusal(BAD, "TrainingContentMissing", message)
    if not str(source.get("containerUrl", "")).lower().startswith(("http://", "https://")):
        return wrong_argument("containerUrl", "it is the URL of a container")
    if folder is None and not source.get("fileList"):
        return wrong_argument("fileList", "it is the name of a blob in the container")
    chosen = {"prefix": source.get("prefix") or "", "list": source.get("fileList")}
    return {"source": source["containerUrl"], "subfolders": True, **chosen}


def compose(call: Call) -> Response:
    """202 and an operation; v4 composes by a classifier, of which there are none here."""
    data = json_object(call.request.body) or {}
    if call.version == V4:
        if not data.get("classifierId") or not data.get("docTypes"):
            return refusal(BAD, "ParameterMissing", "The parameters classifierId and docTypes are required.")
        return refusal(NOT_FOUND, "ModelNotFound", "The requested classifier was not found.")
    wanted = data.get("componentModels")
    ids = [str(one.get("modelId")) for one in wanted if isinstance(one, dict)] if isinstance(wanted, list) else []
    if len(set(ids)) < 2:  # noqa: PLR2004 - one model composes nothing
        return refusal(BAD, "ParameterMissing", "The parameter componentModels names fewer than two models.")
    components = [_ready(call, one) for one in dict.fromkeys(ids)]
    if None in components:
        return refusal(BAD, "ModelNotFound")
    parts = [asdict(part) for model in components if model for part in model.parts]
    details = _details(data)
    return _refused(call, data) or _started(call, data, "documentModelCompose", "ready", details, components=parts)


def _details(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in ("description", "tags") if data.get(name)}


def _refused(call: Call, data: dict[str, Any]) -> Response | None:
    """Why no model of this name can be made."""
    model_id = data.get("modelId")
    if not isinstance(model_id, str) or not ID.fullmatch(model_id):
        return wrong_argument("modelId", f"it has the form ^{ID.pattern}$")
    if model_id.lower().startswith("prebuilt-"):
        return wrong_argument("modelId", "it does not begin with prebuilt-")
    under_way = any(one.model.id == model_id and one.model.status == "creating" for one in call.jobs.store.builds())
    may_replace = call.version == V4 and data.get("allowOverwrite") is True
    if under_way or (not may_replace and call.jobs.store.model(model_id, "v3")):
        return refusal(CONFLICT, "ModelExists")
    return refusal(FORBIDDEN, "MaximumModels") if _count(call) >= call.jobs.tier.models else None


def _count(call: Call) -> int:
    return len(call.jobs.store.models("v3"))


def _started(call: Call, data: dict[str, Any], kind: str, status: Any, details: Any, **more: Any) -> Response:  # noqa: ANN401 - the model's own
    now = call.jobs.clock()
    version = call.version
    model = StoredModel(
        data["modelId"], None, status, now, now, version=version, is_labelled=True, details=details, **more
    )
    made = Build(f"{int(now)}_{uuid.uuid4()}", kind, model)
    call.jobs.start_build(made)
    return Response(202, {"Operation-Location": _operation_url(call, made)})


def _operation_url(call: Call, made: Build) -> str:
    return f"{call.url}/operations/{made.id}?api-version={call.version}"


def operation(call: Call) -> Response:
    """How far a build is, at the end with its model or its error; for a day."""
    made = call.jobs.store.build(call.parts["id"])
    if made is None or not _lives(call, made):
        return refusal(NOT_FOUND, "OperationNotFound")
    told = _operation(call, made)
    model = call.jobs.shown(made.model)
    if model.status == "ready":
        return answer(200, {**told, "result": _model(model)})
    return answer(200, {**told, "error": _failure(model)} if model.status == "invalid" else told)


def operations(call: Call) -> Response:
    """The builds of the last day, newest first."""
    return _page(call, "operations", [_operation(call, one) for one in call.jobs.store.builds() if _lives(call, one)])


def _lives(call: Call, made: Build) -> bool:
    return call.jobs.clock() - made.model.created <= RESULTS_LIVE


def _operation(call: Call, made: Build) -> dict[str, Any]:
    model = call.jobs.shown(made.model)
    done = {"percentCompleted": 100} if model.status == "ready" else {}
    return {
        "operationId": made.id,
        "kind": made.kind,
        "status": STATUSES[model.status],
        **done,
        **dates(model.created, model.updated),
        "resourceLocation": f"{call.url}/documentModels/{model.id}?api-version={call.version}",
        "apiVersion": model.version,
    }


def _failure(model: StoredModel) -> dict[str, Any]:
    code, message = model.errors[0]["code"], model.errors[0]["message"]
    if code == "3014":
        return {"code": "InternalServerError", "message": "An unexpected error occurred."}
    inner = {"code": "ModelBuildError", "message": f"Could not build the model: {message}"}
    if code == "2012":
        inner = {"code": "ContentSourceNotAccessible", "message": f"Content is not accessible: {message}"}
    return {"code": "InvalidRequest", "message": "Invalid request.", "innererror": inner}


def listed(call: Call) -> Response:
    """All models, prebuilt ones first, without their fields."""
    known = [_prebuilt(call, name) for name in PREBUILTS if prebuilt_of(call, f"prebuilt-{name}")]
    trained = [_summary(model) for model in call.jobs.models("v3") if model.status == "ready"]
    return _page(call, "documentModels", [*known, *trained])


def _page(call: Call, place: str, entries: list[Any]) -> Response:
    shown, following = one_page(call, entries)
    link = f"{call.url}/{place}?api-version={call.version}&skip={following}"
    return answer(200, {"value": shown, **({"nextLink": link} if following else {})})


def show(call: Call) -> Response:
    """The model with its fields."""
    prebuilt = prebuilt_of(call, call.parts["model"])
    if prebuilt:
        return answer(200, _prebuilt(call, prebuilt))
    model = _ready(call, call.parts["model"])
    return answer(200, _model(model)) if model else refusal(NOT_FOUND, "ModelNotFound")


def delete(call: Call) -> Response:
    """204; prebuilt models stay."""
    if prebuilt_of(call, call.parts["model"]):
        return refusal(BAD, "ModelReadOnly")
    deleted = call.jobs.store.delete_model(call.parts["model"], "v3")
    return Response(204) if deleted else refusal(NOT_FOUND, "ModelNotFound")


def info(call: Call) -> Response:
    """How many models there are, and may be."""
    told: dict[str, Any] = {"customDocumentModels": {"count": _count(call), "limit": call.jobs.tier.models}}
    if call.version != V4:
        renewed = moment(call.jobs.clock() + 30 * 24 * 3600)
        quota = {"used": 0, "quota": FREE_BUILDS, "quotaResetDateTime": renewed}
        told["customNeuralDocumentModelBuilds"] = quota
    return answer(200, told)


def _prebuilt(call: Call, name: str) -> dict[str, Any]:
    since = {"createdDateTime": moment(PREBUILT_SINCE), "apiVersion": call.version}
    return {"modelId": f"prebuilt-{name}", "description": PREBUILTS[name], **since}


def _summary(model: StoredModel) -> dict[str, Any]:
    told = {name: value for name, value in model.details.items() if name != "buildMode" or model.version == V4}
    times = {"createdDateTime": moment(model.created), "expirationDateTime": moment(model.created + LIVES)}
    return {"modelId": model.id, **told, **times, "apiVersion": model.version}


def _model(model: StoredModel) -> dict[str, Any]:
    return {**_summary(model), "docTypes": {part.id: _document_type(part) for part in model.parts}}


def _document_type(part: StoredModel) -> dict[str, Any]:
    schema = {one["name"]: one["schema"] for one in part.fields}
    confidence = {one["name"]: one["accuracy"] for one in part.fields}
    return {"buildMode": part.details.get("buildMode"), "fieldSchema": schema, "fieldConfidence": confidence}
