"""REST v2.0 and v2.1 of the service: its routes, what they check of a document, and the answers about its result."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from local.analyzer import v2models
from local.analyzer.exchange import Response, answer, dates, error, json_object
from local.analyzer.files import check_file
from local.analyzer.jobs import DownloadError, download
from local.analyzer.pageranges import is_page_ranges
from local.analyzer.pages import ImageSizeError, UnreadableFileError
from local.analyzer.routing import Dialect, Route, living_operation
from local.analyzer.store import Operation

if TYPE_CHECKING:
    from local.analyzer.quota import Action
    from local.analyzer.routing import Call

BOTH, NEWER = frozenset({"2.0", "2.1"}), frozenset({"2.1"})
CONTENT_TYPES = ("application/pdf", "image/jpeg", "image/png", "image/tiff", "application/json")
LOCALES = ("en-AU", "en-CA", "en-GB", "en-IN", "en-US")
BAD_ARGUMENT = "Bad or unrecognizable request JSON or binary file."
INVALID_IMAGE = (
    "The file submitted couldn't be parsed. This can be due to one of the following reasons: the file format is not "
    "supported ( Supported formats include JPEG, PNG, BMP, PDF and TIFF), the file is corrupted or password protected."
)
IMAGE_DIMENSION = "The input image dimensions are out of range. They must be from 50 x 50 to 10000 x 10000 pixels."
EXPIRED = "The analyze operation was not found or has expired."
TITLES: dict[Action, str] = {
    "analyze": "Analyze Form",
    "result": "Get Analyze Form Result",
    "train": "Custom Form Model Management - Train Custom Model",
    "model": "Custom Form Model Management - Get Custom Model",
    "list": "Custom Form Model Management - List Custom Models",
}
CUSTOM, MODEL = r"/custom/models", r"/custom/models/(?P<model>[^/]+)"
RESULTS = r"/analyzeresults/(?P<id>[^/]+)"


def throttled(action: Action, version: str, tier: str) -> Response:
    """429 in the service's words; v2 names the seconds in the message only."""
    message = (
        f"Requests to the {TITLES[action]} Operation under Form Recognizer API (v{version}) have exceeded rate limit "
        f"of your current FormRecognizer {tier} pricing tier. Please retry after 1 second. Please contact Azure "
        "support service if you would like to further increase the default rate limit."
    )
    return error(429, "429", message)


def disguised(kind: str, action: Action, data: dict[str, Any]) -> dict[str, Any]:
    """A result or a model that never ends, or that failed."""
    if action == "model":
        return {"modelInfo": {**data["modelInfo"], "status": "creating" if kind == "never-ending" else "invalid"}}
    times = {name: data[name] for name in ("createdDateTime", "lastUpdatedDateTime")}
    if kind == "never-ending":
        return {"status": "running", **times, "analyzeResult": None}
    errors = [{"code": "2005", "message": "Unable to read file."}]
    return {"status": "failed", **times, "analyzeResult": {"version": None, "errors": errors}}


def _analyze(call: Call) -> Response:
    return _refused(call) or _accepted(call)


def _refused(call: Call) -> Response | None:
    """Why the document is not accepted: what all models refuse, then what layout and prebuilt ones refuse at once."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES and not (kind == "image/bmp" and call.version != "2.0"):
        return error(415, "UnsupportedMediaType", f"Content type '{kind}' is not supported.")
    model = call.parts.get("model")
    if model and v2models.usable(call, model) is None:
        return error(400, "1001", f"Specified model not found or not ready, Model Id: {model}")
    if call.request.body.size > call.jobs.tier.largest:
        return _error(call, "InvalidContentLength", "The input document is too large.")
    wrong = _refused_query(call)
    if wrong:
        return wrong
    if kind == "application/json":
        return _refused_source(call)
    return None if model or not call.jobs.reads else _refused_content(call, call.request.body.read())


def _refused_query(call: Call) -> Response | None:
    query = call.request.query
    if query.get("includetextdetails", "false").lower() not in {"true", "false"}:
        return _error(call, "BadArgument", "The includeTextDetails parameter is neither true nor false.")
    if call.version == "2.0":
        return None
    if not is_page_ranges(query.get("pages", "1")):
        return _error(call, "BadArgument", "The pages parameter is not a list of page numbers and ranges.")
    if "prebuilt" in call.parts and query.get("locale", LOCALES[0]) not in LOCALES:
        known = f"{', '.join(LOCALES[:-1])} and {LOCALES[-1]}"
        return _error(call, "UnsupportedLocale", f"Locale unsupported. Supported locales include {known}.")
    return _refused_layout_query(call) if _is_layout(call) else None


def _refused_layout_query(call: Call) -> Response | None:
    query = call.request.query
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", query.get("language", "en")):
        message = "The requested operation is not supported in the language specified."
        return _error(call, "NotSupportedLanguage", message)
    if query.get("readingorder", "basic") not in {"basic", "natural"}:
        return _error(call, "BadArgument", "The readingOrder parameter is neither basic nor natural.")
    return None


def _refused_source(call: Call) -> Response | None:
    source = _source(call)
    if source is None:
        return _error(call, "BadArgument", BAD_ARGUMENT)
    is_url = source.lower().startswith(("http://", "https://"))
    if "model" in call.parts:
        return None if is_url else error(400, "1003", "Parameter 'Source' is not a valid Uri.")
    if not is_url:
        return _error(call, "InvalidImageURL", "Image URL is badly formatted.")
    try:
        return _refused_content(call, download(source))
    except DownloadError:
        return _error(call, "FailedToDownloadImage", "Failed to download image from input URL.")


def _refused_content(call: Call, content: bytes) -> Response | None:
    if not content:
        return _error(call, "BadArgument", BAD_ARGUMENT)
    try:
        check_file(content)
    except ImageSizeError:
        return _error(call, "InvalidImageDimension", IMAGE_DIMENSION)
    except UnreadableFileError:
        return _error(call, "InvalidImage", INVALID_IMAGE)
    return None


def _error(call: Call, code: str, message: str) -> Response:
    """400; all but the layout of v2.1 name the request."""
    named = call.version == "2.0" or not _is_layout(call)
    return error(400, code, message, request_id=str(uuid.uuid4()) if named else None)


def _is_layout(call: Call) -> bool:
    return not {"model", "prebuilt"} & set(call.parts)


def _source(call: Call) -> str | None:
    data = json_object(call.request.body) or {}
    source = data.get("source")
    return source if isinstance(source, str) and source else None


def _accepted(call: Call) -> Response:
    request, jobs, model = call.request, call.jobs, call.parts.get("model")
    is_json = request.headers.get("content-type", "").lower().startswith("application/json")
    prebuilt = call.parts.get("prebuilt", "layout").lower()
    operation = Operation(
        id=str(uuid.uuid4()),
        model=model,
        created=jobs.clock(),
        due=jobs.due(),
        content=request.body.content,
        details=call.is_true("includetextdetails"),
        pages=request.query.get("pages") if call.version != "2.0" else None,
        url=_source(call) if is_json else None,
        prebuilt=prebuilt,
        version=call.version,
    )
    jobs.start_analysis(operation, None if is_json or not jobs.reads else request.body.path)
    if model:
        place = f"custom/models/{model}/analyzeresults"
    else:
        place = f"{'layout' if prebuilt == 'layout' else f'prebuilt/{prebuilt}'}/analyzeResults"
    return Response(202, {"Operation-Location": f"{call.url}/{place}/{operation.id}"})


def _result(call: Call) -> Response:
    operation = living_operation(call)
    asked = call.parts.get("model"), call.parts.get("prebuilt", "layout").lower()
    if operation is None or (operation.model, operation.prebuilt) != asked:
        return error(404, "NotFound", EXPIRED)
    if not operation.version.startswith("2."):
        return error(404, "NotFound", EXPIRED)
    result = call.jobs.result_of(operation)
    if result is None:
        return answer(200, unfinished(operation, call.jobs.clock()))
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, dated(operation, result))


def unfinished(operation: Operation, now: float) -> dict[str, Any]:
    """The answer as long as there is no result."""
    begun = now >= operation.created + (operation.due - operation.created) / 4
    return {"status": "running" if begun else "notStarted", **dates(operation.created, now)}


def dated(operation: Operation, result: bytes) -> bytes:
    """A stored result with the times of its operation, after the status."""
    status, _, rest = result.partition(b", ")
    times = json.dumps(dates(operation.created, operation.due)).encode()
    return status + b", " + times[1:-1] + b", " + rest


DIALECT = Dialect(
    (
        Route("POST", CUSTOM + "/?", "train", v2models.train, BOTH),
        Route("GET", CUSTOM + "/?", "list", v2models.listed, BOTH),
        Route("POST", CUSTOM + "/compose", "train", v2models.compose, NEWER),
        Route("GET", MODEL, "model", v2models.show, BOTH),
        Route("DELETE", MODEL, "model", v2models.delete, BOTH),
        Route("POST", MODEL + "/analyze", "analyze", _analyze, BOTH),
        Route("GET", MODEL + RESULTS, "result", _result, BOTH),
        Route("POST", "/layout/analyze", "analyze", _analyze, BOTH),
        Route("GET", "/layout" + RESULTS, "result", _result, BOTH),
        Route("POST", "/prebuilt/(?P<prebuilt>receipt)/analyze", "analyze", _analyze, BOTH),
        Route("GET", "/prebuilt/(?P<prebuilt>receipt)" + RESULTS, "result", _result, BOTH),
        Route("POST", "/prebuilt/(?P<prebuilt>invoice)/analyze", "analyze", _analyze, NEWER),
        Route("GET", "/prebuilt/(?P<prebuilt>invoice)" + RESULTS, "result", _result, NEWER),
    ),
    throttled,
    disguised,
)
