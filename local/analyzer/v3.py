"""REST 2023-07-31 and 2024-11-30 of the service: how documents are analyzed, and the routes of both versions.

Source of codes and words: https://learn.microsoft.com/azure/ai-services/document-intelligence/v3-error-guide.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from local.analyzer import v3models
from local.analyzer.exchange import Call, Response, answer, inner_error, moment
from local.analyzer.intake import RESULTS_LIVE, accept, check_content, content_type_of, decoded, is_http, json_of
from local.analyzer.pageranges import is_page_ranges
from local.analyzer.pages import ImageSizeError, UnreadableFileError
from local.analyzer.prebuilts import PREBUILTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.analyzer.jobs import Jobs
    from local.analyzer.quota import Action
    from local.analyzer.store import Operation

CONTENT_TYPES = ("application/octet-stream", "application/pdf", "image/jpeg", "image/png", "image/tiff", "image/bmp")
JSON = "application/json"
INDEX_TYPES = ("textElements", "unicodeCodePoint", "utf16CodeUnit")
FEATURES = {"ocrHighResolution", "languages", "barcodes", "formulas", "keyValuePairs", "styleFont", "queryFields"}
_OF = r"/documentModels/(?P<model>[^/:]+)"
ANALYZE = re.compile(rf"{_OF}:analyze")
RESULT = re.compile(rf"{_OF}/analyzeResults/(?P<id>[^/]+)", re.IGNORECASE)
Place = tuple["Path | None", str | None]


def action_of(method: str, path: str) -> Action | None:
    """What a call to this path (after the prefix) is, for quotas, faults and counts; None when there is no route."""
    if method == "POST" and ANALYZE.fullmatch(path):
        return "analyze"
    if method in {"GET", "DELETE"} and RESULT.fullmatch(path):
        return "result"
    return v3models.action_of(method, path)


def title_of(version: str, action: Action) -> tuple[str, str]:
    """The operation and the API as the service calls them in its words about quotas."""
    titles = {"analyze": "Analyze Document", "result": "Get Analyze Result"}
    return titles.get(action, "Document Models"), f"Document Intelligence API ({version})"


def respond(call: Call, jobs: Jobs) -> Response:
    """The answer to a call that is allowed."""
    routes: dict[Action, Callable[[Call, Jobs], Response]] = {"analyze": _analyze, "result": _result}
    return routes.get(call.action, v3models.respond)(call, jobs)


def spoilt_result(kind: str, action: Action, data: dict[str, Any]) -> dict[str, Any]:
    """The same answer as if it were `never-ending`, or had `failed`."""
    if action == "model" and "operationId" not in data:
        return data
    told = {name: value for name, value in data.items() if name not in {"analyzeResult", "result", "percentCompleted"}}
    if kind == "never-ending":
        return {**told, "status": "running"}
    return {**told, "status": "failed", "error": {"code": "InternalServerError", "message": "Asked for."}}


def _analyze(call: Call, jobs: Jobs) -> Response:
    match = ANALYZE.fullmatch(call.path)
    model = _model_of(match["model"] if match else "", call.version, jobs)
    if model is None:
        return inner_error(404, "ModelNotFound", "The requested model was not found.")
    wrong = _wrong_option(call)
    if wrong:
        return inner_error(400, "InvalidParameter", f"The parameter {wrong} is invalid.", "InvalidArgument")
    sent = _document(call, jobs)
    if isinstance(sent, Response):
        return sent
    document, url = sent
    operation = accept(call.request, jobs, version=call.version, model=model, document=document, url=url)
    place = f"{call.request.base}{v3models.PREFIXES[call.version]}/documentModels/{model}/analyzeResults/{operation.id}"
    return Response(202, {"Operation-Location": f"{place}?api-version={call.version}"})


def _model_of(name: str, version: str, jobs: Jobs) -> str | None:
    """The model's id, or the prebuilt model's name; None for one that is not there, or not ready."""
    if name.lower().startswith("prebuilt-"):
        return name.lower() if name.lower() in PREBUILTS[version] else None
    model = v3models.known(name, jobs)
    return model.id if model and jobs.status_of(model) == "ready" else None


def _wrong_option(call: Call) -> str | None:
    query = call.request.query
    if query.get("stringindextype", INDEX_TYPES[0]) not in INDEX_TYPES:
        return "stringIndexType"
    if not is_page_ranges(query.get("pages", "1")):
        return "pages"
    asked = {one for one in query.get("features", "").split(",") if one}
    return None if asked <= FEATURES else "features"


def _document(call: Call, jobs: Jobs) -> Place | Response:
    """Where the bytes are: in a file, or at a URL; or why they are not accepted."""
    request, kind = call.request, content_type_of(call.request)
    if kind != JSON and kind not in CONTENT_TYPES:
        return inner_error(415, "UnsupportedMediaType", f"Content type '{kind}' is not supported.")
    if request.body.size > jobs.tier.largest:
        return inner_error(400, "InvalidContentLength", "The input image is too large.")
    if kind != JSON:
        return _checked(request.body.path, jobs)
    data = json_of(request) or {}
    url, text = data.get("urlSource"), data.get("base64Source")
    if isinstance(url, str) and is_http(url):
        return None, url
    document = decoded(request, text) if isinstance(text, str) else None
    if document is None:
        return inner_error(400, "InvalidParameter", "One of urlSource and base64Source is needed.", "InvalidArgument")
    return _checked(document, jobs)


def _checked(document: Path, jobs: Jobs) -> Place | Response:
    try:
        if jobs.reads:
            check_content(document.read_bytes())
    except ImageSizeError:
        return inner_error(400, "InvalidContentDimensions", "The input image dimensions are out of range.")
    except UnreadableFileError:
        return inner_error(400, "InvalidContent", "The file is corrupted or format is unsupported.")
    return document, None


def _result(call: Call, jobs: Jobs) -> Response:
    match = RESULT.fullmatch(call.path)
    operation = jobs.store.operation(match["id"]) if match else None
    known = operation and match and operation.model.lower() == match["model"].lower()
    if operation is None or not known or jobs.clock() - operation.created > RESULTS_LIVE:
        return inner_error(404, "OperationNotFound", "The requested operation was not found or has expired.")
    if call.request.method == "DELETE":
        jobs.store.delete_operation(operation.id)
        return Response(204)
    result = jobs.result_of(operation)
    return _unfinished(operation, call, jobs) if result is None else _finished(operation, result)


def _unfinished(operation: Operation, call: Call, jobs: Jobs) -> Response:
    now = jobs.clock()
    begun = now >= operation.created + (operation.due - operation.created) / 4
    dates = {"createdDateTime": moment(operation.created), "lastUpdatedDateTime": moment(now)}
    response = answer(200, {"status": "running" if begun else "notStarted", **dates})
    # As recorded: 2024-11-30 says so on each answer of an analysis that runs.
    header = {"Retry-After": "1"} if call.version >= "2024" else {}
    return Response(200, {**response.headers, **header}, response.body)


def _finished(operation: Operation, result: bytes) -> Response:
    status, _, rest = result.partition(b", ")
    dates = {"createdDateTime": moment(operation.created), "lastUpdatedDateTime": moment(operation.due)}
    body = status + b", " + json.dumps(dates).encode()[1:-1] + b", " + rest
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, body)
