"""What FOLDER means: everything, a folder of `documents`, one inside it, or one document; and where its rows are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from cli.plain import plain, typed_name, utc
from cli.tables import rows
from shared.errors import FormsError
from shared.names import DOCUMENTS_TABLE, FIELDS_TABLE
from shared.storage.tables import CUT_KEY_UNITS, DEFAULT_ROUTE, quoted, route_of, table_key, utf16_units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.services import Services

MOST_FOLDERS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look. `inside` is how the document keys of a folder in a folder begin; `document` is one file's path."""

    typed: str = ""
    route: str = ""
    inside: str = ""
    document: str = ""

    def filter(self, table: str) -> str:
        """The rows of this place in `Documents`, `Records` or `Fields`, as ranges of keys where there are such."""
        return self._of_fields() if table == FIELDS_TABLE else self._of_route()

    def _of_route(self) -> str:
        route = f"PartitionKey eq {quoted(self.route)}" if self.route else ""
        if self.document:
            # A further form's key goes on with a mark; so do other documents' keys, which have another path.
            key = table_key(self.document)
            return f"{route} and {_begins('RowKey', key, '!')} and Path eq {quoted(self.document)}"
        return f"{route} and {_begins('RowKey', self.inside)}" if self.inside else route

    def _of_fields(self) -> str:
        if self.document:
            return f"PartitionKey eq {quoted(table_key(self.document))}"
        if self.inside:
            return _begins("PartitionKey", self.inside)
        if not self.route:
            return ""
        route = f"Route eq {quoted(self.route)}"
        # Files at the root have keys of any kind, and a key that was cut does not begin with all of its folder's.
        is_range = self.route != DEFAULT_ROUTE and utf16_units(self.route) < CUT_KEY_UNITS
        return f"{_begins('PartitionKey', f'{self.route}|')} and {route}" if is_range else route


def place_of(services: Services, typed: str) -> Place:
    """The document of that path if there is one, else the folder."""
    folder = typed_name(typed).strip("/")
    if not folder:
        return Place(typed)
    document = Place(typed, route_of(typed), document=typed)
    if typed == folder and next(rows(services, DOCUMENTS_TABLE, document.filter(DOCUMENTS_TABLE), ["RowKey"], 1), None):
        return document
    inside = table_key(f"{folder}/") if "/" in folder else ""
    return Place(typed, route_of(f"{folder}/"), inside)


def has_documents(services: Services, place: Place) -> bool:
    """Whether a document was ever seen there. Without any, `FormsError` says why, unless nothing was dropped at all."""
    if next(rows(services, DOCUMENTS_TABLE, place.filter(DOCUMENTS_TABLE), ["RowKey"], 1), None):
        return True
    name = place.typed.strip("/")
    beginnings = (services.files.list_blobs(name_starts_with=one) for one in ((name, f"{name}/") if name else ("",)))
    firsts = [next(iter(blobs), None) for blobs in beginnings]
    there = next((one for one in firsts if one and (not name or f"{one.name}/".startswith(f"{name}/"))), None)
    if there is not None:
        seen = f"{plain(there.name)} was dropped at {utc(there.last_modified)} UTC and not seen so far"
        hint = "see that the app runs; `python -m cli reconcile` sends on what was lost"
        raise FormsError("NotSeen", f"{seen}: {hint}.")
    if not name:
        return False
    found = list(islice(_folders(services), MOST_FOLDERS + 1))
    names = ", ".join([*map(plain, found[:MOST_FOLDERS]), *(["..."] if len(found) > MOST_FOLDERS else [])])
    reason = f"There is no file and no folder {plain(name)} in `documents`."
    raise FormsError("UnknownPlace", f"{reason} Folders: {names}." if names else reason)


def _folders(services: Services) -> Iterator[str]:
    """The folders of `documents`, in the order of their routes, with one small question for each."""
    route = ""
    while row := next(rows(services, DOCUMENTS_TABLE, f"PartitionKey gt {quoted(route)}", _OF_FOLDERS, 1), None):
        route = row["PartitionKey"]
        yield DEFAULT_ROUTE if route == DEFAULT_ROUTE else str(row["Path"]).partition("/")[0]


_OF_FOLDERS = ["PartitionKey", "Path"]


def _begins(column: str, start: str, last: str = "") -> str:
    """`column` begins with `start`; with `last`, it is `start` or goes on with that character."""
    whole = start + last
    return f"{column} ge {quoted(start)} and {column} lt {quoted(whole[:-1] + chr(ord(whole[-1]) + 1))}"
