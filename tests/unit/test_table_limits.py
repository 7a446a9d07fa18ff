"""Rows and transactions within Azure's limits, weighed by Azure's own formula and by the SDK's own request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.pipeline.transport import HttpTransport
from azure.data.tables import EdmType, EntityProperty, TableClient, UpdateMode
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.storage.tables import Entity, TableOperation, fitted, table_key, transactions

if TYPE_CHECKING:
    from types import TracebackType

MEBIBYTE = 1024 * 1024
MOST_UNITS = 32_767
KEYS = {"PartitionKey": "invoices", "RowKey": "invoices|1.pdf"}
CONNECTION = "DefaultEndpointsProtocol=https;AccountName=scales;AccountKey=AAAA;EndpointSuffix=core.windows.net"

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
LENGTHS = st.sampled_from([0, 1, 100, 5_000, 32_766, 32_767, 32_768, 40_000])
LONG_TEXTS = st.builds(lambda piece, length: (piece or "-") * (length // len(piece or "-") + 1), TEXT, LENGTHS)
VALUES = st.one_of(
    LONG_TEXTS,
    st.floats(allow_nan=False),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: EntityProperty(number, EdmType.INT64)),
)
COLUMN_NAMES = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=255).map(
    lambda name: f"C{name}"[:255]
)
ENTITIES = st.dictionaries(COLUMN_NAMES, VALUES, max_size=45).map(lambda columns: {**KEYS, **columns})


def utf16_units(text: str) -> int:
    """The length as Azure counts it, by encoding; fails for half a surrogate pair."""
    return len(text.encode("utf-16-le")) // 2


def azure_bytes(entity: Entity) -> int:
    """The size of a row by the formula of Microsoft's "Understanding the Table service data model"."""
    columns = {name: value for name, value in entity.items() if name not in KEYS}
    keys = sum(2 * utf16_units(entity[name]) for name in KEYS)
    return 4 + keys + sum(8 + 2 * utf16_units(name) + _value_bytes(value) for name, value in columns.items())


def _value_bytes(value: object) -> int:
    if isinstance(value, str):
        return 4 + 2 * utf16_units(value)
    return {bool: 1, int: 4}.get(type(value), 8)


class Scales(HttpTransport[Any, Any]):
    """Where requests end: each is weighed, none is sent."""

    def __init__(self) -> None:
        self.bytes = 0

    def send(self, request: Any, **_kwargs: object) -> Any:  # noqa: ANN401
        """Notes the size of the body and raises, so that nobody waits for an answer."""
        self.bytes = len(request.content)
        raise EOFError

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Nothing to close."""


def request_bytes(batch: list[TableOperation]) -> int:
    """How long the SDK's request for a transaction is."""
    scales = Scales()
    with TableClient.from_connection_string(CONNECTION, "Fields", transport=scales) as table, pytest.raises(EOFError):
        table.submit_transaction(batch)
    return scales.bytes


def upserts(rows: list[Entity]) -> list[TableOperation]:
    """The rows as operations of one transaction, each with a row key of its own."""
    return [
        ("upsert", fitted({**row, "RowKey": f"{row['RowKey']}-{ordinal:08d}"}), {"mode": UpdateMode.REPLACE})
        for ordinal, row in enumerate(rows)
    ]


@settings(deadline=None, max_examples=60)
@given(ENTITIES)
def test_any_row_fits_into_a_table(entity: Entity) -> None:
    """No string is longer than a property may be, no row than an entity, and no character is cut in half."""
    row = fitted(entity)
    assert all(utf16_units(value) <= MOST_UNITS for value in row.values() if isinstance(value, str))
    assert azure_bytes(row) <= MEBIBYTE


@settings(deadline=None, max_examples=60)
@given(ENTITIES)
def test_a_row_says_truncated_exactly_when_something_was_cut(entity: Entity) -> None:
    """What is cut is a beginning of what was there, everything else is as it was, and `Truncated` tells them apart."""
    row = fitted(entity)
    cut = {name for name, value in entity.items() if row[name] != value}
    assert row.get("Truncated", False) is bool(cut)
    assert set(row) - set(entity) == ({"Truncated"} if cut else set())
    assert all(entity[name].startswith(row[name]) for name in cut)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("x" * 32_767, 32_767, id="the longest that fits is whole"),
        pytest.param("x" * 32_768, 32_767, id="one more is cut by one"),
        pytest.param("x" + "😀" * 16_383, 32_767, id="astral characters up to the limit are whole"),
        pytest.param("😀" * 16_384, 32_766, id="a pair that would be split is left out"),
    ],
)
def test_one_long_text_loses_no_more_than_it_must(text: str, kept: int) -> None:
    """A single text is cut at 32,767 UTF-16 units or at the whole character before."""
    row = fitted({**KEYS, "Text": text})
    assert utf16_units(row["Text"]) == kept
    assert ("Truncated" in row) is (kept < utf16_units(text))


@pytest.mark.parametrize("units", range(16_300, 16_400, 4))
def test_a_row_near_the_limit_fits(units: int) -> None:
    """Around a mebibyte in 32 texts, the row is within Azure's own formula, whole or cut."""
    row = fitted({**KEYS, **{f"C{number:02d}": "x" * units for number in range(32)}})
    assert azure_bytes(row) <= MEBIBYTE
    assert azure_bytes(row) > MEBIBYTE * 7 // 10


def test_keys_are_never_cut() -> None:
    """A row that is far too large still stands under its own keys."""
    keys = {"PartitionKey": table_key("p" * 1024), "RowKey": table_key("r/" * 512)}
    row = fitted({**keys, **{f"C{number}": "é" * 40_000 for number in range(40)}})
    assert {name: row[name] for name in keys} == keys
    assert azure_bytes(row) <= MEBIBYTE


WIDE_NAMES = [f"{number:03d}" + "列" * 252 for number in range(240)]
LONGEST_KEY = {"PartitionKey": table_key("列" * 400), "RowKey": "0x8DC0FFEE0C0FFEE"}


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({**KEYS, "Text": "x" * 32_767}, id="plain text"),
        pytest.param({**KEYS, "Text": "列" * 32_767}, id="text that JSON escapes"),
        pytest.param({**KEYS, "Text": "\x00" * 32_767, "Value": '"\\' * 10_000}, id="control characters and quotes"),
        pytest.param({**KEYS, **{f"C{number}": "列" * 32_767 for number in range(15)}}, id="nearly a mebibyte"),
        pytest.param({**KEYS, **{f"C{number}": "列" * 40_000 for number in range(45)}}, id="cut to a mebibyte"),
        pytest.param({**KEYS, **{f"C{number}": number / 7 for number in range(240)}}, id="many numbers"),
        pytest.param({**KEYS, **dict.fromkeys(WIDE_NAMES, 0.1)}, id="many numbers under long names"),
        pytest.param({**KEYS, **dict.fromkeys(WIDE_NAMES, "")}, id="many empty texts under long names"),
        pytest.param({**KEYS, "At": datetime(2026, 1, 1, tzinfo=UTC)}, id="small rows"),
        pytest.param({**LONGEST_KEY, "Text": "列" * 6_500}, id="keys that the URL escapes"),
        pytest.param({**LONGEST_KEY, "Text": "x" * 39_500}, id="keys that the URL escapes, plain text"),
    ],
)
def test_no_transaction_is_larger_than_azure_takes(row: Entity) -> None:
    """A transaction is at most 4 MiB and 100 operations long, whatever its rows hold."""
    batches = list(transactions(upserts([row] * max(5, min(250, 8 * MEBIBYTE // azure_bytes(row))))))
    assert max(len(batch) for batch in batches) <= 100
    assert max(request_bytes(batch) for batch in batches) <= 4 * MEBIBYTE


@settings(deadline=None, max_examples=25)
@given(st.lists(ENTITIES, min_size=1, max_size=8), st.integers(1, 30))
def test_transactions_keep_every_operation_in_order(rows: list[Entity], times: int) -> None:
    """Nothing is lost, doubled or moved, and every transaction fits."""
    operations = upserts(rows * times)
    batches = list(transactions(iter(operations)))
    assert [operation for batch in batches for operation in batch] == operations
    assert all(1 <= len(batch) <= 100 for batch in batches)
    assert all(request_bytes(batch) <= 4 * MEBIBYTE for batch in batches)


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        pytest.param(0, [], id="none"),
        pytest.param(1, [1], id="one"),
        pytest.param(100, [100], id="exactly one full transaction"),
        pytest.param(250, [100, 100, 50], id="two and a half"),
    ],
)
def test_small_rows_go_a_hundred_at_a_time(count: int, sizes: list[int]) -> None:
    """As few transactions are sent as the limits allow."""
    assert [len(batch) for batch in transactions(upserts([KEYS] * count))] == sizes


def test_large_rows_fill_their_transactions() -> None:
    """Every transaction takes what fits, not only the first: eight rows of some 480 kB."""
    row = {**KEYS, **{f"C{number}": "x" * 32_000 for number in range(15)}}
    assert [len(batch) for batch in transactions(upserts([row] * 30))] == [8, 8, 8, 6]
