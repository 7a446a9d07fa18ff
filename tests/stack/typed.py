"""Commands as somebody types them, run in this process: quick, for tests that need many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from cli import commands

if TYPE_CHECKING:
    from typer.testing import Result

    from tests.stack.app import App


def environment_of(app: App) -> dict[str, str]:
    """The settings by which a command works with the same storage and service."""
    settings = app.services.settings
    return {
        "DOCUMENTS_STORAGE": app.storage.connection_string,
        "FORM_RECOGNIZER_ENDPOINT": settings.endpoint,
        "FORM_RECOGNIZER_KEY": settings.key or "",
    }


def typed(app: App, *words: str, code: int = 0, answer: str = "", **settings: str) -> Result:
    """Runs a command to its end, which must be this exit code; `answer` is what is typed when it asks."""
    environment = {"COLUMNS": "200", **environment_of(app), **settings}
    done = CliRunner().invoke(commands.app, list(words), input=answer, env=environment)
    assert done.exit_code == code, done.output
    return done


def rows_of(done: Result) -> list[dict[str, Any]]:
    """The lines of JSON that it wrote."""
    return [json.loads(line) for line in done.stdout.splitlines()]
