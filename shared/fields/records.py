"""One row per form with one column per field, for spreadsheets: the rows of the table `Records`."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from shared.fields.rows import needs_review

if TYPE_CHECKING:
    from shared.fields.rows import Column, Form, Row

MOST_COLUMNS = 240
LONGEST_NAME = 255
"""https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model"""
_KEYS = ("PartitionKey", "RowKey", "Timestamp", "Path", "ETag", "Truncated")
_OWN_COLUMNS = ("DocumentType", "Confidence", "NeedsReview", "FieldsLeftOut")
_NUMBERS = {"number", "integer", "currency"}
_TRUE = {"selectionMark": "selected", "boolean": "true"}


class Record:
    """A form's row in `Records`, gathered from the rows of that form; it holds at most 240 values."""

    def __init__(self, form: Form, threshold: float) -> None:
        """An empty record. A confidence under `threshold` needs review."""
        self.form = form.number
        self._threshold = threshold
        self._form_columns = {"DocumentType": form.document_type, "Confidence": form.confidence}
        self._needs_review = False
        self._left_out = 0
        self._columns: dict[str, Column] = {}
        self._taken = dict.fromkeys([*_KEYS, *_OWN_COLUMNS], 1)

    def columns(self) -> dict[str, Column]:
        """The record's columns but for its keys, `Path` and `ETag`; what has no value is absent."""
        own = {name: value for name, value in self._form_columns.items() if value is not None}
        return {**own, "NeedsReview": self._needs_review, "FieldsLeftOut": self._left_out, **self._columns}

    def add(self, row: Row) -> None:
        """Takes a row of this form. Cells, and what is inside arrays and objects, have no column."""
        if row.kind != "cell" and needs_review(row, self._threshold):
            self._needs_review = True
        value = _value(row)
        # A field without a value keeps its name, so that the names after it are the same in each form of a kind.
        if not row.top_level or (value is None and row.kind != "field"):
            return
        if len(self._columns) == MOST_COLUMNS:
            self._left_out += value is not None
            return
        name = self._free(column_name(row.name))
        if value is not None:
            self._columns[name] = value

    def _free(self, name: str) -> str:
        """`name`, or with the first of `_2`, `_3` ... that no column has; upper and lower case differ."""
        free, count = name, self._taken.get(name, 1)
        while free in self._taken:
            count += 1
            free = f"{name[: LONGEST_NAME - len(f'_{count}')]}_{count}"
        self._taken[free] = 1
        self._taken[name] = count
        return free


def column_name(name: str) -> str:
    """`name` as a property name that Table Storage takes; `Unnamed` where nothing of it is left.

    Property names follow the rules for C# identifiers, whose letters and digits are in the Basic Multilingual Plane.
    """
    composed = unicodedata.normalize("NFC", name)
    legal = re.sub(" +", "_", "".join(character if _is_legal(character) else " " for character in composed))
    legal = legal.strip("_") or "Unnamed"
    return f"_{legal}"[:LONGEST_NAME] if legal[0].isdecimal() else legal[:LONGEST_NAME]


def _is_legal(character: str) -> bool:
    return character == "_" or (character <= "\uffff" and (character.isalpha() or character.isdecimal()))


def _value(row: Row) -> Column | None:
    """What stands in the column. The declared type alone decides the column's type, so that rows agree on it."""
    if row.type in _NUMBERS:
        return row.number
    if row.type in _TRUE:
        return None if row.value is None else row.value == _TRUE[row.type]
    return row.text if row.value is None else row.value
