"""What was analyzed already: the table `Contents`, so that the same bytes are not paid for twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode

if TYPE_CHECKING:
    from datetime import datetime

    from azure.data.tables import TableClient


class Contents:
    """The table `Contents`: by SHA-256 of the bytes, API version and model, where the whole result stands."""

    def __init__(self, table: TableClient) -> None:
        self._table = table

    def find(self, content_hash: str, api_version: str, model_id: str) -> str | None:
        """The name of the result's blob, if this content was read by this model before."""
        try:
            found = self._table.get_entity(content_hash, f"{api_version}|{model_id}")
        except ResourceNotFoundError:
            return None
        name: str | None = found.get("ResultBlob")
        return name

    def remember(
        self, content_hash: str, api_version: str, model_id: str, result_blob: str, analyzed_at: datetime
    ) -> None:
        """Has `find` return `result_blob` from now on."""
        self._table.upsert_entity(
            {
                "PartitionKey": content_hash,
                "RowKey": f"{api_version}|{model_id}",
                "ResultBlob": result_blob,
                "AnalyzedAt": analyzed_at,
            },
            UpdateMode.REPLACE,
        )
