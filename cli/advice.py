"""What a person can do about a document that failed, or that waits, by the code on its row.

Source of the service's codes: recorded answers of v2, and the error guide of the later versions
(https://learn.microsoft.com/azure/ai-services/document-intelligence/v3-error-guide).
"""

from __future__ import annotations

_MEND_AND_DROP = "the file is not one the service can read: save or scan it anew and drop it again"
_SMALLER = "make the file smaller (fewer dots per inch, fewer pages), or split it, and drop it again"
_MODEL = "train the model, move the file to another folder, or set DEFAULT_MODEL; then `retry` it"
_KEY = "mend FORM_RECOGNIZER_KEY, or the identity's role; it goes on by itself"
_RIGHTS = "give the key's or identity's role, or open the service's network to the app; it goes on by itself"
_ENDPOINT = "mend FORM_RECOGNIZER_ENDPOINT or FORM_RECOGNIZER_API_VERSION; it goes on by itself"
_BY_ITSELF = "nothing: it is tried again by itself"
_RETRY = "`retry` it when the cause is mended: what was paid for is used again"
_TRAINING = "nothing if the model is being trained; if that was interrupted, train it again"

WHAT_TO_DO = {
    "DeadlineExceeded": "see in its message what the last answer was, mend that, and `retry` it",
    "DocumentGone": "drop the file again",
    "EmptyFile": "drop the file again, whole",
    "EncryptedPdf": "drop a copy that needs no password",
    "FileTooLarge": _SMALLER,
    "InvalidContent": _MEND_AND_DROP,
    "InvalidContentDimensions": "its pages are too small or too large for the service: scan it anew and drop it again",
    "InvalidContentLength": _SMALLER,
    "InvalidImage": _MEND_AND_DROP,
    "InvalidImageDimension": "the picture is too small or too large for the service: scan it anew and drop it again",
    "InvalidRequest": "see the service's words in its message; mend what they name and `retry` it",
    "MalformedResult": "the service's answers were broken: `retry` it later",
    "NoOperation": "it may have been paid for and its answer can't be found: `retry --again` pays for another",
    "PartialResult": "see what is missing in its message; F0 reads two pages: choose S0 and `retry --again`",
    "ResultExpired": "its result was not fetched within a day: see that the app runs, then `retry` it",
    "ResultGone": _BY_ITSELF,
    "UnknownModel": _MODEL,
    "UnsupportedType": "drop it as PDF, JPEG, PNG, TIFF or BMP",
    "WorkerStopped": f"look at the app's memory (500 MB files need the larger instance), then {_RETRY}",
    "1001": _MODEL,
    "2005": _MEND_AND_DROP,
    "3014": "the service failed at this file: `retry` it, and if that lasts, save it anew and drop it again",
    "ModelNotFound": _MODEL,
    "ModelNotReady": _TRAINING,
    "ModelCreating": _TRAINING,
    "401": _KEY,
    "403": _RIGHTS,
    "Forbidden": _RIGHTS,
    "404": _ENDPOINT,
    "410": _ENDPOINT,
    "ForeignUrl": "set FORM_RECOGNIZER_ENDPOINT back to where it was submitted, or wait a day for a new call",
    "QuotaUsedUp": "wait for the next month, or change the resource to S0; it goes on by itself",
    "429": _BY_ITSELF,
    "Unreachable": f"{_BY_ITSELF}; if that lasts, look at FORM_RECOGNIZER_ENDPOINT and the network",
}
"""By the code on the row, ours or the service's; without a full stop."""

_FAILED = "see the service's words in its message; when what they name is mended, `retry` it"


def what_to_do(status: str, code: str | None) -> str:
    """The advice for a document's row: empty when it is well."""
    if code is None:
        return ""
    return WHAT_TO_DO.get(code, _FAILED if status == "failed" else _BY_ITSELF)
