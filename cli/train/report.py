"""A training as a person sees it: how far it is, and what it came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.plain import plain
from cli.train.explanations import advice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console

    from cli.train.answers import Training, TrainingDocument


def making_progress(console: Console) -> Progress:
    """A bar for each step, on a terminal only."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def shown_by(progress: Progress) -> Callable[[Training], None]:
    """Moves a bar by each answer of the service; one that does not say how far it is lets it pulse."""
    steps: list[TaskID] = []

    def show(training: Training) -> None:
        steps.extend([] if steps else [progress.add_task("training", total=None)])
        done = 100 if training.status != "creating" else training.percent
        progress.update(steps[0], total=None if done is None else 100, completed=done)

    return show


def saying(console: Console) -> Callable[[str], None]:
    """Prints a sentence as it is."""
    return lambda sentence: console.print(plain(sentence), soft_wrap=True, markup=False, highlight=False)


def print_documents(documents: Iterable[TrainingDocument], console: Console) -> None:
    """How each training document fared."""
    table = Table("form", "pages", "status", "errors")
    for document in documents:
        pages = "?" if document.pages is None else str(document.pages)
        errors = "; ".join(plain(error) for error in document.errors)
        table.add_row(Text(plain(document.name)), pages, document.status, Text(errors))
    console.print(table)


def print_learned(training: Training, console: Console) -> None:
    """The fields with their accuracy, or the keys."""
    if not training.fields:
        console.print(f"keys learned: {', '.join(map(plain, training.keys)) or 'none'}", soft_wrap=True, markup=False)
        return
    types = len({field.document_type for field in training.fields}) > 1
    table = Table("field", "accuracy", *(["document type"] if types else []))
    for field in training.fields:
        table.add_row(
            Text(plain(field.name)), percentage(field.accuracy), *([Text(plain(field.document_type))] if types else [])
        )
    console.print(table)
    if training.accuracy is not None:
        console.print(f"accuracy: {percentage(training.accuracy)} in the mean, as the service estimates it")


def print_advice(training: Training, console: Console) -> None:
    """What can be done about the errors in it."""
    of_documents = (error for document in training.documents for error in document.errors)
    for sentence in advice([*training.errors, *of_documents]):
        saying(console)(sentence)


def percentage(share: float | None) -> str:
    """A share from 0 to 1 as people write it; empty when there is none."""
    return "" if share is None else f"{100 * share:.1f} %"
