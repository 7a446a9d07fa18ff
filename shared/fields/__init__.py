"""A stored result becomes rows, as a stream; pure: it reads one open file and knows neither network nor storage.

    read(result) -> Page, Problem, Form, Row ...      what the service said, one part at a time
                         |          `-> columns_of(row, threshold)                    its columns in `Fields`
                         `-> record = Record(form, threshold); record.add(row) ...    the form's row in `Records`

`survey` reads the file once, by `json_stream`, for what must be known before the first row, such as the `words`. `v2`
and `v3` know the shapes of the REST versions, `dialect` what these share, `values` the types of fields; `shapes`
checks every piece of JSON that they take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from shared.fields import v2, v3
from shared.fields.records import Record
from shared.fields.rows import Form, Page, Part, Problem, Row, columns_of
from shared.fields.survey import survey_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Form", "Page", "Part", "Problem", "Record", "Row", "columns_of", "flatten", "read"]


def read(result: BinaryIO) -> Iterator[Part]:
    """What a result of any REST version says, in an order that does not depend on the order of its lists.

    `result` is the whole JSON answer of a finished analysis; its shape tells its version. First every `Page` read and
    every `Problem` the service reports; then each `Form` with its rows. There is always a first form, to which the
    pairs and cells belong: of v2 the pairs of page 1, its tables' cells, the pairs of page 2 ...; of v3 and v4 all
    pairs, then all cells. After them, and in the forms that follow, the fields of a document, in the service's order.

    `result` must be able to seek. Memory holds one page, pair, table or document at a time and 16 bytes a word. Raises
    MalformedResult when the file is cut short or is not JSON, before anything is yielded, and when it has not the
    documented shape.
    """
    survey = survey_of(result)
    yield from map(Page, survey.pages)
    yield from survey.problems
    yield survey.forms[0] if survey.forms else Form(1)
    yield from v2.parts(survey) if survey.is_v2 else v3.parts(survey)


def flatten(result: BinaryIO) -> Iterator[Row]:
    """Every value the service read: `read` without the parts that are not rows, and raises as it does."""
    return (part for part in read(result) if isinstance(part, Row))
