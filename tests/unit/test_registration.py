"""A model in the making: how it is waited for, and what becomes of its row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cli.train.answers import LearnedField, ServiceError, Training, TrainingDocument
from cli.train.explanations import advice, explained
from cli.train.registration import MOST_FAULTS, Order, begun, digest_of, made, model_id_for, not_made, wait_until_made
from cli.train.training import Making
from shared.errors import FormsError, Later, Misconfigured, Never, NotThere, TrainingFailed
from shared.models import Model

NOW = datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC)
MAKING = Making("2023-07-31", "orders-20260301120000", "https://forms.example/operations/1?api-version=2023-07-31")
OLD = Model("orders", "8d", "2.1", "ready", threshold=0.5, field_names="Total", trained_at=NOW)


def pending(row: Model) -> Model:
    """The same with a model in the making."""
    return replace(row, pending_model_id=MAKING.model_id, pending_url=MAKING.url, pending_request="d1")


YOUNG = pending(Model("orders", "", "2023-07-31", "creating"))
CREATING, READY = Training("8d", "creating"), Training("8d", "ready")


def never_begun() -> Making:
    """No order is carried out here."""
    raise AssertionError


ORDER = Order("orders", "2023-07-31", "d1", lambda _: never_begun(), documents=6)


@pytest.mark.parametrize(
    ("before", "row"),
    [
        pytest.param(None, YOUNG, id="a first one"),
        pytest.param(OLD, pending(OLD), id="what is ready goes on reading"),
        pytest.param(
            Model("orders", "8d", "2.1", "invalid", "2014", threshold=0.5),
            replace(YOUNG, threshold=0.5),
            id="after an invalid one documents wait",
        ),
        pytest.param(
            replace(YOUNG, pending_url="https://forms.example/operations/0", api_version="2.1"), YOUNG, id="begun anew"
        ),
    ],
)
def test_the_row_remembers_what_the_service_accepted(before: Model | None, row: Model) -> None:
    """So that whoever comes after a crash can go on waiting."""
    assert begun(before, "orders", MAKING, "d1") == row


@pytest.mark.parametrize(
    ("before", "threshold", "kept"),
    [(YOUNG, None, None), (YOUNG, 0.9, 0.9), (pending(OLD), None, 0.5), (OLD, 0.0, 0.0)],
)
def test_a_model_that_is_ready_takes_its_place(before: Model, threshold: float | None, kept: float | None) -> None:
    """Nothing of the one before is left but its threshold, unless another was asked for."""
    fields = (LearnedField("Total", 0.9, "a"), LearnedField("Total", 0.8, "b"), LearnedField("Date", None))
    training = Training(MAKING.model_id, "ready", fields=fields, accuracy=0.85)
    assert made(before, training, replace(ORDER, threshold=threshold), NOW) == Model(
        "orders",
        MAKING.model_id,
        "2023-07-31",
        "ready",
        accuracy=0.85,
        trained_at=NOW,
        training_documents=6,
        field_names="Total, Date",
        threshold=kept,
    )


def test_documents_that_failed_are_not_counted() -> None:
    """Where the service says which."""
    documents = tuple(TrainingDocument(str(n), 1, "failed" if n == 3 else "succeeded") for n in range(6))
    row = made(YOUNG, replace(READY, documents=documents, keys=("Total",)), ORDER, NOW)
    assert (row.training_documents, row.field_names) == (5, "Total")


def test_a_failed_training_leaves_what_was_ready() -> None:
    """And a first one is `invalid`, with the reason."""
    assert not_made(pending(OLD), "2014 No valid blobs") == OLD
    assert not_made(YOUNG, "2014 No valid blobs") == Model("orders", "", "2023-07-31", "invalid", "2014 No valid blobs")


def test_the_same_request_has_the_same_digest() -> None:
    """Whatever is asked for differently, another."""
    requests = [["a", [["1.pdf", "0a"]]], ["a", [["1.pdf", "0b"]]], ["a", [["2.pdf", "0a"]]], ["b", [["1.pdf", "0a"]]]]
    assert len({digest_of(request) for request in requests}) == 4
    assert digest_of(requests[0]) == digest_of(["a", [["1.pdf", "0a"]]])


def test_a_models_id_tells_when_it_was_asked_for() -> None:
    """It is one that the service takes: letters, digits and hyphens, at most 64."""
    assert model_id_for("orders", NOW) == "orders-20260301120009"
    assert len(model_id_for("a" * 51, NOW)) == 64


def waits(*answers: Training | FormsError) -> tuple[list[float], Training]:
    """How long it waits before each question, and what it ends with."""
    waited: list[float] = []
    left = list(answers)

    def ask() -> Training:
        answer = left.pop(0)
        if isinstance(answer, FormsError):
            raise answer
        return answer

    return waited, wait_until_made(ask, waited.append, lambda: 0.5, lambda _: None)


def test_it_asks_once_a_second_and_then_less_often() -> None:
    """The delay grows with the time already waited, up to a quarter of a minute."""
    waited, training = waits(*[CREATING] * 30, READY)
    assert training == READY
    assert waited[:5] == [1, 1, 1, 1, 1]
    assert waited == sorted(waited)
    assert waited[-1] == 15


@pytest.mark.parametrize(("advised", "delay"), [(0, 1), (1, 1), (7, 7), (300, 300)])
def test_it_waits_as_long_as_the_service_advises(advised: int, delay: int) -> None:
    """And never less than a second."""
    waited, _ = waits(replace(CREATING, retry_after=advised), READY)
    assert waited == [1, delay]


def test_faults_are_waited_out() -> None:
    """A throttled or broken answer is no end; the delay grows, and is never less than the service names."""
    waited, training = waits(Later("500", "Oops."), Later("429", "Slow.", retry_after=9), Later("500", "Oops."), READY)
    assert training == READY
    assert waited == [1, 2, 9, 13]


def test_too_many_faults_in_a_row_end_the_wait() -> None:
    """The error is that of the last."""
    with pytest.raises(Later, match="last"):
        waits(*[Later("500", "Oops.")] * (MOST_FAULTS - 1), Later("500", "The last."))
    waited, _ = waits(*[Later("500", "Oops.")] * (MOST_FAULTS - 1), CREATING, Later("500", "Oops."), READY)
    assert len(waited) == MOST_FAULTS + 2


QUOTA = "Out of call volume quota for FormRecognizer F0 pricing tier. Please retry after 9 days."


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(
            Later("1014", "Too many models.", refused=True), "waiting does not change.*models delete", id="1014"
        ),
        pytest.param(Never("DocumentModelLimit", "Too many."), "models delete", id="1014 from 2023 on"),
        pytest.param(Never("1001", "Specified model not found or not ready"), "models list", id="1001"),
        pytest.param(NotThere("1022", "Model not found.", setting="x"), "train it again", id="1022"),
        pytest.param(Misconfigured("403", QUOTA, setting="x"), "wait for the next month", id="free tier, 403"),
        pytest.param(Later("429", QUOTA, refused=True), "change the resource to S0", id="free tier, 429"),
        pytest.param(
            Never("ContentSourceNotAccessible", "Content is not accessible"), "firewall", id="SAS from 2023 on"
        ),
        pytest.param(
            Never("TrainingContentMissing", "Missing."), "found no file it can train on", id="2014 from 2023 on"
        ),
    ],
)
def test_a_refusal_says_what_to_do(error: FormsError, words: str) -> None:
    """In one sentence, after the service's own words; the command ends with 1: no setting is wrong."""
    with pytest.raises(TrainingFailed, match=words) as caught, explained():
        raise error
    assert str(caught.value).startswith(str(error).rstrip("."))
    assert caught.value.code == error.code


def test_a_free_tiers_quota_that_is_used_up_is_not_waited_for() -> None:
    """Asking again would not help before the month ends."""
    with pytest.raises(Later, match="Out of call volume"):
        waits(Later("429", QUOTA, refused=True), READY)


def test_what_explains_itself_is_left_alone() -> None:
    """A key that was not accepted is a matter of the settings: exit code 3."""
    error = Misconfigured("401", "No.", setting="FORM_RECOGNIZER_KEY")
    with pytest.raises(Misconfigured) as caught, explained():
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    ("code", "words"),
    [("2012", "firewall"), ("2014", "found no file"), ("2005", "could not read that file"), ("3014", "train again")],
)
def test_each_code_is_explained_once(code: str, words: str) -> None:
    """However many files have it."""
    sentences = advice([ServiceError(code, "No."), ServiceError(code, "No."), ServiceError("9999", "No.")])
    assert len(sentences) == 1
    assert words in sentences[0]
