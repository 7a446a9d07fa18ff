"""The tables of documents, put together again from the cells in the table `Fields`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CELL_COLUMNS = ["PartitionKey", "Path", "ETag", "Page", "Table", "Row", "Column", "Name", "Text", "IsHeader",
                "NeedsReview"]  # fmt: skip
PLACE_COLUMNS = ["Path", "Page", "Table", "Row"]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a document; `page` is 0 when the service did not say.

    `rows` are its rows but for those of headings, each with its number in the table, from 0. A cell that spans several
    columns or rows stands in its first; the others are empty.
    """

    path: str
    page: int
    table: int
    headings: list[str]
    rows: list[tuple[int, list[str]]]
    needs_review: bool

    def records(self) -> Iterator[dict[str, str | int]]:
        """A row at a time, with where it stands and a column for each heading; what is empty is absent."""
        names = _distinct([*PLACE_COLUMNS, *self.headings])[len(PLACE_COLUMNS) :]
        place: dict[str, str | int] = {"Path": self.path, "Page": self.page, "Table": self.table}
        for number, texts in self.rows:
            there = {name: text for name, text in zip(names, texts, strict=True) if text}
            yield {**place, "Row": number, **there}


def grids(cells: Iterable[Mapping[str, Any]]) -> Iterator[Grid]:
    """The tables that these cells make; in the order of `Fields`, one in memory at a time."""
    for _, group in groupby(cells, key=lambda cell: (cell["PartitionKey"], cell["ETag"], cell["Table"])):
        yield _grid(list(group))


def _grid(cells: Sequence[Mapping[str, Any]]) -> Grid:
    columns = sorted({cell["Column"] for cell in cells})
    texts: dict[int, dict[int, str]] = {}
    names: dict[int, str] = {}
    for cell in cells:
        texts.setdefault(cell["Row"], {})[cell["Column"]] = cell.get("Text", "")
        names.setdefault(cell["Column"], cell["Name"])
    # A row is one of headings when nothing in it is a value; what it says is in the names of the cells below it.
    values = {cell["Row"] for cell in cells if not cell.get("IsHeader") and cell.get("Text")}
    headings = {cell["Row"] for cell in cells if cell.get("IsHeader")} - values
    numbers = sorted(texts.keys() - headings) or sorted(texts)
    return Grid(
        path=cells[0]["Path"],
        page=cells[0].get("Page", 0),
        table=cells[0]["Table"],
        headings=[names[column] for column in columns],
        rows=[(number, [texts[number].get(column, "") for column in columns]) for number in numbers],
        needs_review=any(cell.get("NeedsReview") for cell in cells),
    )


def _distinct(names: Iterable[str]) -> list[str]:
    """The names in order; of equal ones the later is `_2`, `_3`."""
    found: dict[str, None] = {}
    for name in names:
        number, free = 1, name
        while free in found:
            number += 1
            free = f"{name}_{number}"
        found[free] = None
    return list(found)
