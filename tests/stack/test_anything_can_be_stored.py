"""Whatever a form says and a file is called, Table Storage takes its rows."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.fields import Form, Record, columns_of, flatten
from shared.storage.tables import route_of, table_key
from tests.stack.app import make_app

if TYPE_CHECKING:
    from shared.settings import StorageConnection
    from tests.stack.app import App

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
LONG = st.builds(lambda text, times: text * times, TEXTS, st.sampled_from([1, 1, 1, 3000]))
PAIRS = st.lists(st.tuples(TEXTS, st.none() | LONG, st.none() | st.floats(0, 1)), max_size=260)
PATHS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@pytest.fixture(scope="module")
def app(storage: StorageConnection) -> App:
    """A worker; only its tables are used."""
    return make_app(storage, "http://127.0.0.1:1", "key")


@given(path=PATHS, found=PAIRS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_of_any_text_arrive_as_they_were_sent(app: App, path: str, found: list[tuple[str, Any, Any]]) -> None:
    """Keys, property names and sizes are legal, and nothing is lost but what is marked."""
    rows = list(flatten(_result(found)))
    key, route, etag = table_key(path), route_of(path), "0x1"
    record = Record(Form(1), 0.8)
    for row in rows:
        record.add(row)

    app.services.rows.put_fields(key, etag, [{"Path": path, **columns_of(row, 0.8)} for row in rows])
    app.services.rows.put_records(
        route, key, [{"Path": path, **record.columns()}], app.services.rows.records(route, key)
    )

    stored = [row for row in app.fields(path) if row["RowKey"] < f"{etag}-{len(rows):08d}"]
    assert [row["Name"] for row in stored] == [row.name for row in rows]
    assert all(row.get("Truncated") or row.get("Text") == sent.text for row, sent in zip(stored, rows, strict=True))
    assert len(app.records(path)) == 1


def _result(found: list[tuple[str, Any, Any]]) -> io.BytesIO:
    pairs = [
        {"key": {"text": key}, "value": {"text": value}, "confidence": confidence} for key, value, confidence in found
    ]
    page = {"page": 1, "keyValuePairs": pairs, "tables": []}
    result = {"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": [], "pageResults": [page]}}
    return io.BytesIO(json.dumps(result).encode())
