"""JSON read piece by piece: walk down to a list, then take its elements one at a time.

The standard library's decoder, written in C, wants its text whole. Here it sees a window of the text that moves on
through the file, so that memory holds one element and about a mebibyte.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, BinaryIO

from shared.errors import MalformedResult

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW_BYTES = 1 << 20
LONGEST_VALUE = 64 << 20
"""No page, pair or table of a real result has so many characters; reading on would fill the memory."""

_LONGEST_TOKEN = 16
"""At a cut the decoder complains at most this many characters before the end, unless a string is cut."""
_NOT_SPACE = re.compile(r"[^ \t\r\n]")
_decode = json.JSONDecoder().raw_decode


class JsonCursor:
    """A place in a JSON text. Every method raises MalformedResult where the text is cut short or is not JSON."""

    def __init__(self, source: BinaryIO, offset: int = 0) -> None:
        """`source` is read from the byte `offset`: 0, or what `offset()` gave."""
        source.seek(offset)
        self._source = source
        self._bytes_read = offset
        self._decoder = codecs.getincrementaldecoder("utf-8" if offset else "utf-8-sig")()
        self._text = ""
        self._at = 0

    def offset(self) -> int:
        """Where in the file, in bytes, the cursor stands."""
        undecoded, _ = self._decoder.getstate()
        return self._bytes_read - len(undecoded) - len(self._text[self._at :].encode())

    def members(self) -> Iterator[str]:
        """The names of an object's members. Take each one's value before you ask for the next name."""
        for _ in self._elements("{}"):
            name = self.value()
            self._expect(":")
            yield str(name)

    def items(self) -> Iterator[object]:
        """The elements of a list, one at a time."""
        for _ in self._elements("[]"):
            yield self.value()

    def value(self) -> object:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) > LONGEST_VALUE:
                    raise MalformedResult("The result holds a value that is longer than any real one.") from None
                if not (self._is_cut(error) and self._read_on()):
                    raise MalformedResult("The result is cut short or is not JSON.") from None
            except (ValueError, RecursionError):
                raise MalformedResult("The result holds a number too long, or lists too deep, to be read.") from None
            else:
                length = end - self._at
                # A number near the end of the window may go on after it: 0 may be cut from 0.5, or 1 from 1e+9.
                if end < len(self._text) - _LONGEST_TOKEN or not self._read_on():
                    self._at += length
                    return value

    def skip(self) -> None:
        """Passes the next value; a list element by element, so that it is never held whole."""
        if self.peek() == "[":
            for _ in self.items():
                pass
        else:
            self.value()

    def peek(self) -> str:
        """The first character of what comes next; an empty string at the end of the file."""
        while not (found := _NOT_SPACE.search(self._text, self._at)):
            self._at = len(self._text)
            if not self._read_on():
                return ""
        self._at = found.start()
        return found[0]

    def _elements(self, brackets: str) -> Iterator[None]:
        self._expect(brackets[0])
        if self.peek() != brackets[1]:
            yield None
            while self.peek() == ",":
                self._at += 1
                yield None
        self._expect(brackets[1])

    def _expect(self, character: str) -> None:
        if self.peek() != character:
            raise MalformedResult(f"The result is cut short or has not the documented shape: a {character} is missing.")
        self._at += 1

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether more text may mend it. A mistake early in a large file must not make us read all of it."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _LONGEST_TOKEN

    def _read_on(self) -> bool:
        """Moves the window on, by at least what is left in it, so that a long element is tried only a few times."""
        left = self._text[self._at :]
        chunk = self._source.read(max(WINDOW_BYTES, len(left)))
        try:
            self._text = left + self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise MalformedResult("The result is not UTF-8.") from error
        self._bytes_read += len(chunk)
        self._at = 0
        return bool(chunk)
