"""The parts of a result, and the columns that one of them, a row, has in the table `Fields`."""

from __future__ import annotations

from dataclasses import dataclass, fields

Column = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Row:
    """One value read. What the service did not say is None; numbers are finite.

    `kind` is `keyValue` (a pair the service found), `field` (a named field of a labelled or prebuilt model) or `cell`.
    `form` and `page` count from 1, `table` (through the whole file), `row` and `column` from 0; only cells have `table`
    to `is_header`. `bounding_box` is where the value stands on its page, in `unit`. `confidence` is the extraction's,
    `read_confidence` the lowest of the words it was read from. `top_level`: a column of its form's record, that is a
    pair, or a field that is not inside an array or an object.
    """

    form: int
    kind: str
    name: str
    text: str | None = None
    type: str | None = None
    value: str | None = None
    number: float | None = None
    confidence: float | None = None
    read_confidence: float | None = None
    page: int | None = None
    bounding_box: tuple[float, ...] | None = None
    unit: str | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None
    row_span: int | None = None
    column_span: int | None = None
    header: str | None = None
    is_header: bool | None = None
    top_level: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A document the service saw in the file; its rows follow."""

    number: int
    document_type: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page the service read; `number` counts from 1."""

    number: int


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning inside a result, in the service's own words."""

    code: str
    message: str


Part = Page | Problem | Form | Row

_COLUMNS = {field.name: field.name.title().replace("_", "") for field in fields(Row) if field.name != "top_level"}


def needs_review(row: Row, threshold: float) -> bool:
    """Whether a person should look: a confidence is under `threshold`, or a named field holds nothing."""
    is_empty = row.text is None and row.value is None and row.number is None
    confidences = (row.confidence, row.read_confidence)
    return (row.kind == "field" and is_empty) or any(value is not None and value < threshold for value in confidences)


def columns_of(row: Row, threshold: float) -> dict[str, Column]:
    """`row` as columns of `Fields`; what it does not have is absent. Floats are Edm.Double, ints Edm.Int32."""
    columns = {column: value for name, column in _COLUMNS.items() if (value := getattr(row, name)) is not None}
    if row.bounding_box is not None:
        # A list of finite floats is printed as JSON writes it, and ten times as fast.
        columns["BoundingBox"] = str([*row.bounding_box])
    return {**columns, "NeedsReview": needs_review(row, threshold)}
