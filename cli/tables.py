"""Rows of the tables, as a stream: of however many there are, one page at a time is in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shared.services import Services

PAGE_ROWS = 1000
"""The most that the service gives at a time."""


def rows(
    services: Services,
    table: str,
    condition: str = "",
    select: Sequence[str] | None = None,
    page_rows: int = PAGE_ROWS,
) -> Iterator[Mapping[str, Any]]:
    """The rows of `table` that match the OData `condition`, ordered by PartitionKey and RowKey; `select` names columns.

    `Timestamp` is when storage last wrote the row.

    A page of at most `page_rows` is asked for when the one before it is used up; who wants fewer rows than
    `PAGE_ROWS` says so, and the service reads no more than that.
    """
    from shared.storage.clients import table_service  # noqa: PLC0415  (slow to import; --help does without)

    columns = None if select is None else list(select)
    with table_service(services.settings.storage) as tables:
        client = tables.get_table_client(table)
        for row in client.query_entities(condition, select=columns, results_per_page=page_rows):
            # For a selected column that a row lacks, Azure says null and Azurite says nothing.
            columns_there = {name: value for name, value in row.items() if value is not None}
            written = row.metadata["timestamp"]
            yield {**columns_there, "Timestamp": written} if written else columns_there
