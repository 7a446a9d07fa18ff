"""Store: a result becomes rows in `Fields` and `Records`, and the document is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from shared.documents import Document, succeeded
from shared.errors import MalformedResult, RowChanged
from shared.fields import Form, Page, Problem, Record, Row, columns_of, read
from shared.logs import log
from shared.steps.failure import delete_outdated_rows, fail, leave_to_others, recording_errors, submit_anew
from shared.steps.outcome import log_outcome, seconds_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.fields import Part
    from shared.messages import Result
    from shared.services import Services
    from shared.storage.tables import Entity


def store_fields(services: Services, message: Result) -> None:
    """Writes the rows of the file's result, if it is still that of its newest content. Twice is as good as once."""
    document = services.documents.read(message.path)
    if document is not None and document.is_final:
        _finish(services, document)
    elif document is not None and (document.etag, document.status) == (message.etag, "storing"):
        with recording_errors(services, document, "storing"):
            _store(services, document)
    else:
        log("result_dropped", message.path, message.etag)
        if document is not None:
            leave_to_others(services, document)


def _store(services: Services, document: Document) -> None:
    result = services.results.open(document.result_blob or "")
    if result is None:
        reason = f"Its result {document.result_blob} is no longer there; it is submitted again."
        submit_anew(services, document, "ResultGone", reason)
        return
    try:
        with result:
            _write_rows(services, document, result)
    except MalformedResult as error:
        fail(services, document, error.code, str(error))
    except RowChanged:
        if not _another_run_was_there(services, document):
            raise


def _write_rows(services: Services, document: Document, result: BinaryIO) -> None:
    threshold = _threshold(services, document)
    summary = _Summary(threshold)
    services.rows.put_fields(document.key, document.etag, _columns(document, result, summary))
    records = _record_columns(document, summary)
    _put_records(services, document, records)
    done = succeeded(
        document,
        partial=_what_is_missing(document, summary),
        pages=summary.pages,
        field_count=summary.rows,
        lowest=summary.lowest,
        needs_review=any(record["NeedsReview"] for record in records),
        now=services.now(),
    )
    done = services.documents.write(done)
    # Before what may yet raise: a second run finds the row final and says nothing.
    _log_stored(done, len(records))
    _finish(services, done)


def _log_stored(done: Document, forms: int) -> None:
    log_outcome(
        "document_stored",
        done,
        seconds=seconds_between(done.analyzed_at, done.stored_at),
        forms=forms,
        fields=done.field_count,
        lowest=done.lowest_confidence,
        needs_review=done.needs_review,
        pages=done.pages,
        paid=done.paid_submissions,
    )


def _put_records(services: Services, document: Document, records: list[Entity]) -> None:
    """Creates the rows in `Records`, or puts them in the place of those that are there.

    Those are listed before the document's row is read again: if that is as it was, none of them can be of newer
    content, and each is replaced only while it is as it was listed.
    """
    try:
        services.rows.put_records(document.route, document.key, records, {})
    except RowChanged:
        before = services.rows.records(document.route, document.key)
        if services.documents.read(document.path) != document:
            raise
        services.rows.put_records(document.route, document.key, records, before)


@dataclass
class _Summary:
    """What is counted of a result while its rows pass by."""

    threshold: float
    records: list[Record] = field(default_factory=list)
    pages: int = 0
    rows: int = 0
    lowest: float | None = None
    problems: list[Problem] = field(default_factory=list)

    def take(self, part: Part) -> None:
        """Counts a page, begins a form's record, or adds a row to it."""
        if isinstance(part, Page):
            self.pages += 1
        elif isinstance(part, Problem):
            self.problems.append(part)
        elif isinstance(part, Form):
            self.records.append(Record(part, self.threshold))
        elif isinstance(part, Row):
            self.rows += 1
            self.records[part.form - 1].add(part)
            if part.kind != "cell" and part.confidence is not None:
                self.lowest = part.confidence if self.lowest is None else min(self.lowest, part.confidence)


def _columns(document: Document, result: BinaryIO, summary: _Summary) -> Iterator[Entity]:
    """The columns of each row in `Fields`, as the result is read; what passes by is counted into `summary`."""
    whose = {"Path": document.path, "Route": document.route, "Model": document.model or "", "ETag": document.etag}
    for part in read(result):
        summary.take(part)
        if isinstance(part, Row):
            yield {**whose, **columns_of(part, summary.threshold)}


def _record_columns(document: Document, summary: _Summary) -> list[Entity]:
    """The columns of each form's row in `Records`."""
    return [{"Path": document.path, "ETag": document.etag, **record.columns()} for record in summary.records]


def _what_is_missing(document: Document, summary: _Summary) -> str:
    """A sentence for a person when the result is not of the whole file; empty when nothing is known to be missing."""
    missing = []
    if document.pages is not None and summary.pages < document.pages:
        missing.append(f"The service read {summary.pages} of {document.pages} pages (its free tier reads two).")
    if summary.problems:
        first = summary.problems[0]
        more = f" (and {len(summary.problems) - 1} more)" if len(summary.problems) > 1 else ""
        missing.append(f"The service says {first.code}: {first.message}{more}")
    return " ".join(missing)


def _finish(services: Services, document: Document) -> None:
    """What is left to do once a document is final, and may be done again."""
    delete_outdated_rows(services, document)
    whole = document.status == "succeeded" and document.error_code is None
    if whole and document.content_hash and document.analyzed_at:
        services.contents.remember(
            document.content_hash,
            document.api_version or "",
            document.model_id or "",
            document.result_blob or "",
            document.analyzed_at,
        )


def _another_run_was_there(services: Services, document: Document) -> bool:
    """Whether it needs no second try: the same content was stored meanwhile, or newer content took its place."""
    current = services.documents.read(document.path)
    if current is None or (current.etag == document.etag and not current.is_final):
        return False
    if current.etag != document.etag:
        services.rows.delete_fields(document.key, services.rows.own_fields(document.key, document.etag))
    if current.is_final:
        delete_outdated_rows(services, current)
    log("storing_superseded", document.path, document.etag)
    return True


def _threshold(services: Services, document: Document) -> float:
    is_trained = document.model != document.model_id
    model = services.models.recent(document.model or "", services.now()) if is_trained else None
    if model is None or model.threshold is None:
        return services.settings.confidence_threshold
    return model.threshold
