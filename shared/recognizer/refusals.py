"""What an answer of the service that is no success means: one table from status and code to the three kinds of error.

Source: the codes seen in recorded answers of v2.0 to 2024-11-30, the REST reference, the service limits page, and
https://learn.microsoft.com/azure/ai-services/document-intelligence/v3-error-guide.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from shared.errors import FormsError, Later, Misconfigured, Never, NotThere

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSED = frozenset({429, 503})
"""Not now, and surely not begun: nothing was paid."""

AMBIGUOUS = frozenset({408, 500, 502, 504})
"""Not now, and it may have begun all the same."""

NOT_FOUND = 404
NO_MODEL = frozenset({"1001", "ModelNotFound", "ModelNotReady"})
"""Codes of a 400 or a 404: the model is unknown, or was trained a moment ago and is not yet known everywhere."""

NO_QUOTA = "out of call volume quota"
"""In the words of a 403 or a 429 of the free tier: not too fast, but too much this month."""

CONFIGURATION = {
    401: ("FORM_RECOGNIZER_KEY", "the key or token was not accepted"),
    403: ("FORM_RECOGNIZER_KEY", "this key or identity may not do that, or the month's quota is used up"),
    NOT_FOUND: ("FORM_RECOGNIZER_ENDPOINT", "there is no such path at this endpoint"),
    410: ("FORM_RECOGNIZER_API_VERSION", "this API version was retired"),
}
"""The setting to look at, and what it means. The documents wait until it is mended."""

MOST_SECONDS = 86400
_SECONDS = re.compile(r"retry after (\d{1,6}) second", re.IGNORECASE)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> FormsError:
    """The error that an answer with `status` means, with the service's own code and words."""
    code, message = code_and_message(body)
    words = f"The service answered {status}" + (f" {code}" if code else "") + (f": {message}" if message else ".")
    if NO_QUOTA in message.casefold():
        hint = (
            "the free tier's pages of this month are used up; wait, or choose a paid tier and set FORM_RECOGNIZER_TIER"
        )
        return Misconfigured("QuotaUsedUp", f"{words} ({hint})", setting="FORM_RECOGNIZER_TIER")
    if status in REFUSED or status in AMBIGUOUS or status >= 500:  # noqa: PLR2004
        wait = seconds_to_wait(headers, message)
        return Later(code or str(status), words, retry_after=wait, refused=status in REFUSED)
    if status in CONFIGURATION and code not in NO_MODEL:
        setting, meaning = CONFIGURATION[status]
        kind = NotThere if status == NOT_FOUND else Misconfigured
        return kind(code or str(status), f"{words} ({meaning}; look at {setting})", setting=setting)
    if status < 400:  # noqa: PLR2004
        return Misconfigured(str(status), f"{words} A redirect is not followed; look at FORM_RECOGNIZER_ENDPOINT.",
                             setting="FORM_RECOGNIZER_ENDPOINT")  # fmt: skip
    return Never(code or str(status), words)


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
    return found


def seconds_to_wait(headers: Mapping[str, str], message: str = "") -> int | None:
    """The least wait the service asks for: the header `Retry-After`, or the number in the words (as v2 does)."""
    header = headers.get("Retry-After", "")
    if header.isdecimal():
        return min(int(header[:9]), MOST_SECONDS)
    found = _SECONDS.search(message)
    return min(int(found[1]), MOST_SECONDS) if found else None
