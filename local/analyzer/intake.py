"""What every version checks of a document that is sent, or of the URL of one."""

from __future__ import annotations

import base64
import json
import uuid
from typing import TYPE_CHECKING, Any

from local.analyzer.files import check_file
from local.analyzer.store import Operation

if TYPE_CHECKING:
    from pathlib import Path

    from local.analyzer.exchange import Request
    from local.analyzer.jobs import Jobs

RESULTS_LIVE = 24 * 3600


def json_of(request: Request) -> dict[str, Any] | None:
    """The JSON object that was sent; None when it is none."""
    try:
        data = json.loads(request.body.read())
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def content_type_of(request: Request) -> str:
    """The Content-Type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_http(url: str) -> bool:
    """Whether the URL is one that a document can be fetched from."""
    return url.lower().startswith(("http://", "https://"))


def check_content(content: bytes) -> None:
    """Raises UnreadableFileError, or ImageSizeError, for what is no readable file."""
    check_file(content)


def accept(
    request: Request, jobs: Jobs, *, version: str, model: str, document: Path | None = None, url: str | None = None
) -> Operation:
    """Begins an analysis of the bytes in `document`, or of those at the URL."""
    operation = Operation(
        id=str(uuid.uuid4()),
        version=version,
        model=model,
        created=jobs.clock(),
        due=jobs.due(),
        content=request.body.content,
        options=dict(request.query),
        url=url,
    )
    jobs.start_analysis(operation, document if jobs.reads else None)
    return operation


def decoded(request: Request, text: str) -> Path | None:
    """The document in base64, written in the place of the request's body; None when it is no base64."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    request.body.path.write_bytes(content)
    return request.body.path
