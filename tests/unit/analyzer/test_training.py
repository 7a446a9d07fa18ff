"""A training set becomes a model or an error the service would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer.training import Trained, TrainingFile, UnlistableError, train
from tests.unit.analyzer.drawing import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator


def a_form(number: int, name: str | None = None) -> TrainingFile:
    """A form that says one number."""
    return TrainingFile(name or f"form-{number}.pdf", lambda: pdf([(72, 100, f"Number: {number * 37}")]))


def keys_of(trained: Trained) -> list[str]:
    """The keys on the first page."""
    assert trained.model is not None
    return [key.text for key in trained.model.pages[0].keys]


def test_five_forms_make_a_model() -> None:
    """Each is reported with its pages."""
    trained = train(a_form(number) for number in range(5))
    assert keys_of(trained) == ["Number:"]
    assert trained.documents[0] == {"documentName": "form-0.pdf", "pages": 1, "errors": [], "status": "succeeded"}


def test_four_forms_do_not() -> None:
    """The model is invalid and says how many there were."""
    trained = train(a_form(number) for number in range(4))
    assert trained.model is None
    assert "4 usable forms" in trained.errors[0]["message"]


def test_an_empty_form_and_two_filled_ones_do() -> None:
    """When the name of one says that it is empty."""
    empty = TrainingFile("po-empty.pdf", lambda: pdf([(72, 100, "Number:")]))
    assert keys_of(train(iter([empty, a_form(1), a_form(2)]))) == ["Number:"]


def test_an_unreadable_form_is_reported_and_left_out() -> None:
    """Five good ones beside it still make a model; a text file is ignored."""
    broken = TrainingFile("broken.pdf", lambda: b"not a pdf")
    notes = TrainingFile("notes.txt", lambda: b"")
    trained = train(iter([broken, notes, *(a_form(number) for number in range(5))]))
    assert keys_of(trained) == ["Number:"]
    assert {one["documentName"] for one in trained.documents if one["status"] == "failed"} == {"broken.pdf"}
    assert len(trained.documents) == 6


def test_no_forms_at_all() -> None:
    """2014, as the service says it."""
    assert [error["code"] for error in train(iter([])).errors] == ["2014"]


def test_a_container_that_cannot_be_listed() -> None:
    """2012, as the service says it."""

    def listing() -> Iterator[TrainingFile]:
        yield a_form(1)
        raise UnlistableError

    assert [error["code"] for error in train(listing()).errors] == ["2012"]
