"""The commands. Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli import models, recover
from cli.endings import ending_well
from cli.query import command as query
from cli.report import command as report
from cli.show import command as show
from cli.status import command as status
from cli.train import command as train
from cli.upload import command as upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class _Command(TyperCommand):
    """A command whose help shows no value beside an option that takes none."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's context, which has no public name
        return _without_values(super().get_params(ctx))


class _Group(TyperGroup):
    """The same for a command of commands."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401
        return _without_values(super().get_params(ctx))


def _without_values(params: list[Any]) -> list[Any]:
    for one in params:
        if getattr(one, "is_flag", False):
            one.metavar = ""
    return params


app = typer.Typer(
    cls=_Group,
    help="Work with the forms, the models and the tables of this app.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _add(to: typer.Typer, words: str, run: Callable[..., None], examples: tuple[str, ...]) -> None:
    """The command called `words`; its help ends with those of the examples that are of it."""
    mine = [example for example in examples if example.startswith(f"python -m cli {words}")]
    to.command(words.rpartition(" ")[2], cls=_Command, epilog=shown(mine))(ending_well(run))


def shown(examples: Iterable[str]) -> str:
    """The examples as Markdown; `command  # what for` has its command on a line of its own, to be pasted."""
    pairs = [example.partition("  # ") for example in examples]
    return "Examples:\n\n" + "\n".join(f"- {what or 'for example'}\\\n  `{command}`" for command, _, what in pairs)


models_app = typer.Typer(
    cls=_Group,
    help="List, show, delete and compose trained models.",
    no_args_is_help=True,
    epilog=shown(models.EXAMPLES),
)
app.add_typer(models_app, name="models")

_add(app, "train", train.train, train.EXAMPLES)
_add(app, "upload", upload.upload, upload.EXAMPLES)
_add(app, "status", status.status, status.EXAMPLES)
_add(app, "query", query.query, query.EXAMPLES)
_add(app, "show", show.show, show.EXAMPLES)
_add(app, "report", report.report, report.EXAMPLES)
_add(app, "retry", recover.retry, recover.EXAMPLES)
_add(app, "reconcile", recover.reconcile, recover.EXAMPLES)
_add(models_app, "models list", models.list_models, models.EXAMPLES)
_add(models_app, "models show", models.show, models.EXAMPLES)
_add(models_app, "models delete", models.delete, models.EXAMPLES)
_add(models_app, "models compose", models.compose, models.EXAMPLES)


@app.callback()
def _commands() -> None:
    """Every command reads the environment, and `local.settings.json` for what that lacks."""


def main() -> None:
    """Runs the command in `sys.argv`."""
    # What the steps log for Azure, a command says in words for people.
    logging.getLogger("forms_to_tables").disabled = True
    app()
