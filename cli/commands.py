"""The commands. Data goes to stdout, everything else to stderr.

Exit codes: 0 done, 1 the work failed, 2 wrong use, 3 the configuration is wrong.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import requests
import typer
from azure.core.exceptions import AzureError, ClientAuthenticationError

from cli.look import query, status
from cli.models import models
from cli.recover import reconcile, retry
from cli.train import train
from cli.upload import upload
from shared.errors import FormsError, Misconfigured

FAILED, MISCONFIGURED = 1, 3

app = typer.Typer(
    help="Work with the forms, the models and the tables of this app.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for command in (train, upload, status, query, retry, reconcile):
    app.command()(command)
app.add_typer(models, name="models")


@app.callback()
def _commands() -> None:
    """Every command reads the environment, and `local.settings.json` for what that lacks."""


def main() -> None:
    """Runs the command in `sys.argv`; an error that can be foreseen is one sentence, not a traceback."""
    try:
        app()
    except Misconfigured as error:
        _stop(str(error), MISCONFIGURED)
    except FormsError as error:
        _stop(str(error), FAILED)
    except ClientAuthenticationError as error:
        _stop(
            f"Storage refused this identity or key: {str(error).splitlines()[0]} Look at DOCUMENTS_STORAGE.",
            MISCONFIGURED,
        )
    except AzureError as error:
        _stop(f"Storage did not answer as it should: {str(error).splitlines()[0]} Look at DOCUMENTS_STORAGE.", FAILED)
    except requests.RequestException as error:
        _stop(f"The service could not be reached ({type(error).__name__}). Look at FORM_RECOGNIZER_ENDPOINT.", FAILED)


def _stop(sentence: str, code: int) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(code)
