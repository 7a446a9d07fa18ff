"""`status` and `query`: where the documents are, and what was read from them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import command_services
from shared.names import DOCUMENTS_TABLE, RECORDS_TABLE
from shared.storage.clients import table_service
from shared.storage.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_ROWS = 100
_NOT_FIELDS = {
    *("PartitionKey", "RowKey", "Path", "ETag", "DocumentType", "Confidence", "NeedsReview", "FieldsLeftOut"),
    "Truncated",
}

EXAMPLES = (
    "python -m cli status purchase-order  # the files of one folder",
    "python -m cli query purchase-order  # the values of one folder",
)

Folder = Annotated[str, typer.Argument(help="A folder of `documents`; `default` for files at the root.")]


def status(folder: Folder = "") -> None:
    """Shows where each document is and, if it is not well, why. The first hundred rows."""
    table = Table("document", "status", "since", "why")
    for row in _rows(DOCUMENTS_TABLE, folder):
        since = row.get("StoredAt") or row.get("AnalyzedAt") or row.get("SubmittedAt")
        table.add_row(
            row["Path"], row["Status"], f"{since:%Y-%m-%d %H:%M:%S}" if since else "", row.get("ErrorMessage", "")
        )
    Console(markup=False, emoji=False).print(table)


def query(folder: Folder = "") -> None:
    """Shows what was read: a line for each value, a block for each form. The first hundred forms."""
    console = Console(highlight=False, markup=False, emoji=False)
    for row in _rows(RECORDS_TABLE, folder):
        console.print(f"{row['Path']}{'  (needs review)' if row['NeedsReview'] else ''}", style="bold")
        for name, value in row.items():
            if name not in _NOT_FIELDS:
                console.print(f"  {name}: {value}", soft_wrap=True)


def _rows(table: str, folder: str) -> Iterator[Mapping[str, Any]]:
    condition = f"PartitionKey eq {quoted(folder)}" if folder else ""
    with table_service(command_services().settings.storage) as tables:
        found = tables.get_table_client(table).query_entities(condition, results_per_page=MOST_ROWS)
        yield from islice(found, MOST_ROWS)
