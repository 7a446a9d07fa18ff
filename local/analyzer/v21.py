"""REST v2.1 of the service: its routes, what they check, and the shapes of their answers."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from local.analyzer.exchange import Request, Response, answer, error
from local.analyzer.files import check_file
from local.analyzer.jobs import DownloadError, download
from local.analyzer.pageranges import is_page_ranges
from local.analyzer.pages import ImageSizeError, UnreadableFileError
from local.analyzer.store import Operation, StoredModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.analyzer.jobs import Jobs
    from local.analyzer.quota import Action

PREFIX = "/formrecognizer/v2.1"
NAME = "Form Recognizer API (v2.1)"
CONTENT_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/tiff", "image/bmp", "application/json")
RESULTS_LIVE = 24 * 3600
LONGEST_NAME = 1024
LONGEST_SOURCE = 2048
MODEL_LIMIT = 5000
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
MODEL = re.compile(r"/custom/models/(?P<model>[^/]+)")
ANALYZE = re.compile(r"(/custom/models/(?P<model>[^/]+)|/layout)/analyze", re.IGNORECASE)
RESULT = re.compile(r"(/custom/models/(?P<model>[^/]+)|/layout)/analyzeresults/(?P<id>[^/]+)", re.IGNORECASE)


def action_of(method: str, path: str) -> Action | None:
    """What a call to this path (after the prefix) is, for quotas, faults and counts; None when there is no route."""
    if method == "POST" and ANALYZE.fullmatch(path):
        return "analyze"
    if method == "GET" and RESULT.fullmatch(path):
        return "result"
    if MODELS.fullmatch(path):
        return {"POST": "train", "GET": "list"}.get(method)  # type: ignore[return-value]
    return "model" if method in {"GET", "DELETE"} and MODEL.fullmatch(path) else None


def throttled(action: Action, tier: str) -> Response:
    """429 in the service's words; v2 names the seconds in the message only."""
    message = (
        f"Requests to the {TITLES[action]} Operation under {NAME} have exceeded rate limit of your current "
        f"FormRecognizer {tier} pricing tier. Please retry after 1 second. Please contact Azure support service if you "
        "would like to further increase the default rate limit."
    )
    return error(429, "429", message)


def respond(action: Action | None, path: str, request: Request, jobs: Jobs) -> Response:
    """The answer to a call that is allowed."""
    routes: dict[Action, Callable[[str, Request, Jobs], Response]] = {
        "analyze": _analyze,
        "result": _result,
        "train": _train,
        "model": _model,
        "list": _list,
    }
    return routes[action](path, request, jobs) if action else error(404, "404", NOT_FOUND)


def _analyze(path: str, request: Request, jobs: Jobs) -> Response:
    match = ANALYZE.fullmatch(path)
    model = match["model"] if match else None
    return _refused(model, request, jobs) or _accepted(model, request, jobs)


def _refused(model: str | None, request: Request, jobs: Jobs) -> Response | None:
    """Why the document is not accepted: what both kinds refuse, then what layout refuses at once."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        return error(415, "UnsupportedMediaType", f"Content type '{kind}' is not supported.")
    stored = jobs.store.model(model) if model else None
    if model and (stored is None or _status(stored, jobs) != "ready"):
        return error(400, "1001", f"Specified model not found or not ready, Model Id: {model}")
    if request.body.size > jobs.tier.largest:
        return error(400, "InvalidContentLength", "The input document is too large.")
    if not is_page_ranges(request.query.get("pages", "1")):
        return error(400, "BadArgument", "The pages parameter is not a list of page numbers and ranges.")
    if kind == "application/json":
        return _refused_source(model, request)
    return None if model or not jobs.reads else _refused_content(request.body.read())


def _refused_source(model: str | None, request: Request) -> Response | None:
    source = _source(request)
    if source is None:
        return error(400, "BadArgument", BAD_ARGUMENT)
    if model:
        return None
    if not source.lower().startswith(("http://", "https://")):
        return error(400, "InvalidImageURL", "Image URL is badly formatted.")
    try:
        return _refused_content(download(source))
    except DownloadError:
        return error(400, "FailedToDownloadImage", "Failed to download image from input URL.")


def _refused_content(content: bytes) -> Response | None:
    if not content:
        return error(400, "BadArgument", BAD_ARGUMENT)
    try:
        check_file(content)
    except ImageSizeError:
        return error(400, "InvalidImageDimension", IMAGE_DIMENSION)
    except UnreadableFileError:
        return error(400, "InvalidImage", INVALID_IMAGE)
    return None


def _source(request: Request) -> str | None:
    data = _json(request)
    source = data.get("source") if data else None
    return source if isinstance(source, str) and source else None


def _json(request: Request) -> dict[str, Any] | None:
    try:
        data = json.loads(request.body.read())
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _accepted(model: str | None, request: Request, jobs: Jobs) -> Response:
    is_json = request.headers.get("content-type", "").lower().startswith("application/json")
    operation = Operation(
        id=str(uuid.uuid4()),
        model=model,
        created=jobs.clock(),
        due=jobs.due(),
        content=request.body.content,
        details=request.query.get("includetextdetails", "").lower() == "true",
        pages=request.query.get("pages"),
        url=_source(request) if is_json else None,
    )
    jobs.start_analysis(operation, None if is_json or not jobs.reads else request.body.path)
    place = f"custom/models/{model}/analyzeresults" if model else "layout/analyzeResults"
    return Response(202, {"Operation-Location": f"{request.base}{PREFIX}/{place}/{operation.id}"})


def _result(path: str, _request: Request, jobs: Jobs) -> Response:
    match = RESULT.fullmatch(path)
    operation = jobs.store.operation(match["id"]) if match else None
    known = operation is not None and match is not None and operation.model == match["model"]
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
    return {"createdDateTime": _moment(created), "lastUpdatedDateTime": _moment(updated)}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _train(_path: str, request: Request, jobs: Jobs) -> Response:
    data = _json(request)
    if data is None or not _is_training_request(data):
        return error(400, "1002", "The training request is not valid.")
    if data.get("useLabelFile"):
        return error(400, "1002", "This offline analyzer does not train with labels yet.")
    model = jobs.start_training(data.get("modelName"), data)
    return Response(201, {"Location": f"{request.base}{PREFIX}/custom/models/{model.id}"})


def _is_training_request(data: dict[str, Any]) -> bool:
    source, name, chosen = data.get("source"), data.get("modelName", ""), data.get("sourceFilter") or {}
    prefix = chosen.get("prefix", "") if isinstance(chosen, dict) else None
    texts = ((source, LONGEST_SOURCE), (name or "", LONGEST_NAME), ("" if prefix is None else prefix, LONGEST_NAME))
    return bool(source) and isinstance(chosen, dict) and all(isinstance(t, str) and len(t) <= most for t, most in texts)


def _status(model: StoredModel, jobs: Jobs) -> str:
    """A model stays `creating` as long as an analysis takes at least."""
    return model.status if jobs.clock() >= model.created + jobs.seconds else "creating"


def _model(path: str, request: Request, jobs: Jobs) -> Response:
    match = MODEL.fullmatch(path)
    name = match["model"] if match else ""
    model = jobs.store.model(name)
    if model is None:
        return error(404, "1022", f"Model with 'id={name}' not found.")
    if request.method == "DELETE":
        jobs.store.delete_model(name)
        return Response(204)
    return answer(200, _model_json(model, jobs, keys=request.query.get("includekeys", "").lower() == "true"))


def _model_json(model: StoredModel, jobs: Jobs, *, keys: bool) -> dict[str, Any]:
    info = {"modelInfo": _model_info(model, jobs)}
    if _status(model, jobs) == "creating":
        return info
    clusters = {"keys": {"clusters": _clusters(model)}} if keys else {}
    return {**info, **clusters, "trainResult": {"trainingDocuments": model.documents, "errors": model.errors}}


def _model_info(model: StoredModel, jobs: Jobs) -> dict[str, Any]:
    name = {"modelName": model.name} if model.name is not None else {}
    dates = _dates(model.created, model.updated)
    return {"modelId": model.id, **name, "status": _status(model, jobs), **dates}


def _clusters(model: StoredModel) -> dict[str, list[str]]:
    pages = model.learned["pages"] if model.learned else []
    return {str(number): sorted({key["text"] for key in page["keys"]}) for number, page in enumerate(pages)}


def _list(_path: str, request: Request, jobs: Jobs) -> Response:
    models = jobs.store.models()
    last = max((model.updated for model in models), default=jobs.clock())
    if request.query.get("op", "full") == "summary":
        summary = {"count": len(models), "limit": MODEL_LIMIT, "lastUpdatedDateTime": _moment(last)}
        return answer(200, {"summary": summary})
    return answer(200, {"modelList": [_model_info(model, jobs) for model in models], "nextLink": ""})
