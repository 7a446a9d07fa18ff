"""`models`: the models that were trained here, and what the service knows of them."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import command_services
from cli.plain import json_line, plain
from cli.terminal import stdout_console
from cli.train.explanations import explained
from cli.train.registration import Order, digest_of, make_model, reasons
from cli.train.report import making_progress, percentage, print_advice, print_learned, saying, shown_by
from cli.train.training import COMPOSING_VERSIONS, GONE, delete_model, get_model, start_composing, version_of
from shared.errors import FormsError, Misconfigured, TrainingFailed
from shared.models import Model, is_model_name
from shared.storage.tables import column

if TYPE_CHECKING:
    from cli.train.answers import Training
    from shared.services import Services

VERSION_ENDS = {
    "2.0": "retired on 31 August 2026",
    "2.1": "supported until 15 September 2027",
    "2023-07-31": "no end announced",
    "2024-11-30": "current, no end announced",
}
"""When a version ends, and with it what was trained by it
(https://learn.microsoft.com/azure/ai-services/document-intelligence/versioning/v3-1-migration-guide)."""

EXAMPLES = (
    "python -m cli models list  # all that were trained here",
    "python -m cli models list --json  # for a program",
    "python -m cli models show purchase-order  # one, with what it learned",
    "python -m cli models show purchase-order --json  # for a program",
    "python -m cli models delete purchase-order --yes  # without asking first",
    "python -m cli models compose both order-labelled note-labelled  # one model of two",
)

_ONLY_THE_ROW = "this is only what stands in the table Models"

Name = Annotated[str, typer.Argument(help="A model that was trained here.")]
Json = Annotated[bool, typer.Option("--json", help="A line of JSON for each model.")]


def list_models(*, as_json: Json = False) -> None:
    """Lists the trained models."""
    found = command_services().models.all()
    if as_json:
        for model in found:
            print(json_line(_as_row(model)))
        return
    if not found:
        typer.echo("No model was trained here so far: `python -m cli train` makes one.", err=True)
        return
    table = Table("name", "status", "version", "trained at", "documents", "accuracy")
    for model in found:
        trained_at = f"{model.trained_at:%Y-%m-%d %H:%M:%S}" if model.trained_at else ""
        documents = "" if model.training_documents is None else str(model.training_documents)
        table.add_row(model.name, _status(model), model.api_version, trained_at, documents, percentage(model.accuracy))
    stdout_console().print(table)


def show(name: Name, *, as_json: Json = False) -> None:
    """Shows a model: the keys or fields it learned, their accuracy, its threshold, and when it ends."""
    services = command_services()
    model = _known(services, name)
    try:
        known = _at_service(services, model)
    except Misconfigured:
        saying(Console(stderr=True))(f"The service did not answer, so {_ONLY_THE_ROW}:")
        _print_model(services, model, None, as_json=as_json)
        raise
    _print_model(services, model, known, as_json=as_json)


def _print_model(services: Services, model: Model, known: Training | None, *, as_json: bool) -> None:
    if as_json:
        learned = [] if known is None else [{"Name": one.name, "Accuracy": one.accuracy} for one in known.fields]
        keys = None if known is None else list(known.keys)
        print(json_line({**_as_row(model), "Keys": keys or None, "Fields": learned or None}))
        return
    console = stdout_console()
    for title, value in _facts(services, model, known).items():
        if value:
            console.print(f"{title}: {plain(value)}", soft_wrap=True)
    if known is not None:
        print_learned(known, console)
    elif model.field_names:
        console.print(f"learned: {plain(model.field_names)}", soft_wrap=True)


def delete(
    name: Name, *, yes: Annotated[bool, typer.Option("--yes", help="Without asking for confirmation.")] = False
) -> None:
    """Deletes a model, here and at the service. Its training files stay."""
    services = command_services()
    model = _known(services, name)
    if not yes:
        after = f"Files in documents/{name}/ are then read by DEFAULT_MODEL ({services.settings.default_model})."
        typer.confirm(f"Delete the model {name}, here and at the service? {after}", abort=True, err=True)
    pending = (version_of(model.pending_url or ""), model.pending_model_id)
    at_service = [(version, one) for version, one in ((model.api_version, model.model_id), pending) if version and one]
    found = [one for version, one in at_service if delete_model(services.recognizer, version, one)]
    services.models.delete(name)
    print(f"{name} is deleted{'' if found or not at_service else '; the service did not have it any more'}.")


def compose(
    name: Annotated[str, typer.Argument(help="The name of the model to make.")],
    components: Annotated[list[str], typer.Argument(help="Two or more labelled models that were trained here.")],
) -> None:
    """Makes one model of several: the service chooses the one that fits a document best.

    In API versions 2.1 and 2023-07-31, of models that were trained with labels.
    """
    services = command_services()
    if not is_model_name(name) or name in components or len(set(components)) < len(components) or len(components) < 2:  # noqa: PLR2004
        raise typer.BadParameter("It takes a new name, lower-case, and two or more different models.")
    found = [_known(services, one) for one in components]
    version = _composable(found)
    ids = [model.model_id for model in found]
    digest = digest_of(services.settings.endpoint, "compose", version, ids)
    documents = sum(model.training_documents or 0 for model in found)
    order = Order(
        name,
        version,
        digest,
        lambda model_id: start_composing(services.recognizer, version, name, ids, model_id),
        documents=documents,
    )
    console = Console(stderr=True)
    with making_progress(console) as progress:
        composed = make_model(services, order, shown_by(progress), saying(console))
    if composed.status != "ready":
        print_advice(composed, console)
        raise TrainingFailed("invalid", f"The service could not compose {name}: {'; '.join(reasons(composed))}.")
    print_learned(composed, console)
    print(f"{name} is ready: drop files into documents/{name}/")


def _composable(found: list[Model]) -> str:
    """The version in which they can be composed; raises `TrainingFailed` with the reason when they can't."""
    for model in found:
        if model.status != "ready":
            raise TrainingFailed("NotReady", f"The model {model.name} is {model.status}; only ready ones compose.")
        if model.api_version not in COMPOSING_VERSIONS:
            able = " and ".join(COMPOSING_VERSIONS)
            other = " (2024-11-30 would need a classifier)" if model.api_version > "2024" else ""
            reason = f"{model.name} is of API version {model.api_version}, which composes no models{other}; {able} do."
            raise TrainingFailed("NotComposable", reason)
        if model.accuracy is None:
            raise TrainingFailed("NotLabelled", f"{model.name} was trained without labels; only labelled ones compose.")
    versions = sorted({model.api_version for model in found})
    if len(versions) > 1:
        raise TrainingFailed(
            "NotComposable", f"They are of API versions {' and '.join(versions)}; train them with one."
        )
    return versions[0]


def _known(services: Services, name: str) -> Model:
    model = services.models.read(name) if is_model_name(name) else None
    if model is None:
        reason = f"No model {name} was trained here; `python -m cli models list` shows those that were."
        raise FormsError("UnknownModel", reason)
    return model


def _at_service(services: Services, model: Model) -> Training | None:
    """What the service knows of it, unless it does not have it (any more)."""
    if not model.model_id or model.status != "ready":
        return None
    try:
        with explained():
            return get_model(services.recognizer, model.api_version, model.model_id)
    except FormsError as error:
        is_gone = error.code in GONE
        if isinstance(error, Misconfigured) and not is_gone:
            raise
        saying(Console(stderr=True))(str(error))
        if not is_gone:
            saying(Console(stderr=True))(f"So {_ONLY_THE_ROW}.")
    return None


def _facts(services: Services, model: Model, known: Training | None) -> dict[str, str]:
    own = "" if model.threshold is not None else ", the app's"
    threshold = services.settings.confidence_threshold if model.threshold is None else model.threshold
    return {
        "name": model.name,
        "status": _status(model),
        "why": model.error_message or "",
        "model id": model.model_id,
        "API version": f"{model.api_version}, {VERSION_ENDS.get(model.api_version, 'unknown here')}",
        "ends": known.expires[:10] if known else "",
        "trained at": f"{model.trained_at:%Y-%m-%d %H:%M:%S} UTC" if model.trained_at else "",
        "documents": "" if model.training_documents is None else str(model.training_documents),
        "threshold": f"{threshold:g}{own}",
    }


def _as_row(model: Model) -> dict[str, Any]:
    """The columns of its row in `Models`; its name is the RowKey."""
    columns = {column(one.name): getattr(model, one.name) for one in fields(model) if one.name != "name"}
    return {"RowKey": model.name, **{name: value for name, value in columns.items() if value != ""}}


def _status(model: Model) -> str:
    return f"{model.status}, another in the making" if model.status == "ready" and model.pending_url else model.status
