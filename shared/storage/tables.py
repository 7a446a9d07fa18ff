r"""Table Storage's keys, limits and transactions.

Limits: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
(a string property 64 KiB of UTF-16, an entity 1 MiB, keys 1 KiB and without `/ \ # ?` and control characters) and
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions (100 operations, 4 MiB,
one partition). Azurite does not check all of them, so they are met here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

Entity = dict[str, Any]
TableOperation = tuple[str, Entity] | tuple[str, Entity, Mapping[str, Any]]
"""What `TableClient.submit_transaction` takes: a verb, an entity, and how to do it."""

STRING_UNITS = 32_767
ENTITY_BYTES = 1024 * 1024 - 4096
TRANSACTION_OPERATIONS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024 - 64 * 1024

DEFAULT_ROUTE = "default"
KEY_UNITS = 400
CUT_KEY_UNITS = 380
_UNSAFE = re.compile(r"[|!\\#?%\x00-\x1f\x7f-\x9f]")


def table_key(name: str) -> str:
    """`name` as a legal and still readable table key; two names never share one.

    `/` becomes `|`, what is not allowed or has a meaning here becomes `!` and two hex digits a UTF-8 byte. A key above
    400 UTF-16 units is cut near 380 and ends in `!!` and 16 hex digits of the name's SHA-256.
    """
    pieces = [_escaped(character) for character in name]
    key = "".join(pieces)
    if utf16_units(key) <= KEY_UNITS:
        return key
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{_first(pieces, CUT_KEY_UNITS)}!!{digest}"


def route_of(path: str) -> str:
    """The first folder's name made legal, or `default` for a file at the root: a function of the path alone."""
    folder, slash, _ = path.partition("/")
    return table_key(folder) if slash and folder else DEFAULT_ROUTE


def record_key(key: str, form: int) -> str:
    """The row key of a document's form, counted from 1: the document's key, from the second on `!2`, `!3` ...

    From the tenth on it is `!!10`, because `!10` could be an escape that ends another document's key.
    """
    return key if form == 1 else f"{key}!{form}" if form < 10 else f"{key}!!{form}"  # noqa: PLR2004


def column(name: str) -> str:
    """The column of a dataclass's field: `api_version` is `ApiVersion`."""
    return "".join(word.capitalize() for word in name.split("_"))


def utf16_units(text: str) -> int:
    """The length Table Storage counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitted(entity: Entity) -> Entity:
    """`entity` within the limits of one row; what had to be cut is marked by `Truncated`."""
    cap = STRING_UNITS
    fits = _cut(entity, cap)
    while entity_bytes(fits) > ENTITY_BYTES:
        cap = cap * 3 // 4
        fits = _cut(entity, cap)
    return fits


def entity_bytes(entity: Entity) -> int:
    """An upper bound of the bytes Azure counts for a row."""
    return 4 + sum(8 + 2 * utf16_units(name) + _value_bytes(value) for name, value in entity.items())


def transactions(operations: Iterable[TableOperation]) -> Iterator[list[TableOperation]]:
    """The operations, in order, in as few transactions as the limits allow. All must be of one partition."""
    batch: list[TableOperation] = []
    size = 0
    for operation in operations:
        weight = _payload_bytes(operation[1])
        if batch and (len(batch) == TRANSACTION_OPERATIONS or size + weight > TRANSACTION_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(operation)
        size += weight
    if batch:
        yield batch


def quoted(text: str) -> str:
    """`text` as an OData string literal."""
    return "'" + text.replace("'", "''") + "'"


def _escaped(character: str) -> str:
    if character == "/":
        return "|"
    if _UNSAFE.match(character):
        return "".join(f"!{byte:02x}" for byte in character.encode())
    return character


def _first(pieces: Iterable[str], units: int) -> str:
    kept, length = [], 0
    for piece in pieces:
        length += utf16_units(piece)
        if length > units:
            break
        kept.append(piece)
    return "".join(kept)


def _cut(entity: Entity, cap: int) -> Entity:
    cut = {
        name: _first_units(value, cap)
        for name, value in entity.items()
        if isinstance(value, str) and utf16_units(value) > cap
    }
    return {**entity, **cut, "Truncated": True} if cut else entity


def _first_units(text: str, units: int) -> str:
    """At most the first `units` UTF-16 units of `text`, never half of a character."""
    first = text.encode("utf-16-le", "surrogatepass")[: 2 * units]
    halved = len(first) == 2 * units and 0xD8 <= first[-1] <= 0xDB  # noqa: PLR2004
    return first[: -2 if halved else None].decode("utf-16-le", "surrogatepass")


def _value_bytes(value: object) -> int:
    return 4 + 2 * utf16_units(value) if isinstance(value, str) else 8


def _payload_bytes(entity: Entity) -> int:
    """What one operation adds to a transaction's request: the row as JSON, its type marks and its MIME headers."""
    in_url = quote(entity["PartitionKey"] + entity["RowKey"], errors="replace")
    return len(json.dumps([entity, list(entity)], default=_wire)) + 40 * len(entity) + 2 * len(in_url) + 1024


def _wire(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
