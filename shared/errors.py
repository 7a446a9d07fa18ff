"""Everything that can go wrong, as one tree; its first three branches say what can be done about it.

    FormsError
    |-- Later                ask again: throttled, unreachable, failing or answering nonsense
    |   `-- MalformedResult  an answer that is not what the service promises; five in a row are final
    |-- Never                this document will not be read as it is: `failed`, with a code
    |-- Misconfigured        a setting is wrong or a right is missing: documents wait until it is mended
    |   |-- WrongSetting     found at the start, before any document was touched
    |   `-- NotThere         the service knows no such path; or, asked for a result, no longer has it
    |-- BadMessage           a queue message that nobody here wrote
    |-- RowChanged           another run changed the row first; read it again
    `-- TrainingFailed       the service could not make a model of these files

Each message says what happened, to what, and what to do.
"""

from __future__ import annotations


class FormsError(Exception):
    """Any failure this app explains. `str(error)` is a sentence for a person; `code` is short and stays the same."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Later(FormsError):
    """Not now: asking again may help.

    `retry_after` is the least wait in seconds, where the service named one. `refused` is True when the
    service surely did not take the request, so that it was not paid for.
    """

    def __init__(self, code: str, message: str, *, retry_after: int | None = None, refused: bool = False) -> None:
        super().__init__(code, message)
        self.retry_after = retry_after
        self.refused = refused


class MalformedResult(Later):
    """The answer is cut short, is not JSON, or has not the documented shape."""

    def __init__(self, message: str) -> None:
        super().__init__("MalformedResult", message)


class Never(FormsError):
    """This document, as it is, will not be read. `code` is the service's own where it gave one.

    `refused` is False when it may have been paid for all the same.
    """

    def __init__(self, code: str, message: str, *, refused: bool = True) -> None:
        super().__init__(code, message)
        self.refused = refused


class Misconfigured(FormsError):
    """The app's settings or rights are wrong, not the document. `setting` is what to look at."""

    def __init__(self, code: str, message: str, *, setting: str) -> None:
        super().__init__(code, message)
        self.setting = setting


class WrongSetting(Misconfigured):
    """A setting that cannot be used, found when the app starts."""

    def __init__(self, setting: str, message: str) -> None:
        super().__init__("WrongSetting", message, setting=setting)


class NotThere(Misconfigured):
    """404: there is no such path at the endpoint, or the result is gone."""


class BadMessage(FormsError):
    """A queue message that cannot be understood. `body` is what it held."""

    def __init__(self, message: str, body: bytes) -> None:
        super().__init__("BadMessage", message)
        self.body = body


class RowChanged(FormsError):
    """Another run changed the row since it was read."""

    def __init__(self, message: str) -> None:
        super().__init__("RowChanged", message)


class TrainingFailed(FormsError):
    """No model was made of these files."""
