"""The tables people read: `Fields`, a row a value, and `Records`, a row a form."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError
from azure.data.tables import TableTransactionError, UpdateMode

from shared.errors import RowChanged
from shared.storage.tables import Entity, TableOperation, fitted, quoted, record_key, transactions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from azure.data.tables import TableClient

_AFTER_MARK = '"'
"""The character after `!`, which begins a further form's suffix, and other documents' escapes."""

_FORM_SUFFIX = re.compile(r"(?:![2-9]|!!\d{2,9})?")
_CHANGED = (404, 409, 412)


class Rows:
    """A document's rows in both tables. `key` is its document key, `etag` that of its content."""

    def __init__(self, fields: TableClient, records: TableClient) -> None:
        self._fields = fields
        self._records = records

    def put_fields(self, key: str, etag: str, columns: Iterable[Entity]) -> None:
        """Writes one row for each of `columns`, in order, over what a run before this one may have written."""
        rows = ({"PartitionKey": key, "RowKey": f"{etag}-{ordinal:08d}", **row} for ordinal, row in enumerate(columns))
        for batch in transactions(_upsert(fitted(row)) for row in rows):
            self._fields.submit_transaction(batch)

    def other_fields(self, key: str, etag: str, count: int) -> list[str]:
        """The row keys of this document that are not among the first `count` rows of `etag`."""
        condition = f"RowKey lt {quoted(f'{etag}-')} or RowKey ge {quoted(f'{etag}-{count:08d}')}"
        found = self._fields.query_entities(f"PartitionKey eq {quoted(key)} and ({condition})", select=["RowKey"])
        return [row["RowKey"] for row in found]

    def own_fields(self, key: str, etag: str) -> list[str]:
        """The row keys of this document that are of `etag`."""
        condition = f"RowKey ge {quoted(f'{etag}-')} and RowKey lt {quoted(f'{etag}.')}"
        found = self._fields.query_entities(f"PartitionKey eq {quoted(key)} and {condition}", select=["RowKey"])
        return [row["RowKey"] for row in found]

    def delete_fields(self, key: str, row_keys: Iterable[str]) -> None:
        """Deletes these rows; those already gone are fine."""
        _delete(self._fields, ({"PartitionKey": key, "RowKey": row_key} for row_key in row_keys))

    def records(self, route: str, key: str) -> dict[str, str]:
        """The document's rows in `Records`: the table's ETag of each, by row key."""
        # One range: for a condition with `or` the service reads the whole partition, every document of the route.
        keys = f"RowKey ge {quoted(key)} and RowKey lt {quoted(f'{key}{_AFTER_MARK}')}"
        condition = f"PartitionKey eq {quoted(route)} and {keys}"
        found = self._records.query_entities(condition, select=["RowKey"])
        own = (row for row in found if _FORM_SUFFIX.fullmatch(row["RowKey"][len(key) :]))
        return {row["RowKey"]: row.metadata["etag"] or "" for row in own}

    def put_records(self, route: str, key: str, columns: Iterable[Entity], before: Mapping[str, str]) -> None:
        """Puts one row for each of `columns`, at least one, in the place of the rows that `records` returned `before`.

        Raises `RowChanged` when there are others by now. The first form's row is written first and deleted last: where
        it is not, there is none.
        """
        rows = [
            fitted({"PartitionKey": route, "RowKey": record_key(key, form), **row})
            for form, row in enumerate(columns, start=1)
        ]
        kept = {row["RowKey"] for row in rows}
        gone = [_conditional("delete", {"PartitionKey": route, "RowKey": row_key}, etag)
                for row_key, etag in before.items() if row_key not in kept]  # fmt: skip
        puts = [_put(row, before.get(row["RowKey"])) for row in rows]
        try:
            for batch in transactions([*puts, *gone]):
                self._records.submit_transaction(batch)
        except TableTransactionError as error:
            if error.status_code not in _CHANGED:
                raise
            reason = f"{key}: its rows in Records are not those that this run knows."
            raise RowChanged(reason) from error

    def delete_records(self, route: str, found: Mapping[str, str]) -> None:
        """Deletes the rows that `records` returned, the first form's last.

        Those already gone, or written anew since, are left.
        """
        for row_key, etag in sorted(found.items(), reverse=True):
            with suppress(ResourceModifiedError):
                self._records.delete_entity(
                    {"PartitionKey": route, "RowKey": row_key},
                    etag=etag,
                    match_condition=MatchConditions.IfNotModified,
                )


def _upsert(row: Entity) -> TableOperation:
    return "upsert", row, {"mode": UpdateMode.REPLACE}


def _put(row: Entity, etag: str | None) -> TableOperation:
    return ("create", row) if etag is None else _conditional("update", row, etag)


def _conditional(verb: str, row: Entity, etag: str) -> TableOperation:
    condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    return verb, row, {**condition, "mode": UpdateMode.REPLACE} if verb == "update" else condition


def _delete(table: TableClient, rows: Iterator[Entity]) -> None:
    for batch in transactions(("delete", row) for row in rows):
        try:
            table.submit_transaction(batch)
        except TableTransactionError as error:
            if error.status_code != 404:  # noqa: PLR2004
                raise
            for _, row, *_ in batch:
                table.delete_entity(row)
