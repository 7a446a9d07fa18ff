"""What a query finds: the rows of a place that match, and what to say when they are not what was expected."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

from cli.places import has_documents, place_of
from cli.plain import plain
from cli.query.conditions import RESERVED, comparisons, parsed
from cli.query.grids import CELL_COLUMNS, grids
from cli.query.matching import held, is_date, is_number, joined, matches, unread
from cli.tables import PAGE_ROWS, rows
from shared.errors import FormsError
from shared.fields.records import column_name
from shared.names import FIELDS_TABLE, RECORDS_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.query.grids import Grid
    from shared.services import Services

VALUE_COLUMNS = ["Path", "Route", "Model", "Form", "Kind", "Name", "Text", "Type", "Value", "Number", "Confidence",
                 "ReadConfidence", "NeedsReview", "Page", "BoundingBox", "Unit", "Table", "Row", "Column", "RowSpan",
                 "ColumnSpan", "Header", "IsHeader", "Truncated"]  # fmt: skip
_NOT_SHOWN = {"PartitionKey", "RowKey", "Timestamp", "ETag"}
_OF_ANY_FORM = _NOT_SHOWN | {"Path", "DocumentType", "Confidence", "NeedsReview", "FieldsLeftOut", "Truncated"}
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
        """Reads the condition and finds the place.

        `typer.BadParameter` says what is wrong with the one, `FormsError` that there is no such place.
        """
        if asked.what is What.TABLES and (asked.where or asked.fields):
            raise typer.BadParameter("--where and --field look for forms or values, not for --tables.")
        self.asked = asked
        self.count = 0
        self.columns = VALUE_COLUMNS if asked.what is What.VALUES else asked.columns
        self._services = services
        self._condition = parsed(asked.where) if asked.where else None
        self._compared = comparisons(self._condition) if self._condition else []
        self._table = RECORDS_TABLE if asked.what is What.FORMS else FIELDS_TABLE
        self._names = {column_name(name) for name in asked.fields} if asked.what is What.VALUES else set()
        self._place = place_of(services, asked.folder)
        forms = rows(services, RECORDS_TABLE, self._place.filter(RECORDS_TABLE), ["RowKey"], 1)
        self._has_documents = next(forms, None) is not None or has_documents(services, self._place)
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

    def refuse_unknown(self) -> None:
        """Raises `FormsError` when nothing was found and no row of the place has a column or a name asked for."""
        unknown = [] if self.count else list(self._unknown())
        if unknown:
            raise FormsError("UnknownColumn", plain(" ".join(["Nothing was found, and nothing is written.", *unknown])))

    def remarks(self) -> Iterator[str]:
        """What a person should know when all was taken: why there is nothing, or less than there might be."""
        for column, count in self._unread.items():
            shown = _shortened(self._texts[column])
            yield f"{count:,} left out, where {column} is no number or could be two, such as '{shown}'."
        texts = ((one.column, one.value) for one in self._compared if one.is_order and isinstance(one.value, str))
        ordered = {column: text for column, text in texts if is_date(text) or is_number(text)}
        if self.count and not ordered and self._mentioned <= self._seen:
            return
        if not self._sample:
            if self._has_documents:
                yield "Nothing was read there so far; `python -m cli status` shows where the documents are."
            else:
                yield "There are no documents yet; `python -m cli upload` drops some."
            return
        if not self.count:
            yield "Nothing was found."
        yield from self._unknown()
        yield from self._of_order(ordered)
        if not self.count:
            yield from self._of_other_kinds()

    @property
    def _mentioned(self) -> set[str]:
        return {one.column for one in self._compared} | set(self.asked.columns)

    @cached_property
    def _sample(self) -> list[Mapping[str, Any]]:
        """The first rows of the place, whether they match or not."""
        return list(islice(rows(self._services, self._table, self._place.filter(self._table)), PAGE_ROWS))

    def _unknown(self) -> Iterator[str]:
        """Which of the columns and names that were asked for are nowhere in the place, and what is there instead."""
        if not self._sample:
            return
        there = {name for row in self._sample for name in row}
        there |= set(VALUE_COLUMNS if self._table == FIELDS_TABLE else ())
        missing = sorted(self._mentioned - self._seen - there - _OF_ANY_FORM)
        missing = [name for name in missing if not self._is_in_later_row(name)]
        yield from (f"There is no column {name}." for name in missing)
        if missing:
            yield f"Columns: {_listed(there - _NOT_SHOWN)}."
        if self._names and not self.count and not any(map(self._is_named, self._all_rows_if_not_seen())):
            yield f"There is no value of that name. Names: {_listed({row.get('Name', '') for row in self._sample})}."

    def _is_in_later_row(self, column: str) -> bool:
        if len(self._sample) < PAGE_ROWS or self._table == FIELDS_TABLE or column in RESERVED:
            return False
        where = " and ".join(part for part in (self._place.filter(self._table), held(column)) if part)
        return any(column in row for row in rows(self._services, self._table, where, ["RowKey", column]))

    def _all_rows_if_not_seen(self) -> Iterator[Mapping[str, Any]]:
        """All rows of the place when the query left some to storage; else each was looked at already."""
        if self._condition or self.asked.needs_review:
            yield from rows(self._services, self._table, self._place.filter(self._table), ["Name"])

    def _of_order(self, ordered: Mapping[str, str]) -> Iterator[str]:
        """What to say about columns that were put in order with a text that looks like a number or a date."""
        for column, text in ordered.items():
            texts = [row[column] for row in self._sample if isinstance(row.get(column), str)]
            dated = any(map(is_date, texts))
            if is_number(text) and not dated:
                compared = f"{column} and '{_shortened(text)}' are compared letter by letter"
                yield f"{compared}; leave the quotes out to compare as a number."
            if is_date(text) and texts and not dated:
                yield f"{column} is compared letter by letter, and the column holds no dates like 2026-01-31."

    def _of_other_kinds(self) -> Iterator[str]:
        for one in self._compared:
            kinds = {type(row[one.column]) for row in self._sample if one.column in row}
            if isinstance(one.value, str) and kinds and str not in kinds:
                yield f"{one.column} holds no texts: compare it with a value without quotes."
            if isinstance(one.value, bool) and kinds and bool not in kinds:
                yield f"{one.column} holds neither true nor false."

    def _is_named(self, row: Mapping[str, Any]) -> bool:
        return column_name(row.get("Name", "")) in self._names

    def _is_asked_for(self, row: Mapping[str, Any]) -> bool:
        if self._names and not self._is_named(row):
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
        return list(dict.fromkeys([*self.asked.columns, "NeedsReview", *(one.column for one in self._compared)]))


def _told(value: object) -> Any:  # noqa: ANN401  (a text, a number or a truth)
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."


def _listed(names: set[str]) -> str:
    first = sorted(names)[:_MOST_NAMES]
    return ", ".join([*first, *(["..."] if len(names) > _MOST_NAMES else [])])
