"""How a command ends: with an exit code, and when it failed with one sentence that says what to do.

Exit codes: 0 done, 1 the work failed, 2 wrong use, 3 the configuration is wrong; 130 after Ctrl-C, as everywhere.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import sys
import traceback
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from cli.plain import plain
from shared.errors import FormsError, Misconfigured
from shared.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED, MISCONFIGURED, STOPPED = 1, 3, 130

_REFUSALS = (401, 403)
_NO_ROLE = "AuthorizationPermissionMismatch"
_ROLES = "Storage Blob Data Contributor, Storage Queue Data Contributor and Storage Table Data Contributor"
_ON_LOOPBACK = re.compile(rf"host='({'|'.join(map(re.escape, LOOPBACK))})'")

_TYPERS_OWN = (typer.BadParameter, typer.Exit, typer.Abort, BrokenPipeError)
_VERBOSE = inspect.Parameter(
    "verbose",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[bool, typer.Option("--verbose", "-v", help="Also say where in the program an error arose.")],
)


def ending_well(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with the option `-v`; without it no error shows more than a sentence."""

    @functools.wraps(command)
    def run(*, verbose: bool, **given: object) -> None:
        try:
            command(**given)
        except _TYPERS_OWN:
            raise
        except (Exception, KeyboardInterrupt) as error:
            if verbose:
                traceback.print_exception(error)
            sentence, code = explanation(error)
            typer.echo("\n".join(map(plain, sentence.splitlines())), err=True)
            raise typer.Exit(code) from error

    shape = inspect.signature(command, eval_str=True)
    changed: Any = run
    changed.__signature__ = shape.replace(parameters=[*shape.parameters.values(), _VERBOSE])
    return run


def explanation(error: BaseException) -> tuple[str, int]:
    """What to say about an error, and the exit code."""
    if isinstance(error, FormsError):
        return str(error), MISCONFIGURED if isinstance(error, Misconfigured) else FAILED
    if isinstance(error, KeyboardInterrupt):
        return "Stopped.", STOPPED
    first_line = next(iter(str(error).splitlines()), "").strip()
    if isinstance(error, AzureError):
        return _of_storage(error, first_line)
    return _of_others(error, first_line), FAILED


def leave_at_once(code: int) -> NoReturn:
    """Ends the process without waiting for its threads, which may be in the middle of a retry."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _of_storage(error: AzureError, first_line: str) -> tuple[str, int]:
    words = first_line if first_line.endswith((".", "?")) else f"{first_line or type(error).__name__}."
    if getattr(error, "error_code", None) == _NO_ROLE:
        lacking = f"a role is missing. It needs {_ROLES}; a new one counts after some minutes"
        return f"Storage knows this identity, but {lacking}. Look at DOCUMENTS_STORAGE.", MISCONFIGURED
    refused = isinstance(error, HttpResponseError) and error.status_code in _REFUSALS
    if refused or isinstance(error, ClientAuthenticationError):
        return f"Storage refused this identity or key: {words} Look at DOCUMENTS_STORAGE.", MISCONFIGURED
    if _ON_LOOPBACK.search(first_line):
        words = f"{words.rstrip('.')}; is `make up` running?"
    return f"Storage did not answer as it should: {words} Look at DOCUMENTS_STORAGE.", FAILED


def _of_others(error: BaseException, first_line: str) -> str:
    import requests  # noqa: PLC0415  (slow to import; --help does without)

    kind = type(error).__name__
    if isinstance(error, requests.RequestException):
        return f"The service could not be reached ({kind}). Look at FORM_RECOGNIZER_ENDPOINT."
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}." if error.filename else f"{first_line}."
    return f"This is a mistake of the program ({kind}: {first_line}); add -v to see where in the program."
