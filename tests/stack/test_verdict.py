"""The verdict on a chaos run finds what it is there to find."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from bench.stack import Stack, empty_stack
from bench.verdict import Dropped, is_settled, judge
from shared.documents import Document
from shared.messages import Submission
from shared.recognizer.analysis import start_analysis
from shared.services import Services, make_services
from shared.settings import read_settings
from shared.storage.tables import table_key
from tests.stack.app import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

ETAG = "0x1"
NAMES = ("good", "unseen", "older", "doubled", "mixed", "left over", "unpaid")


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Storage and an analyzer of its own."""
    with empty_stack(tmp_path_factory.mktemp("state"), {"FORM_RECOGNIZER_API_VERSION": "2024-11-30"}) as stack:
        stack.start_storage()
        stack.start_analyzer(["--no-reading"])
        yield stack


@pytest.fixture
def services(stack: Stack) -> Services:
    """What writes the rows."""
    return make_services(read_settings(stack.environment))


def content(name: str) -> bytes:
    """A file's bytes."""
    return f"\xff\xd8\xff{name}".encode("latin-1")


def dropped(*names: str) -> dict[str, Dropped]:
    """The files that were dropped."""
    return {f"folder/{name}": Dropped(ETAG, content(name)) for name in names}


def store(services: Services, name: str, etag: str = ETAG, paid: int = 1, *, read: str = "") -> None:
    """A file that was submitted and stored, once and as it should be."""
    path = f"folder/{name}"
    row = {"Path": path, "ETag": etag}
    value = sha256(content(read or name))[:16]
    start_analysis(services.recognizer, "2024-11-30", "prebuilt-document", "image/jpeg", io.BytesIO(content(name)))
    services.documents.write(Document(path, etag, "succeeded", paid_submissions=paid))
    services.rows.put_fields(table_key(path), etag, [{**row, "Text": value}])
    services.rows.put_records("folder", table_key(path), [{**row, "Number": value}], {})


def keep_poison(services: Services, name: str, etag: str) -> None:
    """A message that went through a poison queue."""
    body = Submission(f"folder/{name}", etag).encode().encode()
    services.results.keep(f"poison/submissions-poison/{name}-{etag}.json", body)


def test_a_run_that_kept_every_promise_has_no_breach(stack: Stack, services: Services) -> None:
    """A row in each table, a payment too many on the row, a poison message about older content."""
    store(services, "good", paid=2)
    keep_poison(services, "good", "0x0")

    verdict = judge(stack, dropped("good"))

    assert is_settled(stack, dropped("good"))
    assert verdict.breaches == []
    assert (verdict.succeeded, verdict.accepted, verdict.paid_submissions, verdict.poison) == (1, 1, 2, 1)


def test_each_broken_promise_is_found(stack: Stack, services: Services) -> None:
    """Whatever else is right."""
    store(services, "good")
    store(services, "older", "0x0")
    store(services, "doubled")
    services.rows.put_fields("folder|doubled", ETAG, [{"Path": "folder/doubled", "ETag": ETAG, "Text": "x"}] * 2)
    store(services, "mixed", read="good")
    store(services, "left over")
    services.rows.put_fields("folder|left over", "0x0", [{"Path": "folder/left over", "ETag": "0x0", "Text": "x"}])
    store(services, "unpaid", paid=0)
    keep_poison(services, "unseen", ETAG)

    verdict = judge(stack, dropped(*NAMES))

    assert not is_settled(stack, dropped(*NAMES))
    assert names_in(verdict.lost) == {"unseen", "older"}
    assert names_in(verdict.wrong_rows) >= {"doubled", "mixed", "left over"}
    assert not names_in(verdict.wrong_rows) & {"good", "unpaid"}
    assert [breach.split()[2] for breach in verdict.unreported] == [sha256(content("unpaid"))]
    assert names_in(verdict.unexplained) == {"unseen"}


def names_in(breaches: list[str]) -> set[str]:
    """Which files these sentences are about."""
    return {name for name in NAMES if any(f"folder/{name}" in breach for breach in breaches)}
