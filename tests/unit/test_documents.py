"""The life of a document: what each transition changes, and how a row is kept."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import EdmType, EntityProperty
from hypothesis import given
from hypothesis import strategies as st

from shared import documents
from shared.documents import Document, from_entity, to_entity
from shared.models import Reader
from shared.storage.tables import route_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
READER = Reader("invoices", "8d1f0e6a", "2.1", 0.8)
NEW = Document("invoices/1.pdf", "0x1", "submitting", size=5_000_000)
CLAIMED = documents.claimed(NEW, READER, "run-1", NOW)
ANALYZING = documents.accepted(CLAIMED, "https://x.example/operations/1", NOW, NOW + timedelta(seconds=3))
STORING = documents.analyzed(ANALYZING, "invoices|1.pdf/0x1/2.1-8d1f0e6a.json", NOW)
SUCCEEDED = documents.succeeded(STORING, partial="", pages=2, field_count=9, lowest=0.5, needs_review=True, now=NOW)
FAILED = documents.failed(CLAIMED, "InvalidImage", "The image is not one.", refused=True)

COLUMNS = {
    *("Path", "ETag", "Size", "ContentType", "ContentHash", "Model", "ModelId", "ApiVersion", "Status", "ErrorCode"),
    *("ErrorMessage", "NextTryAt", "OperationUrl", "Claim", "ClaimedUntil", "SubmittedAt", "AnalyzedAt", "StoredAt"),
    *("Polls", "PaidSubmissions", "Pages", "FieldCount", "LowestConfidence", "NeedsReview", "ResultBlob"),
    *("PausedSince", "PausedSeconds", "ExpiredResults"),
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
DOCUMENTS = st.builds(
    Document,
    path=TEXT,
    etag=TEXT,
    status=st.sampled_from(["submitting", "waiting", "analyzing", "storing", "succeeded", "failed"]),
    size=st.integers(0, 2**40),
    content_type=st.none() | TEXT,
    content_hash=st.none() | TEXT,
    model=st.none() | TEXT,
    model_id=st.none() | TEXT,
    api_version=st.none() | TEXT,
    error_code=st.none() | TEXT,
    error_message=st.none() | TEXT,
    next_try_at=TIMES,
    operation_url=st.none() | TEXT,
    claim=st.none() | TEXT,
    claimed_until=TIMES,
    submitted_at=TIMES,
    analyzed_at=TIMES,
    stored_at=TIMES,
    polls=st.integers(0, 10**6),
    paid_submissions=st.integers(0, 100),
    pages=st.none() | st.integers(0, 2000),
    field_count=st.none() | st.integers(0, 10**6),
    lowest_confidence=st.none() | st.floats(0, 1),
    needs_review=st.none() | st.booleans(),
    result_blob=st.none() | TEXT,
)
OUTCOMES = st.lists(st.sampled_from(["refused", "unclear", "stopped", "expired", "accepted"]), max_size=12)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        pytest.param("scan.pdf", "default", id="a file at the root"),
        pytest.param("invoices/scan.pdf", "invoices", id="a folder"),
        pytest.param("invoices/2026/scan.pdf", "invoices", id="only the first folder counts"),
        pytest.param("Invoices/scan.pdf", "Invoices", id="as it is written"),
        pytest.param("Rechnung #1/scan.pdf", "Rechnung !231", id="made legal"),
        pytest.param("/scan.pdf", "default", id="a folder without a name"),
        pytest.param("prebuilt-receipt/scan.pdf", "prebuilt-receipt", id="a prebuilt model's folder"),
    ],
)
def test_a_files_route_is_its_first_folder(path: str, route: str) -> None:
    """The route is a function of the path alone, and legal as a PartitionKey."""
    assert route_of(path) == route
    assert Document(path, "0x1", "submitting").route == route


@given(DOCUMENTS)
def test_a_row_reads_back_as_it_was_written(document: Document) -> None:
    """No value is lost, changed or made up on the way to the table and back."""
    assert from_entity(to_entity(document), "W/1") == replace(document, row_etag="W/1")


@given(DOCUMENTS)
def test_a_row_has_no_column_without_a_value(document: Document) -> None:
    """A column is there exactly when there is something to say, and none is there that is not promised."""
    row = to_entity(document)
    given_values = [field for field in fields(document) if getattr(document, field.name) is not None]
    assert None not in row.values()
    assert len(row) == len(given_values) - 1 + len(("PartitionKey", "RowKey"))
    assert set(row) <= COLUMNS | {"PartitionKey", "RowKey"}


def test_a_row_has_the_columns_that_queries_rely_on() -> None:
    """With every value there, the row has exactly the promised columns under its own keys."""
    whole = replace(
        SUCCEEDED,
        **{field.name: NOW for field in fields(Document) if field.name.endswith(("_at", "_until"))},  # type: ignore[arg-type]
        **dict.fromkeys(("content_type", "content_hash", "error_code", "error_message", "claim"), "x"),  # type: ignore[arg-type]
    )
    row = to_entity(replace(whole, paused_since=NOW))
    assert set(row) - {"PartitionKey", "RowKey"} == COLUMNS
    assert (row["PartitionKey"], row["RowKey"]) == ("invoices", "invoices|1.pdf")


def test_size_is_an_int64() -> None:
    """A file above 2 GiB must not break the row, and the column keeps one type for all files."""
    assert to_entity(NEW)["Size"] == EntityProperty(5_000_000, EdmType.INT64)
    assert to_entity(replace(NEW, size=3 * 2**30))["Size"].value == 3 * 2**30


def test_a_row_of_a_later_version_can_be_read() -> None:
    """A column that this code does not know is left alone."""
    assert from_entity({**to_entity(NEW), "Mood": "good"}, "W/1") == replace(NEW, row_etag="W/1")


def test_a_message_that_is_too_long_for_a_column_is_cut() -> None:
    """A row with the service's longest words can still be written and read."""
    row = to_entity(replace(FAILED, error_message="no" * 20_000))
    assert len(row["ErrorMessage"]) == 32_767
    assert from_entity(row, "W/1").error_message == row["ErrorMessage"]


def test_a_file_that_was_never_seen_starts_at_the_beginning() -> None:
    """Without a row there is nothing to go on from."""
    assert documents.discovered("a.pdf", "0x1", 7, None) == Document("a.pdf", "0x1", "submitting", size=7)


@pytest.mark.parametrize(
    "previous",
    [pytest.param(row, id=row.status) for row in (CLAIMED, ANALYZING, STORING, SUCCEEDED, FAILED)],
)
def test_the_same_content_goes_on_from_where_it_stands(previous: Document) -> None:
    """A late duplicate of the trigger changes nothing, least of all a final row."""
    assert documents.discovered(previous.path, previous.etag, previous.size, previous) is previous


@given(DOCUMENTS)
def test_new_content_starts_anew(previous: Document) -> None:
    """Nothing of the old content is kept but the place of its row."""
    previous = replace(previous, row_etag="W/1")
    fresh = documents.discovered(previous.path, f"{previous.etag}-2", 7, previous)
    assert fresh == Document(previous.path, f"{previous.etag}-2", "submitting", size=7, row_etag="W/1")


@pytest.mark.parametrize(
    ("document", "is_final"),
    [
        pytest.param(row, row in (SUCCEEDED, FAILED), id=row.status)
        for row in (NEW, ANALYZING, STORING, SUCCEEDED, FAILED)
    ],
)
def test_succeeded_and_failed_are_final(document: Document, *, is_final: bool) -> None:
    """Every other state goes on."""
    assert document.is_final is is_final


@pytest.mark.parametrize(
    ("size", "seconds"),
    [
        pytest.param(0, 120, id="empty"),
        pytest.param(999_999, 120, id="just under a megabyte"),
        pytest.param(5_000_000, 125, id="five megabytes"),
        pytest.param(500 * 1024 * 1024, 644, id="the largest"),
    ],
)
def test_a_claim_lasts_two_minutes_and_a_second_for_each_megabyte(size: int, seconds: int) -> None:
    """The larger the file, the longer nobody else may send it."""
    mine = documents.claimed(replace(NEW, size=size), READER, "run-1", NOW)
    assert mine.claimed_until == NOW + timedelta(seconds=seconds)
    assert mine.is_claimed(NOW + timedelta(seconds=seconds - 1))
    assert not mine.is_claimed(NOW + timedelta(seconds=seconds))


def test_a_claim_says_who_reads_it_and_counts_the_call_before_it_is_made() -> None:
    """A run that dies while it sends leaves a row that admits one more paid call."""
    row = (CLAIMED.status, CLAIMED.model, CLAIMED.model_id, CLAIMED.api_version, CLAIMED.claim)
    assert row == ("submitting", "invoices", "8d1f0e6a", "2.1", "run-1")
    assert CLAIMED.paid_submissions == 1
    assert CLAIMED.submitted_at == NOW


def test_the_deadline_counts_from_the_first_claim_until_it_is_accepted() -> None:
    """Trying again does not start the clock anew; being accepted does."""
    later = NOW + timedelta(hours=1)
    put_off = documents.waiting(CLAIMED, "429", "Too many.", later, refused=True)
    again = documents.claimed(put_off, READER, "run-2", later)
    assert again.submitted_at == NOW
    assert documents.accepted(again, "https://x.example/operations/2", later, later).submitted_at == later


def test_a_new_claim_forgets_the_operation_before_it() -> None:
    """A poll of the operation before can't be taken for one of the new."""
    expired = documents.waiting(replace(ANALYZING, polls=9), "ResultExpired", "Gone.", NOW, refused=False)
    again = documents.claimed(expired, READER, "run-2", NOW)
    assert (again.operation_url, again.polls, again.error_code, again.next_try_at) == (None, 0, None, None)


def test_an_accepted_document_says_where_its_answer_will_be() -> None:
    """The claim is over, and the row says when it is asked for next."""
    row = (ANALYZING.status, ANALYZING.operation_url, ANALYZING.next_try_at, ANALYZING.claim, ANALYZING.claimed_until)
    assert row == ("analyzing", "https://x.example/operations/1", NOW + timedelta(seconds=3), None, None)


def test_a_waiting_document_says_why_and_until_when() -> None:
    """Whoever looks at the row knows what is the matter, and no claim keeps others away."""
    row = documents.waiting(CLAIMED, "401", "Look at FORM_RECOGNIZER_KEY.", NOW + timedelta(minutes=5), refused=True)
    assert (row.status, row.error_code, row.error_message) == ("waiting", "401", "Look at FORM_RECOGNIZER_KEY.")
    assert (row.next_try_at, row.claim, row.claimed_until) == (NOW + timedelta(minutes=5), None, None)


def test_not_yet_is_no_error_and_clears_the_one_before() -> None:
    """A fault stands on the row until the service answers again."""
    faulty = documents.asked(ANALYZING, 1, NOW, ("500", "It failed."))
    assert (faulty.status, faulty.polls, faulty.error_code, faulty.error_message) == (
        "analyzing",
        1,
        "500",
        "It failed.",
    )
    well = documents.asked(faulty, 2, NOW)
    assert (well.polls, well.error_code, well.error_message) == (2, None, None)


def test_a_result_ends_the_wait() -> None:
    """From here on only the rows are missing, and the row says where the whole result is."""
    late = documents.analyzed(documents.asked(ANALYZING, 3, NOW, ("500", "It failed.")), "a.json", NOW)
    assert (late.status, late.result_blob, late.analyzed_at) == ("storing", "a.json", NOW)
    assert (late.error_code, late.error_message, late.next_try_at) == (None, None, None)


def test_a_succeeded_document_says_what_was_read() -> None:
    """The counts stand on the row and no error of an earlier try does."""
    row = (SUCCEEDED.status, SUCCEEDED.pages, SUCCEEDED.field_count, SUCCEEDED.lowest_confidence)
    assert row == ("succeeded", 2, 9, 0.5)
    assert (SUCCEEDED.needs_review, SUCCEEDED.stored_at, SUCCEEDED.error_code) == (True, NOW, None)


def test_a_failed_document_says_why_and_waits_for_nothing() -> None:
    """No time of a next try is left on a row that will not be tried."""
    row = documents.failed(documents.waiting(CLAIMED, "429", "Wait.", NOW, refused=True), "Gone", "It is gone.")
    assert (row.status, row.error_code, row.error_message, row.next_try_at) == ("failed", "Gone", "It is gone.", None)


@given(OUTCOMES)
def test_paid_submissions_are_never_below_what_was_paid(outcomes: list[str]) -> None:
    """Only a call that the service surely refused is taken back; every other one may be on the bill."""
    row, calls, refusals = NEW, 0, 0
    for number, outcome in enumerate(outcomes):
        row, calls = documents.claimed(row, READER, f"run-{number}", NOW), calls + 1
        if outcome == "refused":
            row, refusals = documents.waiting(row, "429", "Wait.", NOW, refused=True), refusals + 1
        elif outcome == "unclear":
            row = documents.waiting(row, "500", "It failed.", NOW, refused=False)
        elif outcome in ("accepted", "expired"):
            row = documents.accepted(row, f"https://x.example/operations/{number}", NOW, NOW)
        if outcome == "expired":
            row = documents.waiting(row, "ResultExpired", "Gone.", NOW, refused=False)
        assert row.paid_submissions == calls - refusals


@pytest.mark.parametrize(
    ("refused", "paid"), [pytest.param(True, 0, id="surely refused"), pytest.param(False, 1, id="perhaps begun")]
)
def test_a_failure_takes_a_paid_call_back_only_when_it_was_refused(*, refused: bool, paid: int) -> None:
    """A document that fails on its POST says whether that may be on the bill."""
    assert documents.failed(CLAIMED, "InvalidImage", "No.", refused=refused).paid_submissions == paid


def test_failing_before_any_call_costs_nothing() -> None:
    """An empty file ends with nothing paid."""
    assert documents.failed(NEW, "EmptyFile", "Empty.").paid_submissions == 0


def test_a_document_whose_result_expired_keeps_that_in_mind() -> None:
    """So that it is paid for a second time, and not a third."""
    analyzing = Document("a.pdf", "0x1", "analyzing", operation_url="https://x.example/1", expired_results=1)

    waits = documents.back_to_waiting(analyzing, "ResultExpired", "", NOW)
    sent = documents.claimed(waits, READER, "run", NOW)

    assert documents.accepted(sent, "https://x.example/2", NOW, NOW).expired_results == 1
