"""The storage in memory of `tests/interleavings` answers as Azurite does: one suite for both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import EdmType, EntityProperty, TableTransactionError, UpdateMode
from azure.storage.blob import BlobBlock

from shared.documents import Document, Documents
from shared.storage.clients import blob_service, queue_service, table_service
from shared.storage.tables import quoted
from tests.interleavings.memory import Account, Container, QueueService, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.settings import StorageConnection
    from tests.conftest import Eventually

WHOLE = UpdateMode.REPLACE


@dataclass(frozen=True)
class Storage:
    """A table, a container and a queue, all empty; `seen` are the queue's visible messages."""

    table: Any
    container: Any
    queue: Any
    seen: Callable[[], list[str]]
    a_second_passes: Callable[[], None] = lambda: None


@pytest.fixture(params=["memory", "azurite"])
def here(request: pytest.FixtureRequest, unique: Callable[[str], str]) -> Iterator[Storage]:
    """Each kind of storage in turn."""
    if request.param == "memory":
        yield _in_memory()
    else:
        yield from _in_azurite(request.getfixturevalue("storage"), unique)


def _in_memory() -> Storage:
    account = Account()
    queue = QueueService(account).get_queue_client("queue")

    def a_second_passes() -> None:
        account.now += timedelta(seconds=1)

    return Storage(
        Table(account, "Table"),
        Container(account, "container"),
        queue,
        lambda: [message.body.decode() for message in queue.visible()],
        a_second_passes,
    )


def _in_azurite(connection: StorageConnection, unique: Callable[[str], str]) -> Iterator[Storage]:
    name = unique("like")
    with table_service(connection) as tables, blob_service(connection) as blobs, queue_service(connection) as queues:
        queue = queues.create_queue(name)
        yield Storage(
            tables.create_table(name.replace("-", "")),
            blobs.create_container(name),
            queue,
            lambda: [message.content for message in queue.peek_messages(32)],
        )


def row(key: str, **columns: object) -> dict[str, Any]:
    """A row of the partition `p`."""
    return {"PartitionKey": "p", "RowKey": key, **columns}


def unless_changed(etag: str) -> dict[str, Any]:
    """The condition that the row is still the one with this ETag."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def etag_of(table: Any, key: str) -> str:  # noqa: ANN401
    """The table's ETag of a row."""
    return str(table.get_entity("p", key).metadata["etag"])


def keys(table: Any) -> list[str]:  # noqa: ANN401
    """All row keys, in the order in which they come."""
    return [one["RowKey"] for one in table.query_entities("PartitionKey eq 'p'")]


# Rows.


def test_a_row_comes_back_as_it_was_written(here: Storage) -> None:
    """Its columns, its ETag and when it was written."""
    when = datetime(2026, 11, 1, 12, tzinfo=UTC)
    written = here.table.create_entity(
        row("k", Text="ü'|!", Size=EntityProperty(5, EdmType.INT64), When=when, Yes=True)
    )

    read = here.table.get_entity("p", "k")

    assert dict(read) == row("k", Text="ü'|!", Size=EntityProperty(5, EdmType.INT64), When=when, Yes=True)
    assert read.metadata["etag"] == written["etag"]
    assert read.metadata["timestamp"].utcoffset() == timedelta(0)


def test_a_document_comes_back_as_it_was_written(here: Storage) -> None:
    """So it does through `Documents`, and with an ETag of its own each time."""
    documents = Documents(here.table)
    first = documents.write(Document("folder/it's ü.pdf", "0x1", "submitting", size=7))

    second = documents.write(first)

    assert documents.read(first.path) == second
    assert second.row_etag != first.row_etag


def test_a_row_that_is_not_there(here: Storage) -> None:
    """It can't be read or replaced; deleting it is fine."""
    with pytest.raises(ResourceNotFoundError) as read:
        here.table.get_entity("p", "k")
    with pytest.raises(ResourceNotFoundError) as updated:
        here.table.update_entity(row("k"), WHOLE, **unless_changed("W/\"datetime'2026-11-01T00%3A00%3A00.0Z'\""))
    here.table.delete_entity(row("k"))

    assert (read.value.status_code, updated.value.status_code) == (404, 404)


def test_a_row_that_is_there_is_not_created(here: Storage) -> None:
    """It stays as it is."""
    here.table.create_entity(row("k", Text="first"))

    with pytest.raises(ResourceExistsError) as error:
        here.table.create_entity(row("k", Text="second"))

    assert error.value.status_code == 409
    assert here.table.get_entity("p", "k")["Text"] == "first"


def test_a_row_is_replaced_only_while_it_is_as_it_was_read(here: Storage) -> None:
    """Of two that read the same, one wins; the row then has its columns and no others."""
    read = here.table.create_entity(row("k", Text="first", Only="first"))["etag"]
    won = here.table.update_entity(row("k", Text="second"), WHOLE, **unless_changed(read))

    with pytest.raises(ResourceModifiedError) as error:
        here.table.update_entity(row("k", Text="third"), WHOLE, **unless_changed(read))

    assert error.value.status_code == 412
    assert dict(here.table.get_entity("p", "k")) == row("k", Text="second")
    assert etag_of(here.table, "k") == won["etag"] != read


def test_an_upsert_asks_for_nothing(here: Storage) -> None:
    """It makes the row, and replaces it."""
    here.table.upsert_entity(row("k", Text="first", Only="first"), WHOLE)
    here.table.upsert_entity(row("k", Text="second"), WHOLE)

    assert dict(here.table.get_entity("p", "k")) == row("k", Text="second")


def test_a_row_is_deleted(here: Storage) -> None:
    """Whatever its ETag."""
    here.table.create_entity(row("k"))
    here.table.delete_entity(row("k"))

    assert keys(here.table) == []


# Transactions.


def test_a_transaction_does_all(here: Storage) -> None:
    """Every kind of operation that we send."""
    for key in ("deleted", "let go", "replaced", "written over"):
        here.table.create_entity(row(key, Text="before"))

    here.table.submit_transaction(
        [
            ("create", row("created")),
            ("update", row("replaced"), {**unless_changed(etag_of(here.table, "replaced")), "mode": WHOLE}),
            ("upsert", row("written over"), {"mode": WHOLE}),
            ("upsert", row("new"), {"mode": WHOLE}),
            ("delete", row("deleted")),
            ("delete", row("let go"), unless_changed(etag_of(here.table, "let go"))),
        ]
    )

    assert keys(here.table) == ["created", "new", "replaced", "written over"]
    assert "Text" not in here.table.get_entity("p", "replaced")
    assert "Text" not in here.table.get_entity("p", "written over")


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        pytest.param(lambda _: ("create", row("there")), 409, id="creates what is there"),
        pytest.param(lambda old: ("update", row("there"), {**old, "mode": WHOLE}), 412, id="replaces what changed"),
        pytest.param(lambda old: ("update", row("gone"), {**old, "mode": WHOLE}), 404, id="replaces what is gone"),
        pytest.param(lambda old: ("delete", row("there"), old), 412, id="deletes what changed"),
        pytest.param(lambda old: ("delete", row("gone"), old), 404, id="deletes what is gone, if unchanged"),
        pytest.param(lambda _: ("delete", row("gone")), 404, id="deletes what is gone"),
    ],
)
def test_a_transaction_does_nothing_when_one_part_fails(
    here: Storage, operation: Callable[[dict[str, Any]], tuple[Any, ...]], status: int
) -> None:
    """What came before the part that failed is not done, nor what comes after."""
    read = here.table.create_entity(row("there", Text="before"))["etag"]
    here.table.upsert_entity(row("there", Text="now"), WHOLE)
    first, last = ("upsert", row("first"), {"mode": WHOLE}), ("upsert", row("there too"), {"mode": WHOLE})

    with pytest.raises(TableTransactionError) as error:
        here.table.submit_transaction([first, operation(unless_changed(read)), last])

    assert error.value.status_code == status
    assert keys(here.table) == ["there"]
    assert here.table.get_entity("p", "there")["Text"] == "now"


# Queries.

ROWS = {"0x1-00000000": "failed", "0x1-00000001": "succeeded", "0x2-00000000": "analyzing", "it's!": None, "it's!2": ""}


QUOTE = quoted("it's!")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param("PartitionKey eq 'q'", [], id="another partition"),
        pytest.param("PartitionKey eq 'p'", sorted(ROWS), id="a partition"),
        pytest.param("Status eq 'failed'", ["0x1-00000000"], id="one status"),
        pytest.param("Status ne 'succeeded' and Status ne 'failed'", ["0x2-00000000", "it's!2"], id="no final status"),
        pytest.param(
            "PartitionKey eq 'p' and (RowKey lt '0x1-' or RowKey ge '0x1-00000001')",
            ["0x1-00000001", "0x2-00000000", "it's!", "it's!2"],
            id="all but a range",
        ),
        pytest.param(
            "PartitionKey eq 'p' and RowKey ge '0x1-' and RowKey lt '0x1.'",
            ["0x1-00000000", "0x1-00000001"],
            id="a range",
        ),
        pytest.param(
            "PartitionKey eq 'p' and RowKey ge '0x1-00000001' and RowKey le '0x2-00000000'",
            ["0x1-00000001", "0x2-00000000"],
            id="a range with both ends",
        ),
        pytest.param(
            f"PartitionKey eq 'p' and (RowKey eq {QUOTE} or (RowKey ge {QUOTE} and RowKey lt 'j'))",
            ["it's!", "it's!2"],
            id="one or a range, with a quote",
        ),
    ],
)
def test_the_conditions_that_we_ask_with(here: Storage, condition: str, found: list[str]) -> None:
    """Rows come in the order of their keys; a row without the column meets no condition about it."""
    for key in reversed(ROWS):
        here.table.create_entity(row(key) if ROWS[key] is None else row(key, Status=ROWS[key]))

    assert [one["RowKey"] for one in here.table.query_entities(condition)] == found


def test_a_query_brings_the_columns_that_were_asked_for(here: Storage) -> None:
    """And the row's ETag and time all the same."""
    here.table.create_entity(row("k", Text="text", Status="failed"))

    (found,) = here.table.query_entities("PartitionKey eq 'p'", select=["RowKey"])

    assert dict(found) == {"RowKey": "k"}
    assert found.metadata["etag"] == etag_of(here.table, "k")


# Blobs.


def test_a_blob_that_is_not_there(here: Storage) -> None:
    """It can't be read or looked at."""
    blob = here.container.get_blob_client("a/b.pdf")

    assert not blob.exists()
    for look in (blob.download_blob, blob.get_blob_properties):
        with pytest.raises(ResourceNotFoundError) as error:
            look()
        assert error.value.status_code == 404


def test_a_blob_is_read_whole_and_in_parts(here: Storage) -> None:
    """With its size and its ETag, which stands in quotes."""
    blob = here.container.upload_blob("a/b.pdf", b"0123456789", overwrite=True)

    opened = blob.download_blob()
    assert (opened.size, opened.readall()) == (10, b"0123456789")
    assert b"".join(blob.download_blob().chunks()) == b"0123456789"
    part = blob.download_blob(4, 3)
    assert (part.size, part.readall()) == (3, b"456")
    assert blob.download_blob(offset=8, length=9).readall() == b"89"
    looked = blob.get_blob_properties()
    assert (looked.size, looked.etag) == (10, opened.properties.etag)
    assert looked.etag.startswith('"')
    assert blob.exists()


def test_new_content_has_a_new_etag_and_the_old_is_not_read_for_it(here: Storage) -> None:
    """A reader of the old content is told that it is gone."""
    blob = here.container.upload_blob("a.pdf", b"old", overwrite=True)
    old = unless_changed(blob.get_blob_properties().etag)
    assert blob.download_blob(0, 3, **old).readall() == b"old"

    with pytest.raises(ResourceExistsError) as kept:
        blob.upload_blob(b"new", overwrite=False)
    blob.upload_blob(b"new", overwrite=True)

    with pytest.raises(ResourceModifiedError) as changed:
        blob.download_blob(0, 3, **old)
    assert (kept.value.status_code, changed.value.status_code) == (409, 412)
    assert blob.download_blob().readall() == b"new"


def test_blocks_are_seen_once_they_are_committed(here: Storage) -> None:
    """In the order of the list, in the place of what was there."""
    blob = here.container.upload_blob("result.json", b"before", overwrite=True)
    before = blob.get_blob_properties().etag
    for block, part in (("block-2", b"two"), ("block-1", b"one"), ("block-3", b"three")):
        blob.stage_block(block, part)
    assert blob.download_blob().readall() == b"before"

    blob.commit_block_list([BlobBlock("block-1"), BlobBlock("block-2")])

    assert blob.download_blob().readall() == b"onetwo"
    assert blob.get_blob_properties().etag != before


def test_a_blob_of_staged_blocks_only_is_not_there(here: Storage) -> None:
    """Nobody sees it before the list is committed."""
    blob = here.container.get_blob_client("result.json")
    blob.stage_block("block-1", b"one")

    assert not blob.exists()
    assert [one.name for page in here.container.list_blobs(results_per_page=2).by_page() for one in page] == []


def test_what_was_staged_is_dropped_when_another_commits(here: Storage) -> None:
    """So of two that stage one blob, the second can't commit, and the first one's content stays."""
    blob = here.container.get_blob_client("result.json")
    blob.stage_block("block-1", b"first")
    blob.stage_block("block-2", b"second")
    blob.commit_block_list([BlobBlock("block-1")])

    with pytest.raises(HttpResponseError) as error:
        blob.commit_block_list([BlobBlock("block-2")])

    assert error.value.status_code == 400
    assert blob.download_blob().readall() == b"first"


def test_files_are_listed_by_name_in_pages(here: Storage) -> None:
    """With the ETag and the time of each."""
    for name in ("b", "a/2", "c", "a/1", "e"):
        here.container.upload_blob(name, b"content", overwrite=True)

    pages = [list(page) for page in here.container.list_blobs(results_per_page=2).by_page()]

    assert [[blob.name for blob in page] for page in pages] == [["a/1", "a/2"], ["b", "c"], ["e"]]
    listed, looked = pages[0][0], here.container.get_blob_client("a/1").get_blob_properties()
    assert str(listed.etag).strip('"') == looked.etag.strip('"')
    assert listed.last_modified == looked.last_modified


# Messages.


def test_a_message_is_seen_when_its_delay_is_over(here: Storage, eventually: Eventually) -> None:
    """Those without one at once; each as it was sent."""
    here.queue.send_message('{"late":"ü"}', visibility_timeout=2, time_to_live=-1)
    here.queue.send_message('{"now":1}', visibility_timeout=0, time_to_live=-1)
    assert here.seen() == ['{"now":1}']

    def both() -> bool:
        here.a_second_passes()
        return len(here.seen()) == 2

    eventually(both, "the second message")
    assert sorted(here.seen()) == ['{"late":"ü"}', '{"now":1}']
