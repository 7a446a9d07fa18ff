"""A condition as a filter for storage, and as a question to a row.

Storage is sent a filter that leaves out no row that matches; each row that comes is asked again. So what a comparison
means is said here alone: Azurite compares columns that are absent, or of another type, in ways of its own. Such a row
does not match, whether the sign is = or !=.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from cli.query.conditions import Both, Comparison, comparisons
from shared.names import FIELDS_TABLE, RECORDS_TABLE
from shared.storage.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.query.conditions import Condition

MOST_COMPARISONS = 15
"""https://learn.microsoft.com/rest/api/storageservices/querying-tables-and-entities"""

_MOST_INT32 = 2**31 - 1
_WORDS = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_COMPARE = {"=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
            ">=": operator.ge}  # fmt: skip
_WHOLE = {
    FIELDS_TABLE: {"Form", "Page", "Table", "Row", "Column", "RowSpan", "ColumnSpan"},
    RECORDS_TABLE: {"FieldsLeftOut"},
}
_ANYTHING = ("ge ''", "lt 0.0", "ge 0.0", "eq true", "eq false")
_DOUBLE = {FIELDS_TABLE: {"Number", "Confidence", "ReadConfidence"}, RECORDS_TABLE: {"Confidence"}}

# One reading only: 1,234.50 and 1.234,50 and 12,5, but neither 1,234 nor 1.234.
_POINT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+|[0-9]{1,3}(?:,[0-9]{3}){2,})")
_COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,})")
_EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:[T ].*)?)?")


def odata(condition: Condition, table: str) -> str:
    """A filter for `table` that every matching row passes, and some others may.

    Raises `typer.BadParameter` for what a column of this table can't hold.
    """
    if isinstance(condition, Comparison):
        return _comparison(condition, table)
    word = "and" if isinstance(condition, Both) else "or"
    return f"({odata(condition.one, table)} {word} {odata(condition.other, table)})"


def joined(place: str, condition: Condition | None, table: str) -> str:
    """The filter for the rows of a `place` (a filter or '') that match; more than storage takes is not sent to it."""
    filters = [part for part in (place, odata(condition, table) if condition else "") if part]
    whole = " and ".join(filters)
    # Quoted texts may hold such words too: then less is sent than might be, and the answer is the same.
    return whole if len(re.findall(r" (?:eq|ne|lt|le|gt|ge) ", whole)) <= MOST_COMPARISONS else place


def matches(condition: Condition, row: Mapping[str, Any]) -> bool:
    """Whether the row matches."""
    if not isinstance(condition, Comparison):
        one, other = (matches(part, row) for part in (condition.one, condition.other))
        return (one and other) if isinstance(condition, Both) else (one or other)
    pair = _comparable(row.get(condition.column), condition)
    return pair is not None and bool(_COMPARE[condition.sign](*pair))


def unread(condition: Condition, row: Mapping[str, Any]) -> dict[str, str]:
    """The columns, with their texts, that were to be compared with a number and can't be read as one."""
    numbers = {one.column for one in comparisons(condition) if isinstance(one.value, Decimal)}
    texts = {column: row[column] for column in numbers if isinstance(row.get(column), str)}
    return {column: text for column, text in texts.items() if number_in(text) is None}


def held(column: str) -> str:
    """A filter that every row of `Records` passes which has the column, and some others may."""
    return f"({' or '.join(f'{column} {part}' for part in _ANYTHING)})"


def is_date(text: str) -> bool:
    """Whether it is a date, or the beginning of one, that sorts as a text: 2026-01-31."""
    return _DATE.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether a person takes it for a number, be it one that can be read in two ways."""
    return number_in(text) is not None or _EITHER.fullmatch(_bare(text)) is not None


def number_in(text: str) -> float | None:
    """The number that a text is, when it can be read in one way only; blanks and a currency's sign may stand around it.

    With a decimal comma or a decimal point, with or without marks between the thousands. `1,234` and `1.234` are read
    in two ways in this world, so they are none.
    """
    bare = _bare(text)
    if not bare.isascii() or _EITHER.fullmatch(bare):
        return None
    if _POINT.fullmatch(bare):
        return float(bare.replace(",", ""))
    return float(bare.replace(".", "").replace(",", ".")) if _COMMA.fullmatch(bare) else None


def _bare(text: str) -> str:
    return "".join(one for one in text if not (one.isspace() or unicodedata.category(one) == "Sc"))


def _comparison(one: Comparison, table: str) -> str:
    column, word, value = one.column, _WORDS[one.sign], one.value
    if isinstance(value, bool):
        # The sign is = or !=, and a Boolean that is not the one is the other.
        return f"{column} eq {str(value == (one.sign == '=')).lower()}"
    if isinstance(value, datetime):
        return f"{column} {word} datetime'{value:%Y-%m-%dT%H:%M:%S.%f}Z'"
    if isinstance(value, str):
        return f"{column} {word} {quoted(value)}"
    if column in _WHOLE[table]:
        if abs(value) > _MOST_INT32 or value % 1:
            raise typer.BadParameter(f"--where: {column} holds whole numbers; {value} is none that it can hold.")
        return f"{column} {word} {value:.0f}"
    numbers = f"{column} {word} {value:f}{'' if '.' in f'{value:f}' else '.0'}"
    # Texts that may be numbers are looked at when they are here.
    return numbers if column in _DOUBLE[table] else f"({numbers} or {column} ge '')"


def _comparable(held: object, one: Comparison) -> tuple[Any, Any] | None:
    """What the row holds and what it is compared with, in one type; None when they are of different kinds."""
    value = one.value
    if isinstance(value, bool) or isinstance(held, bool):
        return (held, value) if isinstance(value, bool) and isinstance(held, bool) else None
    if isinstance(value, Decimal):
        number = number_in(held) if isinstance(held, str) else held
        return (number, float(value)) if isinstance(number, int | float) else None
    if isinstance(value, str):
        return (_ordered(held), _ordered(value)) if isinstance(held, str) else None
    return (held, value) if isinstance(held, datetime) else None


def _ordered(text: str) -> bytes:
    """Sorts as storage does, by UTF-16 units."""
    return text.encode("utf-16-be", "surrogatepass")
