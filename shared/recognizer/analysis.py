"""Analyze a document and get the result (swagger `AnalyzeWithCustomModel`, later `AnalyzeDocument`)."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import ijson

from shared.backoff import LONGEST_ANALYSIS
from shared.errors import MalformedResult, Never
from shared.recognizer.refusals import code_and_message, seconds_to_wait
from shared.versions import analyze_request

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from shared.recognizer.http import Recognizer

ACCEPTED = 202
_PIECE_BYTES = 1024 * 1024
_HEAD_BYTES = 1024 * 1024
_DEEPEST = 100
_LONGEST_VALUE = 64
"""Pieces without a sign of what they hold: one text, number or blank so long is in no result, and would fill memory."""

_MOST_PIECES = 1024
_LONGEST_URL = 2048
_TIMES = ("createdDateTime", "lastUpdatedDateTime")
_MEMBERS = ("status", *_TIMES)
_OPENS = ("start_map", "start_array")
_CLOSES = ("end_map", "end_array")


@dataclass(frozen=True, slots=True)
class Answer:
    """How an operation stands. `code` and `message` say why it failed; `retry_after` and `took` are in seconds."""

    status: Literal["pending", "succeeded", "failed"]
    code: str = ""
    message: str = ""
    retry_after: int | None = None
    took: float | None = None
    """How long the analysis took by the service's own clock, if it says so."""


def start_analysis(
    service: Recognizer, api_version: str, model_id: str, content_type: str, content: Iterable[bytes]
) -> str:
    """Has the service read `content`; returns the operation's URL. Every accepted call is paid for.

    Raises what `Recognizer.send` raises; `Never` with `NoOperation` when the service accepted and did not say where the
    answer will be, because asking again would pay again.
    """
    url, query = analyze_request(service.endpoint, api_version, model_id)
    with service.send("POST", url, params=query, headers={"Content-Type": content_type}, data=content) as response:
        operation_url = response.headers.get("Operation-Location", "")
        if response.status_code == ACCEPTED and service.is_ours(operation_url) and len(operation_url) <= _LONGEST_URL:
            return operation_url
    reason = (
        f"The service answered {response.status_code} and the Operation-Location {operation_url[:200]!r}, which is not "
        f"at {service.endpoint}; the analysis may be paid for and its result cannot be fetched."
    )
    raise Never("NoOperation", reason, refused=False)


def get_result(service: Recognizer, operation_url: str, keep: Callable[[bytes], None]) -> Answer:
    """Asks how the operation stands; every piece of the answer's body is passed to `keep` as it comes.

    Raises what `Recognizer.send` raises, also when the connection breaks in the middle of the body, and
    `MalformedResult` when that is whole and absurdly deep or long, or no JSON object with a `status`.
    """
    with service.send("GET", operation_url) as response:
        retry_after = seconds_to_wait(response.headers)
        found, head = _read_through(response.iter_content(_PIECE_BYTES), keep)
    status = found.get("status", "").casefold()
    if not status:
        raise MalformedResult("The service's answer has no status.")
    if status == "failed":
        return Answer("failed", *_reason(head))
    if status == "succeeded":
        return Answer("succeeded", took=_seconds(*(found.get(one, "") for one in _TIMES)))
    return Answer("pending", retry_after=retry_after)


def _read_through(pieces: Iterable[bytes], keep: Callable[[bytes], None]) -> tuple[dict[str, str], bytes]:
    """The answer's own `status` and times, and its first bytes, read while the pieces pass by to `keep`."""
    heard = _Heard()
    head, silent = b"", 0
    parser = ijson.basic_parse_coro(_listen(heard), use_float=True)
    try:
        for number, piece in enumerate(pieces):
            parser.send(piece if head else piece.removeprefix(codecs.BOM_UTF8))
            silent, heard.anything = 0 if heard.anything else silent + 1, False
            if silent > _LONGEST_VALUE or number > _MOST_PIECES:
                raise MalformedResult("The service's answer, or one value in it, is longer than any result.")
            keep(piece)
            head = head if len(head) > _HEAD_BYTES else head + piece
        parser.close()
    except ijson.JSONError as error:
        # The parser's own words quote the document, which must not reach a log.
        reason = f"The service's answer is not whole JSON ({type(error).__name__})."
        raise MalformedResult(reason) from None
    return heard.members, head


@dataclass(slots=True)
class _Heard:
    """What the parser came across: the members that count, and whether anything since this was last cleared."""

    members: dict[str, str] = field(default_factory=dict)
    anything: bool = False


@ijson.coroutine  # type: ignore[untyped-decorator]
def _listen(heard: _Heard) -> Generator[None, tuple[str, object], None]:
    depth, key = 0, ""
    while True:
        event, value = yield
        heard.anything = True
        if event in _OPENS:
            depth += 1
            if depth > _DEEPEST:
                reason = f"The service's answer is nested more than {_DEEPEST} levels deep."
                raise MalformedResult(reason)
        elif event in _CLOSES:
            depth -= 1
        elif depth == 1 and event == "map_key":
            key = str(value)
        elif depth == 1 and key in _MEMBERS and event == "string":
            heard.members[key] = str(value)


def _seconds(created: str, updated: str) -> float | None:
    """From one time of the service to a later one of the same day; a time without a zone is UTC."""
    try:
        first, last = (datetime.fromisoformat(time) for time in (created, updated))
        seconds = (_in_utc(last) - _in_utc(first)).total_seconds()
    except ValueError:
        return None
    return seconds if 0 <= seconds <= LONGEST_ANALYSIS else None


def _in_utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _reason(body: bytes) -> tuple[str, str]:
    """Why it failed: the first of v2's `analyzeResult.errors`, or the later `error`, innermost first."""
    try:
        answer = json.loads(body)
        errors = (answer.get("analyzeResult") or {}).get("errors") or [answer.get("error")]
        code, message = code_and_message(json.dumps({"error": errors[0]}).encode())
    except (ValueError, KeyError, AttributeError, TypeError):
        code = message = ""
    return code or "AnalysisFailed", message or "The service could not read it and gave no reason."
