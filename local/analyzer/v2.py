"""REST v2.0 and v2.1 of the service: their routes, what they check, and the shapes of their answers."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from local.analyzer.exchange import Request, Response, answer, error, moment
from local.analyzer.intake import RESULTS_LIVE, accept, check_content, content_type_of, is_http, json_of
from local.analyzer.jobs import DownloadError, download
from local.analyzer.pageranges import is_page_ranges
from local.analyzer.pages import ImageSizeError, UnreadableFileError
from local.analyzer.prebuilts import PREBUILTS
from local.analyzer.store import Operation, StoredModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.analyzer.exchange import Call
    from local.analyzer.jobs import Jobs
    from local.analyzer.quota import Action

CONTENT_TYPES = {
    "2.0": ("application/pdf", "image/jpeg", "image/png", "image/tiff", "application/json"),
    "2.1": ("application/pdf", "image/jpeg", "image/png", "image/tiff", "image/bmp", "application/json"),
}
LONGEST_NAME = 1024
LONGEST_SOURCE = 2048
MODEL_LIMIT = 5000
PAGE_OF_MODELS = 100
FEWEST_TO_COMPOSE = 2
BAD_ARGUMENT = "Bad or unrecognizable request JSON or binary file."
INVALID_IMAGE = (
    "The file submitted couldn't be parsed. This can be due to one of the following reasons: the file format is not "
    "supported ( Supported formats include JPEG, PNG, BMP, PDF and TIFF), the file is corrupted or password protected."
)
IMAGE_DIMENSION = "The input image dimensions are out of range. They must be from 50 x 50 to 10000 x 10000 pixels."
NOT_FOUND = "Resource not found"
TITLES: dict[Action, str] = {
    "analyze": "Analyze Form",
    "result": "Get Analyze Form Result",
    "train": "Custom Form Model Management - Train Custom Model",
    "model": "Custom Form Model Management - Get Custom Model",
    "list": "Custom Form Model Management - List Custom Models",
}
MODELS = re.compile(r"/custom/models/?")
COMPOSE = re.compile(r"/custom/models/compose")
MODEL = re.compile(r"/custom/models/(?P<model>[^/]+)")
_OF = r"(/custom/models/(?P<model>[^/]+)|/(?P<layout>layout)|/prebuilt/(?P<prebuilt>[^/]+))"
ANALYZE = re.compile(rf"{_OF}/analyze", re.IGNORECASE)
RESULT = re.compile(rf"{_OF}/analyzeresults/(?P<id>[^/]+)", re.IGNORECASE)


def action_of(method: str, path: str) -> Action | None:
    """What a call to this path (after the prefix) is, for quotas, faults and counts; None when there is no route."""
    if method == "POST" and ANALYZE.fullmatch(path):
        return "analyze"
    if method == "GET" and RESULT.fullmatch(path):
        return "result"
    if MODELS.fullmatch(path):
        return {"POST": "train", "GET": "list"}.get(method)  # type: ignore[return-value]
    if COMPOSE.fullmatch(path):
        return "train" if method == "POST" else None
    return "model" if method in {"GET", "DELETE"} and MODEL.fullmatch(path) else None


def title_of(version: str, action: Action) -> tuple[str, str]:
    """The operation and the API as the service calls them in its words about quotas."""
    return TITLES[action], f"Form Recognizer API (v{version})"


def respond(call: Call, jobs: Jobs) -> Response:
    """The answer to a call that is allowed."""
    routes: dict[Action, Callable[[Call, Jobs], Response]] = {
        "analyze": _analyze,
        "result": _result,
        "train": _compose if COMPOSE.fullmatch(call.path) else _train,
        "model": _model,
        "list": _list,
    }
    return routes[call.action](call, jobs)


def spoilt_result(kind: str, action: Action, data: dict[str, Any]) -> dict[str, Any]:
    """The same answer as if it were `never-ending`, or had `failed`."""
    if action == "model":
        return {"modelInfo": {**data["modelInfo"], "status": "creating" if kind == "never-ending" else "invalid"}}
    dates = {name: data[name] for name in ("createdDateTime", "lastUpdatedDateTime")}
    if kind == "never-ending":
        return {"status": "running", **dates, "analyzeResult": None}
    errors = [{"code": "2005", "message": "Unable to read file."}]
    return {"status": "failed", **dates, "analyzeResult": {"version": None, "errors": errors}}


def _prefix(call: Call) -> str:
    return f"{call.request.base}/formrecognizer/v{call.version}"


def _model_of(match: re.Match[str], version: str) -> str | None:
    """A model's id or a prebuilt model's name; None for one that this version has not."""
    if match["model"]:
        return match["model"]
    name = f"prebuilt-{match['prebuilt'] or 'layout'}".lower()
    return name if name in PREBUILTS[version] else None


def _analyze(call: Call, jobs: Jobs) -> Response:
    match = ANALYZE.fullmatch(call.path)
    model = _model_of(match, call.version) if match else None
    if model is None:
        return error(404, "404", NOT_FOUND)
    return _refused(model, call, jobs) or _accepted(model, call, jobs)


def _refused(model: str, call: Call, jobs: Jobs) -> Response | None:
    """Why the document is not accepted: what all models refuse, then what prebuilt models refuse at once."""
    request, kind = call.request, content_type_of(call.request)
    if kind not in CONTENT_TYPES[call.version]:
        return error(415, "UnsupportedMediaType", f"Content type '{kind}' is not supported.")
    is_custom = not model.startswith("prebuilt-")
    stored = _known(model, jobs) if is_custom else None
    if is_custom and (stored is None or jobs.status_of(stored) != "ready"):
        return error(400, "1001", f"Specified model not found or not ready, Model Id: {model}")
    if request.body.size > jobs.tier.largest:
        return error(400, "InvalidContentLength", "The input document is too large.")
    if call.version != "2.0" and not is_page_ranges(request.query.get("pages", "1")):
        return error(400, "BadArgument", "The pages parameter is not a list of page numbers and ranges.")
    if kind == "application/json":
        return _refused_source(request, is_custom=is_custom)
    return None if is_custom or not jobs.reads else _refused_content(request.body.read())


def _known(model_id: str, jobs: Jobs) -> StoredModel | None:
    """The model, if it was made with a version like these."""
    model = jobs.store.model(model_id)
    return model if model and model.version.startswith("2.") else None


def _refused_source(request: Request, *, is_custom: bool) -> Response | None:
    source = _source(request)
    if source is None:
        return error(400, "BadArgument", BAD_ARGUMENT)
    if is_custom:
        return None
    if not is_http(source):
        return error(400, "InvalidImageURL", "Image URL is badly formatted.")
    try:
        return _refused_content(download(source))
    except DownloadError:
        return error(400, "FailedToDownloadImage", "Failed to download image from input URL.")


def _refused_content(content: bytes) -> Response | None:
    if not content:
        return error(400, "BadArgument", BAD_ARGUMENT)
    try:
        check_content(content)
    except ImageSizeError:
        return error(400, "InvalidImageDimension", IMAGE_DIMENSION)
    except UnreadableFileError:
        return error(400, "InvalidImage", INVALID_IMAGE)
    return None


def _source(request: Request) -> str | None:
    source = (json_of(request) or {}).get("source")
    return source if isinstance(source, str) and source else None


def _accepted(model: str, call: Call, jobs: Jobs) -> Response:
    is_json = content_type_of(call.request) == "application/json"
    url = _source(call.request) if is_json else None
    document = None if is_json else call.request.body.path
    operation = accept(call.request, jobs, version=call.version, model=model, document=document, url=url)
    # The service writes the last part in lower case for custom models only.
    kind, _, name = model.partition("-")
    place = f"custom/models/{model}/analyzeresults"
    if kind == "prebuilt":
        place = "layout/analyzeResults" if name == "layout" else f"prebuilt/{name}/analyzeResults"
    return Response(202, {"Operation-Location": f"{_prefix(call)}/{place}/{operation.id}"})


def _result(call: Call, jobs: Jobs) -> Response:
    match = RESULT.fullmatch(call.path)
    operation = jobs.store.operation(match["id"]) if match else None
    known = operation and match and operation.model == _model_of(match, call.version)
    if operation is None or not known or jobs.clock() - operation.created > RESULTS_LIVE:
        return error(404, "NotFound", "The analyze operation was not found or has expired.")
    result = jobs.result_of(operation)
    if result is None:
        return _unfinished(operation, jobs.clock())
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, _dated(operation, result))


def _unfinished(operation: Operation, now: float) -> Response:
    begun = now >= operation.created + (operation.due - operation.created) / 4
    return answer(200, {"status": "running" if begun else "notStarted", **_dates(operation.created, now)})


def _dated(operation: Operation, result: bytes) -> bytes:
    status, _, rest = result.partition(b", ")
    dates = json.dumps(_dates(operation.created, operation.due)).encode()
    return status + b", " + dates[1:-1] + b", " + rest


def _dates(created: float, updated: float) -> dict[str, str]:
    return {"createdDateTime": moment(created), "lastUpdatedDateTime": moment(updated)}


def _train(call: Call, jobs: Jobs) -> Response:
    data = json_of(call.request)
    if data is None or not _is_training_request(data):
        return error(400, "1002", "The training request is not valid.")
    chosen = data.get("sourceFilter") or {}
    files = {
        "source": data["source"],
        "prefix": chosen.get("prefix") or "",
        "subfolders": bool(chosen.get("includeSubFolders")),
        "names": None,
        "labels": bool(data.get("useLabelFile")),
    }
    name = data.get("modelName") if call.version == "2.1" else None
    now = jobs.clock()
    model = StoredModel(str(uuid.uuid4()), call.version, name, "creating", now, now, request=files)
    jobs.start_training(model)
    return Response(201, {"Location": f"{_prefix(call)}/custom/models/{model.id}"})


def _is_training_request(data: dict[str, Any]) -> bool:
    source, name, chosen = data.get("source"), data.get("modelName", ""), data.get("sourceFilter") or {}
    prefix = chosen.get("prefix", "") if isinstance(chosen, dict) else None
    texts = ((source, LONGEST_SOURCE), (name or "", LONGEST_NAME), ("" if prefix is None else prefix, LONGEST_NAME))
    return bool(source) and isinstance(chosen, dict) and all(isinstance(t, str) and len(t) <= most for t, most in texts)


def _compose(call: Call, jobs: Jobs) -> Response:
    if call.version != "2.1":
        return error(404, "404", NOT_FOUND)
    data = json_of(call.request) or {}
    ids = data.get("modelIds")
    if not isinstance(ids, list) or len(ids) < FEWEST_TO_COMPOSE:
        return error(400, "1002", "At least two model ids are needed.")
    models = [_known(str(one), jobs) for one in ids]
    ready = [model for model in models if model and model.is_labelled and jobs.status_of(model) == "ready"]
    if len(ready) < len(ids):
        return error(400, "1001", "A model was not found, is not ready, or was trained without labels.")
    now, name = jobs.clock(), data.get("modelName")
    composed = StoredModel(str(uuid.uuid4()), "2.1", name, "ready", now, now, parts=[str(one) for one in ids])
    jobs.store.save_model(composed)
    return Response(201, {"Location": f"{_prefix(call)}/custom/models/{composed.id}"})


def _model(call: Call, jobs: Jobs) -> Response:
    match = MODEL.fullmatch(call.path)
    name = match["model"] if match else ""
    model = _known(name, jobs)
    if model is None:
        return error(404, "1022", f"Model with 'id={name}' not found.")
    if call.request.method == "DELETE":
        jobs.store.delete_model(name)
        return Response(204)
    keys = call.request.query.get("includekeys", "").lower() == "true"
    return answer(200, _model_json(model, jobs, keys=keys))


def _model_json(model: StoredModel, jobs: Jobs, *, keys: bool) -> dict[str, Any]:
    info = {"modelInfo": _model_info(model, jobs)}
    if jobs.status_of(model) == "creating":
        return info
    if model.parts:
        results = [_train_result(part) for part in map(jobs.store.model, model.parts) if part]
        return {**info, "composedTrainResults": results}
    clusters = {"keys": {"clusters": _clusters(model)}} if keys and not model.is_labelled else {}
    return {**info, **clusters, "trainResult": _train_result(model)}


def _train_result(model: StoredModel) -> dict[str, Any]:
    result: dict[str, Any] = {"trainingDocuments": model.documents, "errors": model.errors}
    if not model.is_labelled or model.learned is None:
        return result
    accuracies: dict[str, float] = model.learned["accuracies"]
    fields = [{"fieldName": name, "accuracy": accuracy} for name, accuracy in accuracies.items()]
    average = sum(accuracies.values()) / len(accuracies) if accuracies else 0.0
    about = {"averageModelAccuracy": round(average, 3), "modelId": model.id}
    return {**about, **result, "fields": fields}


def _model_info(model: StoredModel, jobs: Jobs) -> dict[str, Any]:
    name = {"modelName": model.name} if model.name is not None else {}
    composed = {"attributes": {"isComposed": bool(model.parts)}} if model.version == "2.1" else {}
    dates = _dates(model.created, model.updated)
    return {"modelId": model.id, **name, **composed, "status": jobs.status_of(model), **dates}


def _clusters(model: StoredModel) -> dict[str, list[str]]:
    pages = model.learned["pages"] if model.learned else []
    return {str(number): sorted({key["text"] for key in page["keys"]}) for number, page in enumerate(pages)}


def _list(call: Call, jobs: Jobs) -> Response:
    models = [model for model in jobs.store.models() if model.version.startswith("2.")]
    last = max((model.updated for model in models), default=jobs.clock())
    summary = {"count": len(models), "limit": MODEL_LIMIT, "lastUpdatedDateTime": moment(last)}
    if call.request.query.get("op", "full") == "summary":
        return answer(200, {"summary": summary})
    told = call.request.query.get("nextlink", "")
    first = int(told) if told.isdecimal() else 0
    after = first + PAGE_OF_MODELS
    more = f"{_prefix(call)}/custom/models?op=full&nextLink={after}" if after < len(models) else ""
    listed = [_model_info(model, jobs) for model in models[first:after]]
    return answer(200, {"modelList": listed, "summary": summary, "nextLink": more})
