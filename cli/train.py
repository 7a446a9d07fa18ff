"""`train`: a folder of forms becomes a model, and files dropped into the folder of its name are read by it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.environment import command_services
from cli.training_files import container_sas_url, training_files, upload_training_files
from shared.errors import Later, TrainingFailed
from shared.models import Model, is_model_name
from shared.recognizer.training import VERSION, Training, get_training, start_training

if TYPE_CHECKING:
    from shared.services import Services

POLL_SECONDS = 1.0
"""The service recommends an interval of one second or more."""

MOST_FAULTS = 30
"""So many polls in a row that got no answer end the wait."""


def train(
    name: Annotated[str, typer.Argument(help="The model's name: lower-case letters, digits and hyphens.")],
    folder: Annotated[
        Path, typer.Argument(help="Five or more filled forms of one type.", exists=True, file_okay=False)
    ],
) -> None:
    """Uploads the forms in FOLDER, trains the model NAME on them, and waits until it is ready.

    From then on a file dropped into the folder NAME of the container `documents` is read by it.

    Example: `python -m cli train purchase-order samples/purchase-order/train`
    """
    if not is_model_name(name):
        hint = "lower-case letters, digits and hyphens, 2 to 51 of them, not `default` and not `prebuilt-...`"
        raise typer.BadParameter(f"{name!r} is no name for a model; it takes {hint}.")
    files = training_files(folder)
    services = command_services()
    console = Console(stderr=True)
    with _progress(console) as progress:
        step = progress.add_task(f"uploading {len(files)} forms", total=len(files))
        for _ in upload_training_files(services, name, files):
            progress.advance(step)
        training = _train(services, name, progress)
    _print_training(training, console)
    print(f"{name} is ready: drop files into documents/{name}/")


def _train(services: Services, name: str, progress: Progress) -> Training:
    """Trains and registers; while a first model is made its documents wait, a second replaces the first when ready."""
    source = container_sas_url(services)
    model_url = start_training(services.recognizer, source, prefix=f"{name}/", model_name=name)
    before = services.models.read(name)
    if before is None or before.status != "ready":
        services.models.write(Model(name, "", VERSION, "creating"))
    training = _wait(services, model_url, progress)
    if training.status != "ready":
        if before is None or before.status != "ready":
            services.models.write(Model(name, training.model_id, VERSION, "invalid"))
        raise TrainingFailed("invalid", _why_invalid(name, training))
    services.models.write(
        Model(
            name,
            training.model_id,
            VERSION,
            "ready",
            threshold=before.threshold if before else None,
            trained_at=services.now(),
            training_documents=sum(document.status != "failed" for document in training.documents),
            field_names=", ".join(training.keys),
        )
    )
    return training


def _wait(services: Services, model_url: str, progress: Progress) -> Training:
    step, faults = progress.add_task("training", total=None), 0
    while True:
        time.sleep(POLL_SECONDS)
        try:
            training = get_training(services.recognizer, model_url)
        except Later as error:
            faults += 1
            if faults == MOST_FAULTS:
                raise
            time.sleep(error.retry_after or POLL_SECONDS)
            continue
        faults = 0
        if training.status != "creating":
            progress.update(step, total=1, completed=1)
            return training


def _why_invalid(name: str, training: Training) -> str:
    documents = [f"{document.name}: {error}" for document in training.documents for error in document.errors]
    reasons = "; ".join([*training.errors, *documents]) or "the service gave no reason"
    return f"The service could not make the model {name}: {reasons}."


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _print_training(training: Training, console: Console) -> None:
    table = Table("form", "pages", "status", "errors")
    for document in training.documents:
        table.add_row(document.name, str(document.pages), document.status, "; ".join(document.errors))
    console.print(table)
    console.print(f"keys learned: {', '.join(training.keys) or 'none'}", soft_wrap=True)
