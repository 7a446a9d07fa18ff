"""One analysis as the REST client sees it: starting it, and reading how it stands while the answer passes by."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from requests import Response

from shared.errors import MalformedResult, Never
from shared.recognizer.analysis import Answer, get_result, start_analysis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.recognizer.http import Recognizer

ROOT = Path(__file__).parents[2]
OURS = "https://forms.example"
OPERATION = f"{OURS}/formrecognizer/v2.1/layout/analyzeResults/1f"
SECRET = "Jane Doe owes 4,711.00"


@dataclass
class FakeService:
    """Gives one answer to everything, and keeps what it was asked."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)
    endpoint: str = OURS

    def is_ours(self, url: str) -> bool:
        """Whether a URL is at the endpoint."""
        return url.startswith(f"{OURS}/")

    @contextmanager
    def send(self, method: str, url: str, **rest: object) -> Iterator[Response]:
        """Answers."""
        self.asked.append((method, url))
        self.sent = rest
        response = Response()
        response.status_code = self.status
        response.headers.update(self.headers)
        response.raw = io.BytesIO(self.body)
        yield response


def asked(body: bytes | dict[str, object], headers: dict[str, str] | None = None) -> tuple[Answer, bytes]:
    """What `get_result` says of an answer, and what it passed on."""
    whole = body if isinstance(body, bytes) else json.dumps(body).encode()
    kept = bytearray()
    service = cast("Recognizer", FakeService(body=whole, headers=headers or {}))
    return get_result(service, OPERATION, kept.extend), bytes(kept)


def started(service: FakeService, model_id: str = "prebuilt-layout", content: bytes = b"%PDF-1.7") -> str:
    """What `start_analysis` returns."""
    return start_analysis(cast("Recognizer", service), "2.1", model_id, "application/pdf", [content])


@pytest.mark.parametrize(
    ("model_id", "path", "params"),
    [
        pytest.param("prebuilt-layout", "/layout/analyze", {}, id="layout"),
        pytest.param("prebuilt-receipt", "/prebuilt/receipt/analyze", {"includeTextDetails": "true"}, id="receipt"),
        pytest.param("prebuilt-idDocument", "/prebuilt/idDocument/analyze", {"includeTextDetails": "true"}, id="id"),
        pytest.param(
            "8d1f0e6a-2b1c-4c55-9d62-0a3f7b1c9e10",
            "/custom/models/8d1f0e6a-2b1c-4c55-9d62-0a3f7b1c9e10/analyze",
            {"includeTextDetails": "true"},
            id="custom",
        ),
    ],
)
def test_each_kind_of_model_has_its_path(model_id: str, path: str, params: dict[str, str]) -> None:
    """The document goes once to the model's own path, with its type and its bytes, and words are asked for."""
    service = FakeService(202, headers={"Operation-Location": OPERATION})
    assert started(service, model_id) == OPERATION
    assert service.asked == [("POST", f"{OURS}/formrecognizer/v2.1{path}")]
    assert service.sent == {"params": params, "headers": {"Content-Type": "application/pdf"}, "data": [b"%PDF-1.7"]}


def test_the_operations_url_is_taken_as_it_is() -> None:
    """Its version, case and query are the service's business; it is never rebuilt."""
    location = f"{OURS}/formrecognizer/v2.1-preview.1/custom/models/8d/analyzeresults/1F?api-version=x"
    assert started(FakeService(202, headers={"operation-location": location})) == location


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        pytest.param(202, {}, id="no Operation-Location"),
        pytest.param(202, {"Operation-Location": ""}, id="an empty one"),
        pytest.param(202, {"Operation-Location": "https://evil.example/operations/1"}, id="at another host"),
        pytest.param(202, {"Operation-Location": "/formrecognizer/v2.1/operations/1"}, id="a relative one"),
        pytest.param(200, {"Operation-Location": OPERATION}, id="200"),
        pytest.param(204, {}, id="204"),
    ],
)
def test_an_accepted_analysis_without_an_operation_is_not_paid_for_again(status: int, headers: dict[str, str]) -> None:
    """It ends the document, and the row goes on admitting the call that may be on the bill."""
    with pytest.raises(Never) as caught:
        started(FakeService(status, headers=headers))
    assert (caught.value.code, caught.value.refused) == ("NoOperation", False)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"status": "notStarted"}, id="notStarted"),
        pytest.param({"status": "running", "analyzeResult": None}, id="running, with a null result"),
        pytest.param({"status": "Running"}, id="any case"),
        pytest.param({"status": "postponed"}, id="a status nobody heard of"),
        pytest.param({"analyzeResult": {"status": "succeeded"}, "status": "running"}, id="a status within the result"),
        pytest.param({"a": [{"status": "failed"}], "status": "running"}, id="a status within a list"),
    ],
)
def test_what_is_not_done_is_pending(body: dict[str, object]) -> None:
    """Only the answer's own `status` counts, and an unknown one is waited for."""
    answer, kept = asked(body)
    assert answer == Answer("pending")
    assert kept == json.dumps(body).encode()


@pytest.mark.parametrize("status", ["succeeded", "Succeeded", "SUCCEEDED"])
def test_a_result_passes_by_byte_for_byte(status: str) -> None:
    """What is kept is what the service said, to the last byte, over several pieces."""
    words = [{"text": f"wörd {number} \u2028", "confidence": 0.98} for number in range(40_000)]
    body = json.dumps({"status": status, "analyzeResult": {"words": words}}, ensure_ascii=False).encode()
    assert len(body) > 1024 * 1024
    assert asked(body) == (Answer("succeeded"), body)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        pytest.param("1", 1, id="a second"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="not a number"),
        pytest.param("-1", None, id="negative"),
        pytest.param("9" * 30, 86_400, id="longer than a result lives"),
        pytest.param("9" * 5_000, 86_400, id="five thousand digits"),
    ],
)
def test_the_service_may_say_when_to_ask_again(header: str, wait: int | None) -> None:
    """A wait that no queue and no calendar can hold counts as a day, as it does after a refusal."""
    answer, _ = asked({"status": "running"}, {"Retry-After": header})
    assert answer == Answer("pending", retry_after=wait)


@pytest.mark.parametrize(
    ("created", "updated", "took"),
    [
        pytest.param("2020-08-21T01:13:28Z", "2020-08-21T01:13:42Z", 14.0, id="whole seconds"),
        pytest.param("2023-01-01T00:00:00.1234567Z", "2023-01-01T00:00:02.6234567Z", 2.5, id="seven digits"),
        pytest.param("2019-10-08T10:20:31.957784", "2019-10-08T10:20:41+00:00", 9.042216, id="one without a zone"),
        pytest.param("2020-08-21T01:13:28Z", "2020-08-21T01:13:28Z", 0.0, id="within a second"),
        pytest.param("2020-08-21T01:13:28Z", "2020-08-21T01:13:27Z", None, id="backwards"),
        pytest.param("2020-08-21T01:13:28Z", "2020-08-23T01:13:28Z", None, id="longer than a result lives"),
        pytest.param("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", None, id="absurd"),
        pytest.param("2020-08-21T01:13:28Z", "soon", None, id="no time"),
        pytest.param("2020-08-21T01:13:28Z", "", None, id="empty"),
        pytest.param("2020-08-21T01:13:28Z", 1597972422, None, id="a number"),
    ],
)
def test_a_result_says_how_long_it_took(created: str, updated: object, took: float | None) -> None:
    """By the service's own clock, wherever in the answer the two times stand; none if they make no sense."""
    result = {"createdDateTime": "2000-01-01T00:00:00Z", "lastUpdatedDateTime": "2000-01-01T00:00:01Z"}
    body = {"createdDateTime": created, "analyzeResult": result, "lastUpdatedDateTime": updated, "status": "succeeded"}
    assert asked(body)[0] == Answer("succeeded", took=took)


V2_FAILED = {"version": None, "readResults": None, "pageResults": None}


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param(
            {
                "status": "failed",
                "analyzeResult": {**V2_FAILED, "errors": [{"code": "2005", "message": "Unreadable."}]},
            },
            "2005",
            "Unreadable.",
            id="v2",
        ),
        pytest.param(
            {"status": "Failed", "analyzeResult": {"errors": [{"code": "3014", "message": "Generic."}, {"code": "1"}]}},
            "3014",
            "Generic.",
            id="v2, the first of several, any case",
        ),
        pytest.param(
            {
                "status": "failed",
                "error": {
                    "code": "InvalidRequest",
                    "message": "Invalid request.",
                    "innererror": {"code": "InvalidContent", "message": "The file is corrupted."},
                },
            },
            "InvalidContent",
            "The file is corrupted.",
            id="later versions",
        ),
    ],
)
def test_a_failed_analysis_says_why(body: dict[str, object], code: str, message: str) -> None:
    """The service's own code and words reach the person who dropped the file."""
    answer, _ = asked(body)
    assert answer == Answer("failed", code, message)


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"analyzeResult": None}, id="a null result"),
        pytest.param({"analyzeResult": {"errors": []}}, id="no errors"),
        pytest.param({"analyzeResult": {"errors": None}}, id="null errors"),
        pytest.param({"analyzeResult": {"errors": [None]}}, id="a null error"),
        pytest.param({"analyzeResult": {"errors": {"code": "1"}}}, id="errors that are an object"),
        pytest.param({"analyzeResult": [1]}, id="a result that is a list"),
        pytest.param({"analyzeResult": "text"}, id="a result that is a text"),
        pytest.param({"error": None}, id="a null error of later versions"),
        pytest.param({"error": "text"}, id="an error that is a text"),
        pytest.param({"error": ["text"]}, id="an error that is a list"),
    ],
)
def test_a_failed_analysis_without_a_reason_is_failed_all_the_same(rest: dict[str, object]) -> None:
    """A document never hangs because the service does not say why it failed."""
    answer, _ = asked({"status": "failed", **rest})
    assert (answer.status, answer.code) == ("failed", "AnalysisFailed")
    assert answer.message


QUOTED = json.dumps({"status": "succeeded", "text": SECRET}).encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(QUOTED[:-1], id="cut short by a byte"),
        pytest.param(QUOTED[: QUOTED.index(b"Doe")], id="cut short within the text"),
        pytest.param(QUOTED + QUOTED, id="two answers"),
        pytest.param(QUOTED + b"!", id="something after the end"),
        pytest.param(QUOTED.replace(b"Jane", b"\xff"), id="not UTF-8"),
        pytest.param(QUOTED.replace(b'"Jane', b"Jane"), id="a text without its quote"),
        pytest.param(b'{"status":"succeeded","text":NaN}', id="NaN"),
        pytest.param(b"<html>" + SECRET.encode() + b"</html>", id="a page"),
        pytest.param(b"[" + QUOTED + b"]", id="a list"),
        pytest.param(b'"succeeded"', id="a text"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"text":"' + SECRET.encode() + b'"}', id="no status"),
        pytest.param(b'{"status":null}', id="a null status"),
        pytest.param(b'{"status":1}', id="a number as the status"),
        pytest.param(b'{"status":["succeeded"]}', id="a list as the status"),
        pytest.param(b'{"status":"succeeded","n":1e99999999999999999999}', id="a number no decimal can hold"),
    ],
)
def test_an_answer_that_is_none_is_malformed_and_not_quoted(body: bytes) -> None:
    """What may be a cut or broken answer is asked for again, and nothing of the document reaches a log."""
    with pytest.raises(MalformedResult) as caught:
        asked(body)
    told = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert not [word for word in SECRET.split() if word in told]


@pytest.mark.parametrize(
    "deep",
    [
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="lists"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="objects"),
        pytest.param(b"[" * 100_000, id="lists that never end"),
    ],
)
def test_a_bottomless_answer_is_given_up_at_once(deep: bytes) -> None:
    """A hundred thousand levels end neither the process nor our patience, nor do they pass as a result."""
    started_at = time.monotonic()
    with pytest.raises(MalformedResult):
        asked(b'{"status":"succeeded","text":' + deep + b"}")
    assert time.monotonic() - started_at < 2


def test_a_result_may_be_as_deep_as_real_ones_are() -> None:
    """An item in a table in a field of a document is far from the limit."""
    body = b'{"status":"succeeded","fields":' + b'{"valueArray":[' * 20 + b"1" + b"]}" * 20 + b"}"
    assert asked(body) == (Answer("succeeded"), body)


def test_a_number_of_five_thousand_digits_does_not_end_the_process() -> None:
    """It is a malformed answer or a good one; it takes no other function of this process down with it."""
    script = f"""
import sys
from contextlib import nullcontext
from types import SimpleNamespace

sys.path.insert(0, {str(ROOT)!r})
from shared.errors import MalformedResult
from shared.recognizer.analysis import get_result

body = b'{{"status":"succeeded","n":' + b"1" * 5000 + b"}}"
response = SimpleNamespace(headers={{}}, iter_content=lambda size: [body])
service = SimpleNamespace(send=lambda *request: nullcontext(response))
try:
    get_result(service, "https://forms.example/1", lambda piece: None)
except MalformedResult:
    pass
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
