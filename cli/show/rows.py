"""What the tables hold about one document: its row, its values and, in short, its tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from math import isfinite
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import EntityProperty

from cli.tables import rows
from shared.names import DOCUMENTS_TABLE, FIELDS_TABLE
from shared.storage.tables import quoted, route_of, table_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shared.services import Services

Points = tuple[tuple[float, float], ...]

FIELD_COLUMNS = (
    *("ETag", "Form", "Kind", "Name", "Text", "Type", "Value", "Number", "Confidence", "ReadConfidence"),
    *("NeedsReview", "Page", "BoundingBox", "Unit", "Table", "Row", "Column", "Truncated"),
)
_NOT_SHOWN = ("Table", "Row", "Column")


@dataclass(frozen=True, slots=True)
class Region:
    """Where a value stands: its corners from the left top of the page, in `inch` or `pixel`. Pages count from 1."""

    page: int
    corners: Points
    unit: str

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        across, down = [x for x, _ in self.corners], [y for _, y in self.corners]
        return min(across), min(down), max(across), max(down)


@dataclass(frozen=True, slots=True)
class Box:
    """A value as the picture shows it: its number in the list of values (None: a table's cell), and how sure it is."""

    number: int | None
    region: Region
    confidence: float | None
    needs_review: bool


@dataclass(slots=True)
class TableSummary:
    """A table in the document, counted while its cells pass by."""

    number: int
    page: int | None
    rows: int = 0
    columns: int = 0
    cells: int = 0
    to_review: int = 0


@dataclass(frozen=True, slots=True)
class Values:
    """What was read: the pairs and fields as the columns of their rows, the tables, and a box for whatever has one.

    All are of the content `etag`, which is empty when nothing was read.
    """

    etag: str
    fields: list[dict[str, Any]]
    tables: list[TableSummary]
    boxes: list[Box]


def document_row(services: Services, path: str) -> Mapping[str, Any] | None:
    """The row of a file in `Documents`, with the time of its last change as `Timestamp`; None when it has none."""
    from shared.storage.clients import table_service  # noqa: PLC0415  (slow to import; --help does without)

    with table_service(services.settings.storage) as tables:
        try:
            row = tables.get_table_client(DOCUMENTS_TABLE).get_entity(route_of(path), table_key(path))
        except ResourceNotFoundError:
            return None
    # An Int64 comes with its type, and the time of the last change beside the columns.
    plain = {name: value.value if isinstance(value, EntityProperty) else value for name, value in row.items()}
    return {**plain, "Timestamp": row.metadata["timestamp"]}


def values_of(services: Services, path: str, etag: str) -> Values:
    """The values of the content `etag`, or, while that one is not read yet, those of the content before it."""
    condition = f"PartitionKey eq {quoted(table_key(path))}"
    own = f"{condition} and RowKey ge {quoted(f'{etag}-')} and RowKey lt {quoted(f'{etag}.')}"
    found = _summed_up(rows(services, FIELDS_TABLE, own, FIELD_COLUMNS))
    return found if found.etag else _summed_up(rows(services, FIELDS_TABLE, condition, FIELD_COLUMNS))


def region_of(row: Mapping[str, Any]) -> Region | None:
    """Where the value of a row in `Fields` stands, if it says so: four corners or more, or two opposite ones."""
    try:
        numbers = [float(number) for number in json.loads(row["BoundingBox"])]
        page, unit = int(row["Page"]), str(row["Unit"])
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    corners = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    if len(numbers) % 2 or len(corners) < 2 or not all(map(isfinite, numbers)):  # noqa: PLR2004
        return None
    return Region(page, _rectangle(*corners) if len(corners) == 2 else corners, unit)  # noqa: PLR2004


def sureness(row: Mapping[str, Any]) -> float | None:
    """The lower of a value's two confidences; None when it has neither."""
    return min(
        (value for name in ("Confidence", "ReadConfidence") if (value := row.get(name)) is not None), default=None
    )


def _rectangle(first: tuple[float, float], second: tuple[float, float]) -> Points:
    (left, top), (right, bottom) = first, second
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _summed_up(found: Iterable[Mapping[str, Any]]) -> Values:
    etag, fields, boxes = "", list[dict[str, Any]](), list[Box]()
    tables: dict[int, TableSummary] = {}
    numbers = count(1)
    for row in found:
        if row.get("ETag") != etag and etag:
            # A newer content is being stored this moment; its rows are not all there yet.
            break
        etag = str(row.get("ETag", ""))
        number = None if row.get("Kind") == "cell" else next(numbers)
        if number is None:
            _count_cell(tables, row)
        else:
            fields.append({name: value for name, value in row.items() if name not in _NOT_SHOWN})
        if region := region_of(row):
            boxes.append(Box(number, region, sureness(row), bool(row.get("NeedsReview"))))
    return Values(etag, fields, list(tables.values()), boxes)


def _count_cell(tables: dict[int, TableSummary], row: Mapping[str, Any]) -> None:
    number = int(row.get("Table", 0))
    table = tables.setdefault(number, TableSummary(number, row.get("Page")))
    table.rows = max(table.rows, int(row.get("Row", 0)) + 1)
    table.columns = max(table.columns, int(row.get("Column", 0)) + 1)
    table.cells += 1
    table.to_review += bool(row.get("NeedsReview"))
