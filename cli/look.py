"""`status`: where the documents are."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import command_services
from cli.tables import rows
from shared.names import DOCUMENTS_TABLE
from shared.storage.tables import quoted

MOST_ROWS = 100
EXAMPLES = ("python -m cli status purchase-order  # the files of one folder",)

Folder = Annotated[str, typer.Argument(help="A folder of `documents`; `default` for files at the root.")]


def status(folder: Folder = "") -> None:
    """Shows where each document is and, if it is not well, why. The first hundred rows."""
    table = Table("document", "status", "since", "why")
    condition = f"PartitionKey eq {quoted(folder)}" if folder else ""
    for row in islice(rows(command_services(), DOCUMENTS_TABLE, condition, page_rows=MOST_ROWS), MOST_ROWS):
        since = row.get("StoredAt") or row.get("AnalyzedAt") or row.get("SubmittedAt")
        table.add_row(
            row["Path"], row["Status"], f"{since:%Y-%m-%d %H:%M:%S}" if since else "", row.get("ErrorMessage", "")
        )
    Console(markup=False, emoji=False).print(table)
