"""Every answer that is no success means one of three things: ask again, never, or mend a setting."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from shared.errors import FormsError, Later, Misconfigured, Never, NotThere
from shared.recognizer.refusals import MEANINGS, code_and_message, refusal


def v2_error(code: str, message: str) -> bytes:
    """An error as v2.0 and v2.1 send it."""
    return json.dumps({"error": {"code": code, "message": message, "innerError": {"requestId": "1f"}}}).encode()


def v3_error(code: str, inner: str, message: str) -> bytes:
    """An error as 2023-07-31 and 2024-11-30 send it."""
    innermost = {"code": inner, "message": message}
    return json.dumps({"error": {"code": code, "message": "Outer words.", "innererror": innermost}}).encode()


TOO_MANY = "Requests have exceeded the call rate limit. Please retry after 3 seconds."
NO_QUOTA = "Out of call volume quota for FormRecognizer F0 pricing tier."


def answered(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> FormsError:
    """The meaning of an answer, with headers as `requests` gives them."""
    return refusal(status, CaseInsensitiveDict(headers or {}), body)


ANSWERS = [
    pytest.param(400, v2_error("BadArgument", "m"), Never, "BadArgument", id="400 BadArgument"),
    pytest.param(400, v2_error("InvalidImage", "m"), Never, "InvalidImage", id="400 InvalidImage"),
    pytest.param(400, v2_error("InvalidImageURL", "m"), Never, "InvalidImageURL", id="400 InvalidImageURL"),
    pytest.param(400, v2_error("FailedToDownloadImage", "m"), Never, "FailedToDownloadImage", id="400 download"),
    pytest.param(400, v2_error("UnsupportedLocale", "m"), Never, "UnsupportedLocale", id="400 UnsupportedLocale"),
    pytest.param(400, v2_error("NotSupportedLanguage", "m"), Never, "NotSupportedLanguage", id="400 language"),
    pytest.param(400, v3_error("InvalidArgument", "InvalidParameter", "m"), Never, "InvalidParameter", id="400 v3"),
    pytest.param(400, v2_error("1001", "m"), Never, "1001", id="400 unknown model"),
    pytest.param(400, v2_error("1002", "m"), Never, "1002", id="400 bad training request"),
    pytest.param(400, v3_error("InvalidRequest", "InvalidContent", "m"), Never, "InvalidContent", id="400 of v3"),
    pytest.param(
        400, v3_error("InvalidRequest", "InvalidContentLength", "m"), Never, "InvalidContentLength", id="too large"
    ),
    pytest.param(400, b"", Never, "400", id="400 without a body"),
    pytest.param(401, v2_error("401", "Access denied."), Misconfigured, "401", id="401"),
    pytest.param(403, v2_error("Forbidden", "m"), Misconfigured, "Forbidden", id="403"),
    pytest.param(403, v2_error("403", NO_QUOTA), Misconfigured, "QuotaUsedUp", id="403 monthly quota"),
    pytest.param(404, v2_error("404", "Resource not found"), NotThere, "404", id="404 path"),
    pytest.param(404, v2_error("1022", "m"), NotThere, "1022", id="404 model"),
    pytest.param(404, v3_error("NotFound", "OperationNotFound", "m"), NotThere, "OperationNotFound", id="404 result"),
    pytest.param(404, v3_error("NotFound", "ModelNotFound", "m"), Never, "ModelNotFound", id="404 unknown model of v3"),
    pytest.param(400, v3_error("InvalidRequest", "ModelNotReady", "m"), Never, "ModelNotReady", id="model of v3"),
    pytest.param(405, b"", Never, "405", id="405"),
    pytest.param(408, v2_error("Timeout", "The operation was timeout."), Later, "Timeout", id="408"),
    pytest.param(409, v3_error("Conflict", "ModelExists", "m"), Never, "ModelExists", id="409"),
    pytest.param(410, v2_error("Gone", "The requested API version has been retired."), Misconfigured, "Gone", id="410"),
    pytest.param(413, b"", Never, "413", id="413"),
    pytest.param(415, v2_error("UnsupportedMediaType", "m"), Never, "UnsupportedMediaType", id="415"),
    pytest.param(429, v2_error("429", TOO_MANY), Later, "429", id="429"),
    pytest.param(429, v2_error("429", NO_QUOTA), Misconfigured, "QuotaUsedUp", id="429 monthly quota"),
    pytest.param(500, v2_error("InternalServerError", "m"), Later, "InternalServerError", id="500"),
    pytest.param(500, v2_error("1001", "m"), Later, "1001", id="500, whatever the code"),
    pytest.param(501, b"", Later, "501", id="501"),
    pytest.param(502, b"<html>Bad gateway</html>", Later, "502", id="502"),
    pytest.param(503, v2_error("ServiceUnavailable", "m"), Later, "ServiceUnavailable", id="503"),
    pytest.param(504, b"", Later, "504", id="504"),
    pytest.param(599, b"", Later, "599", id="599"),
    pytest.param(300, b"", Misconfigured, "300", id="300"),
    pytest.param(301, b"", Misconfigured, "301", id="301"),
    pytest.param(302, b"", Misconfigured, "302", id="302"),
    pytest.param(307, b"", Misconfigured, "307", id="307"),
    pytest.param(308, b"", Misconfigured, "308", id="308"),
]


@pytest.mark.parametrize(("status", "body", "kind", "code"), ANSWERS)
def test_an_answer_means_one_kind_of_error(status: int, body: bytes, kind: type[FormsError], code: str) -> None:
    """The kind is by status, the code is the service's own and innermost, or else the status."""
    error = answered(status, body)
    assert type(error) is kind
    assert error.code == code


DOCUMENTED = {
    400: {"BadArgument", "InvalidImage", "InvalidImageURL", "FailedToDownloadImage", "UnsupportedLocale"}
    | {"NotSupportedLanguage", "1001", "1002", "InvalidRequest", "InvalidContent", "InvalidContentLength"}
    | {"InvalidArgument", "ModelNotReady"},
    401: {"401"},
    403: {"Forbidden", "Out of call volume quota"},
    404: {"1022", "404", "NotFound", "OperationNotFound", "ModelNotFound"},
    408: {"Timeout"},
    409: {"Conflict", "ModelExists"},
    410: set(),
    413: set(),
    415: {"UnsupportedMediaType"},
    429: {"429", "Out of call volume quota"},
    500: {"InternalServerError"},
    503: {"ServiceUnavailable"},
}
"""The statuses and codes that are documented, or were seen in recorded answers."""


def test_no_documented_answer_is_missing() -> None:
    """Each status and code stands among the answers above, and so does each line of the product's table."""
    told = [(case.values[0], str(case.values[1])) for case in ANSWERS]
    lacking = {
        (status, code)
        for status, codes in DOCUMENTED.items()
        for code in codes or {""}
        if not any(status == one and code in body for one, body in told)
    }
    assert lacking == set()
    statuses = {status for status, _ in told}
    for line in MEANINGS:
        assert line in statuses or any(str(line).casefold() in body.casefold() for _, body in told)


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        pytest.param(429, True, id="429"),
        pytest.param(503, True, id="503"),
        pytest.param(408, False, id="408"),
        pytest.param(500, False, id="500"),
        pytest.param(502, False, id="502"),
        pytest.param(504, False, id="504"),
        pytest.param(507, False, id="507"),
    ],
)
def test_only_429_and_503_say_that_nothing_was_begun(status: int, *, refused: bool) -> None:
    """After any other "later" the call may be on the bill."""
    error = answered(status)
    assert isinstance(error, Later)
    assert error.refused is refused


@pytest.mark.parametrize("status", [400, 405, 409, 413, 415, 422])
def test_a_file_that_is_refused_is_not_paid_for(status: int) -> None:
    """A 4xx takes the paid submission back."""
    error = answered(status)
    assert isinstance(error, Never)
    assert error.refused is True


@pytest.mark.parametrize(
    ("status", "setting"),
    [
        pytest.param(401, "FORM_RECOGNIZER_KEY", id="key"),
        pytest.param(403, "FORM_RECOGNIZER_KEY", id="right"),
        pytest.param(404, "FORM_RECOGNIZER_ENDPOINT", id="path"),
        pytest.param(410, "FORM_RECOGNIZER_API_VERSION", id="version"),
        pytest.param(302, "FORM_RECOGNIZER_ENDPOINT", id="redirect"),
    ],
)
def test_an_error_of_the_configuration_says_where_to_look(status: int, setting: str) -> None:
    """The setting is in the words and in the error."""
    error = answered(status)
    assert isinstance(error, Misconfigured)
    assert error.setting == setting
    assert setting in str(error)


@pytest.mark.parametrize(
    ("headers", "message", "wait"),
    [
        pytest.param({"Retry-After": "7"}, "", 7, id="header"),
        pytest.param({"retry-after": "7"}, "", 7, id="header in lower case"),
        pytest.param({}, TOO_MANY, 3, id="words"),
        pytest.param({}, "Please retry after 1 second.", 1, id="one second"),
        pytest.param({}, "Retry After 45 Seconds", 45, id="words in any case"),
        pytest.param({"Retry-After": "7"}, TOO_MANY, 7, id="the header is the later standard"),
        pytest.param({"Retry-After": "0"}, "", 0, id="at once"),
        pytest.param({"Retry-After": "-5"}, "", None, id="negative"),
        pytest.param({"Retry-After": "soon"}, "", None, id="not a number"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "", None, id="a date"),
        pytest.param({"Retry-After": "soon"}, TOO_MANY, 3, id="a bad header and good words"),
        pytest.param({"Retry-After": "9" * 30}, "", 86_400, id="longer than a result lives"),
        pytest.param({"Retry-After": "9" * 5_000}, "", 86_400, id="five thousand digits"),
        pytest.param({}, "Please retry after " + "9" * 30 + " seconds.", None, id="absurd words"),
        pytest.param({}, "", None, id="nothing said"),
    ],
)
def test_the_wait_is_what_the_service_asks_for(headers: dict[str, str], message: str, wait: int | None) -> None:
    """v2 says it only in words; the header counts first; nonsense counts as nothing said."""
    error = answered(429, v2_error("429", message), headers)
    assert isinstance(error, Later)
    assert error.retry_after == wait


def test_the_words_are_the_services_own() -> None:
    """A person reads the status, the code and the message that the service gave."""
    error = answered(400, v2_error("InvalidImage", "The input data is not a valid image."))
    assert str(error) == "The service answered 400 InvalidImage: The input data is not a valid image."


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param(v2_error("InvalidImage", "m"), ("InvalidImage", "m"), id="innerError with a requestId only"),
        pytest.param(v3_error("InvalidRequest", "InvalidContent", "m"), ("InvalidContent", "m"), id="innererror"),
        pytest.param(
            b'{"error":{"code":"A","message":"a","innererror":{"code":"B","innererror":{"message":"c"}}}}',
            ("B", "c"),
            id="code and message of different depths",
        ),
        pytest.param(
            b'{"error":{"code":"A","message":"a","innerError":{"code":"B"}}}', ("B", "a"), id="v2 with a code"
        ),
        pytest.param(b'{"error":{"code":"A","innererror":null}}', ("A", ""), id="no message"),
        pytest.param(b'{"error":{"code":1001,"message":null}}', ("1001", ""), id="a number as the code"),
        pytest.param(b'{"error":{}}', ("", ""), id="empty"),
        pytest.param(b'{"error":null}', ("", ""), id="null"),
        pytest.param(b'{"error":"text"}', ("", ""), id="a text"),
        pytest.param(b'{"error":["text"]}', ("", ""), id="a list"),
        pytest.param(b'{"code":"A"}', ("", ""), id="no envelope"),
        pytest.param(b"[1]", ("", ""), id="not an object"),
        pytest.param(b"", ("", ""), id="no body"),
        pytest.param(b"<html></html>", ("", ""), id="a page"),
        pytest.param(b"\xff\xfe\xfd", ("", ""), id="not text"),
        pytest.param(b'{"error":{"code":"A"', ("", ""), id="cut short"),
        pytest.param(b'{"error":' * 100_000, ("", ""), id="nested without end"),
        pytest.param(v2_error("c" * 10_000, "m" * 10_000), ("c" * 100, "m" * 2000), id="without end"),
    ],
)
def test_the_innermost_code_and_message_count(body: bytes, found: tuple[str, str]) -> None:
    """v2 writes innerError, later versions innererror; a body that is no envelope has neither code nor message."""
    assert code_and_message(body) == found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["error", "code", "message", "innererror"]), inner),
    max_leaves=10,
)


@given(st.integers(300, 599), st.binary() | JSON.map(lambda value: json.dumps(value).encode()), st.text())
def test_any_answer_has_a_meaning(status: int, body: bytes, wait: str) -> None:
    """No body and no header, however wrong, becomes an error of our own."""
    error = answered(status, body, {"Retry-After": wait})
    assert isinstance(error, Later | Never | Misconfigured)
    assert error.code
    assert str(status) in str(error)
