"""What a query finds: the rows of a place that match, and what to say when they are not what was expected."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from cli.conditions import comparisons, parsed
from cli.grids import CELL_COLUMNS, grids
from cli.matching import joined, matches, unread
from cli.places import has_documents, place_of
from cli.tables import PAGE_ROWS, rows
from shared.fields.records import column_name
from shared.names import FIELDS_TABLE, RECORDS_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.grids import Grid
    from shared.services import Services

VALUE_COLUMNS = ["Path", "Route", "Model", "Form", "Kind", "Name", "Text", "Type", "Value", "Number", "Confidence",
                 "ReadConfidence", "NeedsReview", "Page", "BoundingBox", "Unit", "Table", "Row", "Column", "RowSpan",
                 "ColumnSpan", "Header", "IsHeader", "Truncated"]  # fmt: skip
_NOT_SHOWN = {"PartitionKey", "RowKey", "Timestamp", "ETag"}
_MOST_NAMES = 40
_LONGEST_TEXT = 40


class What(StrEnum):
    """What a row of the answer is."""

    FORMS = "forms"
    VALUES = "values"
    TABLES = "tables"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as it was typed."""

    what: What
    folder: str
    fields: tuple[str, ...]
    where: str
    needs_review: bool

    @property
    def columns(self) -> list[str]:
        """The columns of `Records` that were chosen, `Path` before them; empty when none were."""
        chosen = [column_name(name) for name in self.fields] if self.what is What.FORMS else []
        return list(dict.fromkeys(["Path", *chosen])) if chosen else []


class Findings:
    """The answer to a query.

    `columns` are those of its rows where they are known before the rows, else empty; `count` is how many forms, values
    or tables were taken from it so far.
    """

    def __init__(self, services: Services, asked: Asked) -> None:
        """Finds the place, and reads the condition; `typer.BadParameter` says what is wrong with it."""
        if asked.what is What.TABLES and (asked.where or asked.fields):
            raise typer.BadParameter("--where and --field look for forms or values, not for --tables.")
        self.asked = asked
        self.count = 0
        self.columns = VALUE_COLUMNS if asked.what is What.VALUES else asked.columns
        self._services = services
        self._condition = parsed(asked.where) if asked.where else None
        self._table = RECORDS_TABLE if asked.what is What.FORMS else FIELDS_TABLE
        self._names = {column_name(name) for name in asked.fields} if asked.what is What.VALUES else set()
        self._place = place_of(services, asked.folder)
        self._unread: Counter[str] = Counter()
        self._texts: dict[str, str] = {}
        self._seen: set[str] = set()

    def rows(self, page_rows: int = PAGE_ROWS) -> Iterator[dict[str, Any]]:
        """The forms or values. `page_rows` is how many are wanted, if few."""
        review = "NeedsReview eq true" if self.asked.needs_review else ""
        where = " and ".join(part for part in (self._place.filter(self._table), review) if part)
        wanted = PAGE_ROWS if self._condition or self._names else page_rows
        for row in rows(self._services, self._table, joined(where, self._condition, self._table), self._select, wanted):
            if self._is_asked_for(row):
                self._seen |= row.keys()
                self.count += 1
                yield {name: _told(value) for name, value in row.items() if self._is_shown(name)}

    def grids(self) -> Iterator[Grid]:
        """The documents' tables."""
        where = " and ".join(part for part in (self._place.filter(FIELDS_TABLE), "Kind eq 'cell'") if part)
        for grid in grids(rows(self._services, FIELDS_TABLE, where, CELL_COLUMNS)):
            if grid.needs_review or not self.asked.needs_review:
                self.count += 1
                yield grid

    def all_rows(self) -> Iterator[dict[str, Any]]:
        """All there are; of tables, their rows."""
        if self.asked.what is not What.TABLES:
            yield from self.rows()
            return
        for grid in self.grids():
            yield from grid.records()

    def remarks(self) -> Iterator[str]:
        """What a person should know when all was taken: why there is nothing, or less than there might be.

        Raises `FormsError` when there is no such folder.
        """
        for column, count in self._unread.items():
            text = self._texts[column]
            shown = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."
            yield f"{count:,} left out, where {column} is no number or could be two, such as '{shown}'."
        mentioned = {one.column for one in comparisons(self._condition)} if self._condition else set()
        unseen = (mentioned | set(self.asked.columns)) - self._seen
        if self.count and not unseen:
            return
        sample = list(islice(rows(self._services, self._table, self._place.filter(self._table)), PAGE_ROWS))
        if not sample:
            if has_documents(self._services, self._place):
                yield "Nothing was read there so far; `python -m cli status` shows where the documents are."
            else:
                yield "There are no documents yet; `python -m cli upload` drops some."
            return
        if not self.count:
            yield "Nothing was found."
        there = {name for row in sample for name in row} | set(VALUE_COLUMNS if self._table == FIELDS_TABLE else ())
        yield from (f"There is no column {name}." for name in sorted(unseen - there))
        if unseen - there:
            yield f"Columns: {_listed(there - _NOT_SHOWN)}."
        names = {row.get("Name", "") for row in sample}
        if self._names and not self._names & {column_name(name) for name in names}:
            yield f"There is no value of that name. Names: {_listed(names)}."
        if not self.count and self._condition:
            yield from self._of_other_kinds(sample)

    def _of_other_kinds(self, sample: list[Mapping[str, Any]]) -> Iterator[str]:
        for one in comparisons(self._condition) if self._condition else ():
            held = {type(row[one.column]) for row in sample if one.column in row}
            if isinstance(one.value, str) and held and str not in held:
                yield f"{one.column} holds no texts: compare it with a value without quotes."
            if isinstance(one.value, bool) and held and bool not in held:
                yield f"{one.column} holds neither true nor false."

    def _is_asked_for(self, row: Mapping[str, Any]) -> bool:
        if self._names and column_name(row.get("Name", "")) not in self._names:
            return False
        if self._condition is None or matches(self._condition, row):
            return True
        for column, text in unread(self._condition, row).items():
            self._unread[column] += 1
            self._texts[column] = text
        return False

    def _is_shown(self, name: str) -> bool:
        return name in self.columns if self.columns else name not in _NOT_SHOWN

    @property
    def _select(self) -> list[str] | None:
        if self.asked.what is not What.FORMS or not self.asked.fields:
            return None
        mentioned = [one.column for one in comparisons(self._condition)] if self._condition else []
        return list(dict.fromkeys([*self.asked.columns, "NeedsReview", *mentioned]))


def _told(value: object) -> Any:  # noqa: ANN401  (a text, a number or a truth)
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _listed(names: set[str]) -> str:
    first = sorted(names)[:_MOST_NAMES]
    return ", ".join([*first, *(["..."] if len(names) > _MOST_NAMES else [])])
