"""The messages between the steps: small ASCII JSON that points at a document, never its content, never a secret."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Self

from shared.errors import BadMessage

LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class _Message:
    path: str
    """The blob's name inside `documents`."""

    etag: str
    """The blob's ETag, without quotes: which content this is about."""

    def encode(self) -> str:
        """The message as it stands in the queue."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """The message in `body`; members it does not know are ignored. Raises `BadMessage`."""
        try:
            members = json.loads(body)
            known = {field.name: members[field.name] for field in fields(cls) if field.name in members}
            message = cls(**known)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise BadMessage(_complaint(cls, f"{type(error).__name__}: {error}"), body) from error
        if not is_blob_name(message.path):
            raise BadMessage(_complaint(cls, "path is no blob's name"), body)
        for field in fields(cls):
            if not _fits(getattr(message, field.name), str(field.type)):
                raise BadMessage(_complaint(cls, f"{field.name} is not {field.type}"), body)
        return message


@dataclass(frozen=True, slots=True)
class Submission(_Message):
    """Submit this document (again)."""

    tries: int = 0
    """How many submissions of it were put off before this one."""

    stopped: int = 0
    """How many claims of other runs it waited for."""

    again: int = 0
    """1: have it read again, even if the same bytes were read before."""


@dataclass(frozen=True, slots=True)
class Operation(_Message):
    """Ask how this document's analysis stands."""

    operation_url: str
    polls: int = 0
    """How many times it was asked before: the message's number in the one chain of polls."""

    faults: int = 0
    """How many of the last answers, in a row, were no answer to the question."""

    broken: int = 0
    """How many of those, in a row, were not even what the service promises to say."""


@dataclass(frozen=True, slots=True)
class Result(_Message):
    """Store what was read from this document."""


def is_blob_name(path: object) -> bool:
    """Whether a blob can have this name. In a URL `..` would lead out of the container, to what is not ours to read."""
    if not isinstance(path, str) or not {".", ".."}.isdisjoint(path.split("/")):
        return False
    return 0 < len(path) <= LONGEST_NAME and not any("\ud800" <= character <= "\udfff" for character in path)


def _fits(value: object, type_name: str) -> bool:
    if type_name == "int":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, str)


def _complaint(kind: type, reason: str) -> str:
    return (
        f"A queue message is not a {kind.__name__} ({reason}). It was not written by this app; look at who sends here."
    )
