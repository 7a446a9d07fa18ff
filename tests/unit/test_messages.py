"""Queue messages: small ASCII JSON that reads back as it was written, and refusals that keep what could not be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BadMessage
from shared.messages import Operation, Result, Submission, is_blob_name

if TYPE_CHECKING:
    from collections.abc import Callable

Message = Submission | Operation | Result

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
NAME = TEXT.filter(is_blob_name)
COUNT = st.integers(0, 2**31)
MESSAGES = st.one_of(
    st.builds(Submission, NAME, TEXT, COUNT),
    st.builds(Operation, NAME, TEXT, TEXT, COUNT, COUNT, COUNT),
    st.builds(Result, NAME, TEXT),
)
QUEUE_MESSAGE_BYTES = 64 * 1024


@given(MESSAGES)
def test_a_message_reads_back_as_it_was_written(message: Message) -> None:
    """Whatever a name or an address holds, the next step gets it unchanged."""
    assert type(message).decode(message.encode().encode("ascii")) == message


@given(MESSAGES, st.dictionaries(TEXT.map("later_{}".format), TEXT | COUNT | st.none(), max_size=4))
def test_members_of_a_later_version_are_ignored(message: Message, members: dict[str, object]) -> None:
    """An app that is being replaced by a newer one can read that one's messages."""
    body = json.dumps({**members, **json.loads(message.encode())}).encode()
    assert type(message).decode(body) == message


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Submission("a.pdf", "0x1"), id="Submission"),
        pytest.param(Operation("a.pdf", "0x1", "https://x.example/operations/1"), id="Operation"),
    ],
)
def test_counts_that_a_message_lacks_are_zero(message: Submission | Operation) -> None:
    """A message of an earlier version, without a count that came later, starts to count at nought."""
    members = {name: value for name, value in json.loads(message.encode()).items() if isinstance(value, str)}
    assert type(message).decode(json.dumps(members).encode()) == message


@pytest.mark.parametrize(
    "character", [pytest.param("a", id="ASCII"), pytest.param("ü", id="BMP"), pytest.param("😀", id="astral"), "\x01"]
)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: Submission(path, "0x8DC0FFEE0C0FFEE", 10**6), id="Submission"),
        pytest.param(lambda path: Operation(path, "0x8DC0FFEE0C0FFEE", "https://" + "x" * 2040, 10**6, 9, 4), id="Op"),
        pytest.param(lambda path: Result(path, "0x8DC0FFEE0C0FFEE"), id="Result"),
    ],
)
def test_the_longest_blob_name_fits_into_a_message(make: Callable[[str], Message], character: str) -> None:
    """1,024 characters of any kind stay under a queue message's 64 KiB, as ASCII."""
    text = make(character * 1024).encode()
    assert text.isascii()
    assert len(text) < QUEUE_MESSAGE_BYTES


GOOD = {"path": "a.pdf", "etag": "0x1", "operation_url": "https://x.example/operations/1"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"hello", id="not JSON"),
        pytest.param(b'{"path":"a.pdf","etag":', id="cut short"),
        pytest.param(b"\xff\xfe\x00", id="not text"),
        pytest.param(b"null", id="null"),
        pytest.param(b"17", id="a number"),
        pytest.param(b'"path"', id="a text that is a member's name"),
        pytest.param(b'["path","etag","operation_url"]', id="a list of the members' names"),
        pytest.param(b"{}", id="no members"),
        pytest.param(json.dumps({"path": "a.pdf", "etag": "0x1"}).encode(), id="no operation"),
        pytest.param(json.dumps({**GOOD, "path": None}).encode(), id="path is null"),
        pytest.param(json.dumps({**GOOD, "path": ["a.pdf"]}).encode(), id="path is a list"),
        pytest.param(json.dumps({**GOOD, "path": ""}).encode(), id="path is empty"),
        pytest.param(json.dumps({**GOOD, "path": "../training/a.pdf"}).encode(), id="path leads to another container"),
        pytest.param(json.dumps({**GOOD, "path": "a/./../../b"}).encode(), id="path leads out by a detour"),
        pytest.param(json.dumps({**GOOD, "path": "\ud800"}).encode(), id="path is half a character"),
        pytest.param(json.dumps({**GOOD, "path": "a" * 1025}).encode(), id="path is longer than a blob's name"),
        pytest.param(json.dumps({**GOOD, "etag": 1}).encode(), id="etag is a number"),
        pytest.param(json.dumps({**GOOD, "polls": "1"}).encode(), id="a count is a text"),
        pytest.param(json.dumps({**GOOD, "polls": -1}).encode(), id="a count is negative"),
        pytest.param(json.dumps({**GOOD, "polls": 1.5}).encode(), id="a count is a fraction"),
        pytest.param(json.dumps({**GOOD, "polls": True}).encode(), id="a count is true"),
        pytest.param(json.dumps({**GOOD, "broken": None}).encode(), id="a count is null"),
        pytest.param(b'{"polls":' + b"9" * 5000 + b"}", id="a count of five thousand digits"),
        pytest.param(b"[" * 200_000, id="nested without end"),
        pytest.param(b"bm90IG91cnM=", id="base64"),
    ],
)
def test_a_message_that_nobody_here_wrote_is_refused_whole(body: bytes) -> None:
    """The refusal says which message was expected and keeps the bytes, so that they can be set aside."""
    with pytest.raises(BadMessage, match=r"not an? Operation") as caught:
        Operation.decode(body)
    assert caught.value.body == body
