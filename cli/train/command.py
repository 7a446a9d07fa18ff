"""`train`: a folder of forms becomes a model, and files dropped into the folder of its name are read by it."""

from __future__ import annotations

from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from cli.environment import command_services, storage_must_answer
from cli.train.answers import Training, TrainingDocument
from cli.train.files import (
    TrainingFile,
    check_reach,
    check_signature,
    container_sas_url,
    container_url,
    delete_others,
    folder_prefix,
    local_files,
    stored_files,
    upload,
)
from cli.train.preflight import Preflight, check_files
from cli.train.registration import Order, digest_of, make_model, reasons
from cli.train.report import making_progress, print_advice, print_documents, print_learned, saying, shown_by
from cli.train.training import Making, TrainingRequest, is_v2, start_training
from shared.errors import TrainingFailed
from shared.models import is_model_name
from shared.versions import API_VERSIONS

if TYPE_CHECKING:
    from rich.progress import Progress

    from shared.services import Services

EXAMPLES = (
    "python -m cli train purchase-order samples/purchase-order/train  # from filled forms, without labels (2.0, 2.1)",
    "python -m cli train invoice labelled --labels --threshold 0.9  # from forms that were labelled",
    "python -m cli train invoice --labels --prefix invoices/2026/  # from what is in the container training",
)


class ApiVersion(StrEnum):
    """The versions that models are trained with."""

    V20, V21, V31, V40 = API_VERSIONS


class Mode(StrEnum):
    """How a model is built from 2023 on."""

    TEMPLATE = "template"
    NEURAL = "neural"


def train(  # noqa: PLR0913 - its options
    name: Annotated[str, typer.Argument(help="The model's name: lower-case letters, digits and hyphens.")],
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Forms of one type; left out, those in the container `training`.", exists=True, file_okay=False
        ),
    ] = None,
    *,
    labels: Annotated[
        bool, typer.Option("--labels", help="Learn the fields that were labelled; needed from 2023-07-31 on.")
    ] = False,
    include_subfolders: Annotated[bool, typer.Option("--include-subfolders", help="Forms in subfolders, too.")] = False,
    prefix: Annotated[
        str | None,
        typer.Option(help="Train on what is in the container: a folder, or how names begin; NAME/ by default."),
    ] = None,
    api_version: Annotated[
        ApiVersion | None, typer.Option(help="Instead of FORM_RECOGNIZER_API_VERSION; the model remembers it.")
    ] = None,
    mode: Annotated[Mode | None, typer.Option(help="From 2023-07-31 on; template by default.")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Below it, this model's values need review.")
    ] = None,
    without_signature: Annotated[
        bool, typer.Option("--without-signature", help="The service reads the container by its own identity.")
    ] = False,
) -> None:
    """Trains the model NAME on the forms in FOLDER, waits until it is ready, and registers it.

    From then on a file dropped into the folder NAME of the container `documents` is read by it. FOLDER is mirrored to
    `training/NAME/`. What would fail is said before anything is sent. Interrupted, the same command waits on.
    """
    if not is_model_name(name):
        hint = "lower-case letters, digits and hyphens, 2 to 51 of them, not `default` and not `prebuilt-...`"
        raise typer.BadParameter(f"{name!r} is no name for a model; it takes {hint}.")
    if folder is not None and prefix is not None:
        raise typer.BadParameter("Give FOLDER, or --prefix for files that are in the container already; not both.")
    services = command_services()
    request = TrainingRequest(
        name,
        api_version or services.settings.api_version,
        f"{name}/" if prefix is None else prefix,
        labels=labels,
        include_subfolders=include_subfolders,
        mode="neural" if mode is Mode.NEURAL else "template",
    )
    _refuse_what_the_version_lacks(request, mode, signed=not without_signature)
    if folder is None:
        storage_must_answer(services)
    request = replace(request, prefix=request.prefix if folder else folder_prefix(services, request.prefix))
    files = _files(services, request, folder)
    preflight = _checked(files, request, services.settings.tier)
    if folder is not None:
        storage_must_answer(services)
    sent = [file for file in files if file.name in preflight.content_types or (labels and not file.is_form)]
    console = Console(stderr=True)
    with making_progress(console) as progress:

        def start(model_id: str) -> Making:
            if folder:
                _mirror(services, request, sent, preflight, progress)
            source = _source(services, request, preflight, signed=not without_signature)
            return start_training(services.recognizer, request, source, model_id)

        asked = [services.settings.endpoint, asdict(request), [[file.name, file.digest] for file in sent]]
        order = Order(name, request.api_version, digest_of(asked), start, threshold, len(preflight.forms))
        training = make_model(services, order, shown_by(progress), saying(console))
    _print_report(request, training, preflight, console)
    print(f"{name} is ready: drop files into documents/{name}/")


def _refuse_what_the_version_lacks(request: TrainingRequest, mode: Mode | None, *, signed: bool) -> None:
    version = request.api_version
    if version == "2.0" and not signed:
        raise typer.BadParameter("API version 2.0 reads by a signature only; leave --without-signature out.")
    if is_v2(version) and mode is not None:
        raise typer.BadParameter(
            f"API version {version} has no modes; leave --mode out, or add --api-version 2023-07-31."
        )
    if not is_v2(version) and not request.labels:
        reason = f"API version {version} learns from labelled forms only: label them and add --labels, or add"
        raise typer.BadParameter(f"{reason} --api-version 2.1, which learns without labels.")


def _files(services: Services, request: TrainingRequest, folder: Path | None) -> list[TrainingFile]:
    """What takes part: v2 leaves out what is in subfolders unless it is told to include it."""
    if folder is not None:
        return local_files(folder, subfolders=request.include_subfolders)
    stored = stored_files(services, request.prefix)
    return [file for file in stored if _takes_subfolders(request) or not file.is_nested]


def _takes_subfolders(request: TrainingRequest) -> bool:
    return request.include_subfolders or not is_v2(request.api_version)


def _checked(files: list[TrainingFile], request: TrainingRequest, tier: str) -> Preflight:
    preflight = check_files(files, request, tier)
    if preflight.problems:
        problems = "".join(f"\n- {problem}" for problem in preflight.problems)
        raise TrainingFailed("Preflight", f"{request.name} was not trained, and nothing was sent:{problems}")
    return preflight


def _mirror(
    services: Services, request: TrainingRequest, files: list[TrainingFile], preflight: Preflight, progress: Progress
) -> None:
    uploaded = upload(services, request.prefix, files, preflight.content_types)
    for _ in progress.track(uploaded, total=len(files), description="uploading"):
        pass
    delete_others(services, request.prefix, files, labels=request.labels, nested=_takes_subfolders(request))


def _source(services: Services, request: TrainingRequest, preflight: Preflight, *, signed: bool) -> str:
    """The URL by which the service can list and read the files.

    A signature is tried from here first. Whether the service's own identity may read them only the service can tell.
    """
    source = container_sas_url(services) if signed else container_url(services)
    check_reach(source, services.settings.endpoint)
    if signed:
        folder = request.prefix[: request.prefix.rfind("/") + 1]
        check_signature(source, request.prefix, folder + preflight.forms[0].name)
    return source


def _print_report(request: TrainingRequest, training: Training, preflight: Preflight, console: Console) -> None:
    """Raises `TrainingFailed` when there is no model in the end."""
    sent = [
        TrainingDocument(
            form.name, form.pages, "sent", tuple(e for e in training.errors if e.target.endswith(form.name))
        )
        for form in preflight.forms
    ]
    print_documents(training.documents or sent, console)
    if training.status != "ready":
        print_advice(training, console)
        why = "; ".join(reasons(training)) or "the service gave no reason"
        raise TrainingFailed("invalid", f"The service could not make the model {request.name}: {why}.")
    print_learned(training, console)
    print_advice(training, console)
