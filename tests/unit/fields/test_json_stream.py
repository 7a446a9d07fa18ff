"""The window that moves through a JSON text."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import MalformedResult
from shared.fields import json_stream
from shared.fields.json_stream import JsonCursor

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=6,
)


class Counted(io.BytesIO):
    """A file that counts the bytes read from it and hands out `step` of them at a time."""

    def __init__(self, content: bytes, step: int = 1 << 30) -> None:
        """`step` is the most bytes that one call of `read` gives."""
        super().__init__(content)
        self.step = step
        self.read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Fewer bytes than were asked for, as a network may give."""
        wanted = self.step if size is None or size < 0 else min(size, self.step)
        chunk = super().read(wanted)
        self.read_bytes += len(chunk)
        return chunk


@settings(deadline=None)
@given(st.lists(JSON, max_size=5), st.integers(min_value=1, max_value=9), st.booleans())
def test_elements_are_the_same_however_the_file_is_cut(values: list[Any], step: int, ascii_only: bool) -> None:  # noqa: FBT001
    """Numbers, escapes, characters of several bytes: each may be cut anywhere by a short read."""
    content = json.dumps(values, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert list(JsonCursor(Counted(content, step)).items()) == values


@settings(deadline=None)
@given(
    st.dictionaries(st.text(max_size=9), st.lists(JSON, max_size=3), max_size=4), st.integers(min_value=1, max_value=9)
)
def test_an_offset_leads_back_to_a_list(members: dict[str, list[Any]], step: int) -> None:
    """Whatever stood before it, in however many bytes a character."""
    source = Counted(json.dumps(members, ensure_ascii=False, indent=1).encode(), step)
    cursor, offsets = JsonCursor(source), {}
    for name in cursor.members():
        offsets[name] = cursor.offset()
        cursor.value()
    assert {name: list(JsonCursor(source, offset).items()) for name, offset in offsets.items()} == members


def test_an_element_larger_than_the_window_is_read() -> None:
    """One string of five windows, and what follows it."""
    long = "x" * (5 * json_stream.WINDOW_BYTES)
    assert list(JsonCursor(io.BytesIO(json.dumps([long, 1]).encode())).items()) == [long, 1]


def test_a_mistake_early_in_a_large_file_does_not_read_all_of_it() -> None:
    """It could not be mended by what follows, so memory must not grow to the size of the file."""
    source = Counted(b'[{"a": oops}, ' + b"1, " * (4 * json_stream.WINDOW_BYTES) + b"1]")
    with pytest.raises(MalformedResult):
        list(JsonCursor(source).items())
    assert source.read_bytes <= json_stream.WINDOW_BYTES


def test_a_list_longer_than_the_window_is_never_held() -> None:
    """After its first element no more than one window was read."""
    source = Counted(json.dumps(list(range(2 * json_stream.WINDOW_BYTES))).encode())
    assert next(JsonCursor(source).items()) == 0
    assert source.read_bytes <= json_stream.WINDOW_BYTES


@settings(deadline=None)
@given(JSON, st.integers(min_value=1, max_value=9))
def test_what_is_skipped_is_passed_exactly(value: Any, step: int) -> None:  # noqa: ANN401
    """What follows it is next."""
    source = Counted(json.dumps({"skipped": value, "next": 5}).encode(), step)
    cursor = JsonCursor(source)
    names = cursor.members()
    assert next(names) == "skipped"
    cursor.skip()
    assert (next(names), cursor.value()) == ("next", 5)


def test_a_skipped_list_is_never_held() -> None:
    """A list of four windows costs no more than a few of them, though its objects would take twenty."""
    content = json.dumps([{"content": "x" * 20}] * (4 * json_stream.WINDOW_BYTES // 35)).encode()
    tracemalloc.start()
    JsonCursor(io.BytesIO(content)).skip()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * json_stream.WINDOW_BYTES


@pytest.mark.parametrize("content", [b"\xff[1]", b"[1, 2", b"[1 2]", b"[1,]", b'["\xe6\x9d', b"[" * 100_000])
def test_what_is_not_json_is_malformed(content: bytes) -> None:
    """One error class for text that is not UTF-8, cut short, wrong or absurdly deep."""
    with pytest.raises(MalformedResult):
        list(JsonCursor(io.BytesIO(content)).items())
