"""A stored result becomes rows, as a stream; pure: it reads one open file and knows neither network nor storage.

    read(result) -> Page, Problem, Form, Row ...      what the service said, one part at a time
                         |          `-> columns_of(row, threshold)                    its columns in `Fields`
                         `-> record = Record(form, threshold); record.add(row) ...    the form's row in `Records`

`json_stream` reads JSON piece by piece, `shapes` checks its pieces, `v2` knows the shape of REST v2.0 and v2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from shared.fields.records import Record
from shared.fields.rows import Form, Page, Part, Problem, Row, columns_of
from shared.fields.v2 import read

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Form", "Page", "Part", "Problem", "Record", "Row", "columns_of", "flatten", "read"]


def flatten(result: BinaryIO) -> Iterator[Row]:
    """Every value the service read, in reading order: `read` without the parts that are not rows.

    `result` is the whole JSON answer of a finished analysis, REST v2.0 or v2.1; it must be able to seek.
    Raises MalformedResult as `read` does.
    """
    return (part for part in read(result) if isinstance(part, Row))
