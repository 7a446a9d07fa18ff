"""What an answer of the service that is no success means: one table from status and code to the three kinds of error.

Source: the codes seen in recorded answers of v2.0 to 2024-11-30, the REST reference, the service limits page, and
https://learn.microsoft.com/azure/ai-services/document-intelligence/v3-error-guide.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from shared.errors import FormsError, Later, Misconfigured, Never, NotThere

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_FOUND = 404
NO_MODEL = frozenset({"1001", "ModelNotFound", "ModelNotReady"})
"""Codes of a 400 or a 404: the model is unknown, or was trained a moment ago and is not yet known everywhere."""

NO_QUOTA = "out of call volume quota"
"""In the words of a 403 or a 429 of the free tier: not too fast, but too much this month."""


class Meaning(NamedTuple):
    """What to do about an answer, and why. Of `configuration`, `setting` is what to look at until it is mended."""

    kind: Literal["later", "never", "configuration"]
    why: str
    setting: str = ""
    may_have_begun: bool = False
    """Of `later`: the call may be on the bill."""


_NO_MODEL = Meaning("never", "the model is unknown; submit asks once more, as it may be new")
_CHANGED = "no such path here, or a redirect, which is not followed"

MEANINGS: Mapping[int | str, Meaning] = {
    NO_QUOTA: Meaning(
        "configuration",
        "the free tier's pages of this month are used up; wait, or choose a paid tier",
        "FORM_RECOGNIZER_TIER",
    ),
    **dict.fromkeys(NO_MODEL, _NO_MODEL),
    401: Meaning("configuration", "the key or token was not accepted", "FORM_RECOGNIZER_KEY"),
    403: Meaning(
        "configuration", "this key or identity may not do that, or the network is closed", "FORM_RECOGNIZER_KEY"
    ),
    NOT_FOUND: Meaning("configuration", _CHANGED, "FORM_RECOGNIZER_ENDPOINT"),
    408: Meaning("later", "it took too long", may_have_begun=True),
    410: Meaning("configuration", "this API version was retired", "FORM_RECOGNIZER_API_VERSION"),
    429: Meaning("later", "too many calls"),
    503: Meaning("later", "the service is not there"),
    # The rest of each hundred.
    300: Meaning("configuration", _CHANGED, "FORM_RECOGNIZER_ENDPOINT"),
    400: Meaning("never", "this file, or what is asked for it"),
    500: Meaning("later", "the service failed", may_have_begun=True),
}
"""The one table: the words come first, then the status, then its hundred; unless that is `later`, a code beats it."""

MOST_SECONDS = 86400
_MOST_CODE, _MOST_WORDS = 100, 2000
_SECONDS = re.compile(r"retry after (\d{1,6}) second", re.IGNORECASE)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> FormsError:
    """The error that an answer with `status` means, with the service's own code and words."""
    code, message = code_and_message(body)
    named = f" {code}" if code not in {"", str(status)} else ""
    words = f"The service answered {status}{named}" + (f": {message}" if message else ".")
    no_quota = NO_QUOTA in message.casefold()
    meaning = MEANINGS[NO_QUOTA] if no_quota else _meaning(status, code)
    code = "QuotaUsedUp" if no_quota else code or str(status)
    if meaning.kind == "later":
        wait = seconds_to_wait(headers, message)
        return Later(code, words, retry_after=wait, refused=not meaning.may_have_begun)
    if meaning.kind == "never":
        return Never(code, words)
    kind = NotThere if status == NOT_FOUND else Misconfigured
    return kind(code, f"{words} ({meaning.why}; look at {meaning.setting})", setting=meaning.setting)


def _meaning(status: int, code: str) -> Meaning:
    meaning = MEANINGS.get(status) or MEANINGS[min(status // 100, 5) * 100]
    return meaning if meaning.kind == "later" else MEANINGS.get(code, meaning)


def code_and_message(body: bytes) -> tuple[str, str]:
    """The innermost code and message of an error envelope, of v2 (`innerError`) or later (`innererror`); or empty."""
    try:
        envelope = json.loads(body)
        error = envelope["error"]
        found = str(error.get("code") or ""), str(error.get("message") or "")
        while isinstance(error := error.get("innererror") or error.get("innerError"), dict):
            found = str(error.get("code") or found[0]), str(error.get("message") or found[1])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "", ""
    return found[0][:_MOST_CODE], found[1][:_MOST_WORDS]


def seconds_to_wait(headers: Mapping[str, str], message: str = "") -> int | None:
    """The least wait the service asks for: the header `Retry-After`, or the number in the words (as v2 does)."""
    header = headers.get("Retry-After", "")
    if header.isdecimal():
        return min(int(header[:9]), MOST_SECONDS)
    found = _SECONDS.search(message)
    return min(int(found[1]), MOST_SECONDS) if found else None
