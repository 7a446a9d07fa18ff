"""A place in the container `documents` that a person names (a file, a folder, or nothing for all), and its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.plain import plain, utc
from cli.tables import rows
from shared.errors import FormsError
from shared.names import DOCUMENTS_TABLE
from shared.storage.tables import quoted, route_of, table_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.services import Services

_AFTER_A_FOLDER = "}"
"""The character after `|`, which stands for a folder's `/` in a key."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a person named, and the condition for its rows in `Documents`; `row` is that of a single file."""

    name: str
    condition: str
    row: Mapping[str, Any] | None = None


def find_place(services: Services, name: str) -> Place:
    """The file called `name`, else the folder, also one within another; `default` is the files at the root."""
    folder = name.strip("/")
    if not folder:
        return Place("", "")
    keys = f"PartitionKey eq {quoted(route_of(name))} and RowKey eq {quoted(table_key(name))}"
    row = next(rows(services, DOCUMENTS_TABLE, keys), None)
    if row is not None:
        return Place(name, keys, row)
    condition = f"PartitionKey eq {quoted(route_of(f'{folder}/'))}"
    if "/" in folder:
        key = table_key(folder)
        condition += f" and RowKey gt {quoted(f'{key}|')} and RowKey lt {quoted(key + _AFTER_A_FOLDER)}"
    return Place(folder, condition)


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
