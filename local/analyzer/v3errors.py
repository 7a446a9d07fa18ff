"""The errors of v3 and v4: an outer code, and an inner one that says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer.exchange import answer

if TYPE_CHECKING:
    from local.analyzer.exchange import Response

BAD, FORBIDDEN, NOT_FOUND, CONFLICT, UNSUPPORTED = 400, 403, 404, 409, 415
OUTER = {
    BAD: ("InvalidRequest", "Invalid request."),
    FORBIDDEN: ("Forbidden", "Access forbidden due to policy or other configuration."),
    NOT_FOUND: ("NotFound", "Resource not found."),
    CONFLICT: ("Conflict", "The request could not be completed due to a conflict."),
    UNSUPPORTED: ("UnsupportedMediaType", "The request media type is not supported."),
}
MESSAGES = {
    "ModelNotFound": "The requested model was not found. It may have been deleted or is still building.",
    "OperationNotFound": (
        "The requested operation was not found. The identifier may be invalid or the operation may have expired."
    ),
    "ModelExists": "A model with the provided name already exists.",
    "InvalidContent": (
        "The file is corrupted or format is unsupported. Refer to documentation for the list of supported formats."
    ),
    "InvalidContentLength": "The input image is too large. Refer to documentation for the maximum file size.",
    "InvalidContentDimensions": (
        "The input image dimensions are out of range. Refer to documentation for supported image dimensions."
    ),
    "ContentSourceNotAccessible": "Content is not accessible.",
    "ModelReadOnly": "The requested model is read-only.",
    "MaximumModels": "The maximum number of models is reached; delete models that are not needed.",
}


def refusal(status: int, code: str, message: str | None = None) -> Response:
    """The envelope; the message of a known inner code may be left out."""
    outer, outer_message = OUTER[status]
    inner = {"code": code, "message": message or MESSAGES[code]}
    return answer(status, {"error": {"code": outer, "message": outer_message, "innererror": inner}})


def wrong_argument(name: str, allowed: str) -> Response:
    """400: a parameter that says what it may not say."""
    message = f"The parameter {name} is invalid: {allowed}."
    inner = {"code": "InvalidParameter", "message": message}
    return answer(BAD, {"error": {"code": "InvalidArgument", "message": "Invalid argument.", "innererror": inner}})
