"""A place in the container `documents` that a person names (a file, a folder, or nothing for all), and its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceNotFoundError

from cli.plain import plain, utc
from shared.errors import FormsError
from shared.names import DOCUMENTS_TABLE
from shared.storage.clients import table_service
from shared.storage.tables import quoted, route_of, table_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from azure.data.tables import TableClient

    from shared.services import Services

Row = dict[str, Any]

_AFTER_A_FOLDER = "}"
"""The character after `|`, which stands for a folder's `/` in a key."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a person named, and the condition for its rows in `Documents`; `row` is that of a single file."""

    name: str
    condition: str
    row: Row | None = None


def find_place(services: Services, name: str) -> Place:
    """The file called `name`, else the folder, also one within another; `default` is the files at the root."""
    folder = name.strip("/")
    if not folder:
        return Place("", "")
    with _table(services) as table:
        try:
            entity = table.get_entity(route_of(name), table_key(name))
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", "") == "TableNotFound":
                raise
        else:
            keys = f"PartitionKey eq {quoted(route_of(name))} and RowKey eq {quoted(table_key(name))}"
            return Place(name, keys, _with_timestamp(entity))
    condition = f"PartitionKey eq {quoted(route_of(f'{folder}/'))}"
    if "/" in folder:
        key = table_key(folder)
        condition += f" and RowKey gt {quoted(f'{key}|')} and RowKey lt {quoted(key + _AFTER_A_FOLDER)}"
    return Place(folder, condition)


def rows_at(services: Services, condition: str, page_rows: int, select: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of `Documents`, with `Timestamp`, a page at a time; `select` names columns, all by default."""
    columns = list(select) or None
    with _table(services) as table:
        for entity in table.query_entities(condition, select=columns, results_per_page=page_rows):
            yield _with_timestamp(entity)


def nothing_there(services: Services, place: Place) -> FormsError:
    """Why a place has no row: nothing was dropped there, or nobody saw it so far."""
    name = plain(place.name)
    if not name:
        return FormsError("NoDocuments", "No document was read so far; `python -m cli upload` drops files.")
    beginnings = (services.files.list_blobs(name_starts_with=one) for one in (place.name, f"{place.name}/"))
    firsts = [next(iter(blobs), None) for blobs in beginnings]
    there = next((one for one in firsts if one and (f"{one.name}/").startswith(f"{place.name}/")), None)
    if there is None:
        reason = f"There is no file and no folder {name} in `documents`; `python -m cli status` shows what there is."
        return FormsError("UnknownPlace", reason)
    seen = f"{plain(there.name)} was dropped at {utc(there.last_modified)} UTC and not seen so far"
    hint = "see that the app runs; `python -m cli reconcile` sends on what was lost"
    return FormsError("NotSeen", f"{seen}: {hint}.")


def _table(services: Services) -> TableClient:
    return table_service(services.settings.storage).get_table_client(DOCUMENTS_TABLE)


def _with_timestamp(entity: Any) -> Row:  # noqa: ANN401
    # For a selected column that a row lacks, Azure says null and Azurite says nothing.
    columns = {name: value for name, value in entity.items() if value is not None}
    return {**columns, "Timestamp": entity.metadata["timestamp"]}
