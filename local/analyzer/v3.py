"""REST 2023-07-31 (v3.1) and 2024-11-30 (v4.0): routes, what they check of a document, the answers about its result."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.analyzer import v3models
from local.analyzer.contents import INDEX_TYPES
from local.analyzer.exchange import Response, answer, error, json_object
from local.analyzer.files import check_file
from local.analyzer.jobs import DownloadError, download
from local.analyzer.pageranges import is_page_ranges
from local.analyzer.pages import ImageSizeError, UnreadableFileError
from local.analyzer.routing import Dialect, Route, living_operation
from local.analyzer.store import Operation
from local.analyzer.v2 import dated, unfinished
from local.analyzer.v3errors import BAD, NOT_FOUND, UNSUPPORTED, refusal, wrong_argument

if TYPE_CHECKING:
    from local.analyzer.quota import Action
    from local.analyzer.routing import Call

V3, V4 = "2023-07-31", "2024-11-30"
BOTH, OLDER, NEWER = frozenset({V3, V4}), frozenset({V3}), frozenset({V4})
JSON = "application/json"
CONTENT_TYPES = (
    *("application/octet-stream", "application/pdf", "image/jpeg", "image/png", "image/tiff", "image/bmp"),
    JSON,
)
FEATURES = {
    V3: {"ocrHighResolution", "languages", "barcodes", "formulas", "keyValuePairs", "styleFont"},
    V4: {"ocrHighResolution", "languages", "barcodes", "formulas", "keyValuePairs", "styleFont", "queryFields"},
}
TITLES: dict[Action, str] = {
    "analyze": "Analyze Document",
    "result": "Get Analyze Result",
    "train": "Build Model",
    "model": "Get Model",
    "list": "List Models",
}
MODELS, MODEL = "/documentModels", "/documentModels/(?P<model>[^/:]+)"
RESULT = MODEL + "/analyzeResults/(?P<id>[^/]+)"


@dataclass(frozen=True)
class Source:
    """Where the document is: sent along, behind a URL, or in the JSON itself."""

    url: str | None = None
    content: bytes | None = None


def throttled(action: Action, version: str, tier: str) -> Response:
    """429 in the service's words."""
    message = (
        f"Requests to the {TITLES[action]} Operation under Document Intelligence API ({version}) have exceeded rate "
        f"limit of your current FormRecognizer {tier} pricing tier. Please retry after 1 second."
    )
    return error(429, "429", message)


def disguised(kind: str, action: Action, data: dict[str, Any]) -> dict[str, Any]:
    """A result or a build that never ends, or that failed; a model stays what it is."""
    if action == "model" and "operationId" not in data:
        return data
    told = {name: value for name, value in data.items() if name not in {"analyzeResult", "result", "percentCompleted"}}
    if kind == "never-ending":
        return {**told, "status": "running"}
    return {**told, "status": "failed", "error": {"code": "InternalServerError", "message": "Asked for."}}


def _analyze(call: Call) -> Response:
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        return refusal(UNSUPPORTED, "UnsupportedMediaType", f"Content type '{kind}' is not supported.")
    if not v3models.is_known(call, call.parts["model"]):
        return refusal(NOT_FOUND, "ModelNotFound")
    wrong = _refused_query(call)
    if wrong:
        return wrong
    source = _source(call) if kind == JSON else Source()
    if isinstance(source, Response):
        return source
    size = len(source.content) if source.content is not None else call.request.body.size
    if size > call.jobs.tier.largest:
        return refusal(BAD, "InvalidContentLength")
    return _refused_content(call, source) or _accepted(call, source)


def _refused_query(call: Call) -> Response | None:
    query = call.request.query
    if not is_page_ranges(query.get("pages", "1")):
        return wrong_argument("pages", "it is a list of page numbers and ranges, such as 1-3,5")
    if query.get("stringindextype", INDEX_TYPES[0]) not in INDEX_TYPES:
        return wrong_argument("stringIndexType", f"it is one of {', '.join(INDEX_TYPES)}")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", query.get("locale", "en-US")):
        return wrong_argument("locale", "it is a language tag, such as en-US")
    unknown = _features(call) - FEATURES[call.version]
    if unknown:
        return wrong_argument("features", f"{', '.join(sorted(unknown))} is none of them")
    if query.get("outputcontentformat", "text") != "text" or query.get("output") or query.get("queryfields"):
        return wrong_argument("output", "this offline analyzer gives plain text and answers no queries")
    return None


def _features(call: Call) -> set[str]:
    return {one.strip() for one in call.request.query.get("features", "").split(",") if one.strip()}


def _source(call: Call) -> Source | Response:
    data = json_object(call.request.body) or {}
    url, encoded = data.get("urlSource"), data.get("base64Source")
    if isinstance(url, str) and url and encoded is None:
        return Source(url=url)
    if not isinstance(encoded, str) or url is not None:
        return refusal(BAD, "ParameterMissing", "Exactly one of urlSource and base64Source is required.")
    try:
        return Source(content=base64.b64decode(encoded, validate=True))
    except binascii.Error:
        return refusal(BAD, "InvalidParameter", "The parameter base64Source is invalid: it is not Base64.")


def _refused_content(call: Call, source: Source) -> Response | None:
    if not call.jobs.reads:
        return None
    try:
        content = download(source.url) if source.url else source.content
        check_file(call.request.body.read() if content is None else content)
    except DownloadError:
        return refusal(BAD, "ContentSourceNotAccessible")
    except ImageSizeError:
        return refusal(BAD, "InvalidContentDimensions")
    except UnreadableFileError:
        return refusal(BAD, "InvalidContent")
    return None


def _accepted(call: Call, source: Source) -> Response:
    request, jobs, model = call.request, call.jobs, call.parts["model"]
    prebuilt = v3models.prebuilt_of(call, model)
    operation = Operation(
        id=str(uuid.uuid4()),
        model=None if prebuilt else model,
        created=jobs.clock(),
        due=jobs.due(),
        content=hashlib.sha256(source.content).hexdigest() if source.content is not None else request.body.content,
        details=True,
        pages=request.query.get("pages"),
        url=source.url,
        prebuilt=prebuilt or "layout",
        version=call.version,
        index=request.query.get("stringindextype", INDEX_TYPES[0]),
        pairs=prebuilt == "document" or "keyValuePairs" in _features(call),
    )
    jobs.start_analysis(operation, _document(call, source))
    place = f"documentModels/{model}/analyzeResults/{operation.id}"
    return Response(202, {"Operation-Location": f"{call.url}/{place}?api-version={call.version}"})


def _document(call: Call, source: Source) -> Path | None:
    """The file with the bytes; what was Base64 is written to one."""
    if source.url or not call.jobs.reads:
        return None
    if source.content is None:
        return call.request.body.path
    with tempfile.NamedTemporaryFile(dir=call.jobs.store.incoming, delete=False) as file:
        file.write(source.content)
    return Path(file.name)


def _operation(call: Call) -> Operation | None:
    operation = living_operation(call)
    if operation is None or operation.version.startswith("2."):
        return None
    named = operation.model or f"prebuilt-{operation.prebuilt}"
    return operation if named.lower() == call.parts["model"].lower() else None


def _result(call: Call) -> Response:
    operation = _operation(call)
    if operation is None:
        return refusal(NOT_FOUND, "OperationNotFound")
    result = call.jobs.result_of(operation)
    if result is None:
        waiting = {"retry_after": "1"} if call.version == V4 else {}
        return answer(200, unfinished(operation, call.jobs.clock()), **waiting)
    return Response(200, {"Content-Type": "application/json; charset=utf-8"}, dated(operation, result))


def _delete_result(call: Call) -> Response:
    operation = _operation(call)
    if operation is None:
        return refusal(NOT_FOUND, "OperationNotFound")
    call.jobs.store.delete_operation(operation.id)
    return Response(204)


DIALECT = Dialect(
    (
        Route("POST", MODELS + ":build", "train", v3models.build, BOTH),
        Route("POST", MODELS + ":compose", "train", v3models.compose, BOTH),
        Route("GET", MODELS, "list", v3models.listed, BOTH),
        Route("GET", MODEL, "model", v3models.show, BOTH),
        Route("DELETE", MODEL, "model", v3models.delete, BOTH),
        Route("POST", MODEL + "(:|%3A)analyze", "analyze", _analyze, BOTH),
        Route("GET", RESULT, "result", _result, BOTH),
        Route("DELETE", RESULT, "result", _delete_result, NEWER),
        Route("GET", "/operations", "list", v3models.operations, BOTH),
        Route("GET", "/operations/(?P<id>[^/]+)", "model", v3models.operation, BOTH),
        Route("GET", "/info", "model", v3models.info, BOTH),
    ),
    throttled,
    disguised,
)
