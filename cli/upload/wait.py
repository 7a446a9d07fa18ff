"""`--wait`: dropped files are followed to their end, each on a line of its own while it moves."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import typer
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from cli.plain import json_line, plain
from cli.terminal import progress_on_stderr
from cli.upload.following import follow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.progress import Progress, TaskID

    from cli.upload.following import Standing
    from cli.upload.uploading import Dropped
    from shared.services import Services

PAUSE_SECONDS = 1.0
LINES = 20
"""As many files are shown while they move; the others when one of these has ended, or in their turn."""


def wait_for(services: Services, dropped: Sequence[Dropped], *, as_json: bool) -> int:
    """Follows each file and prints its end; returns how many were not read."""
    unread = ended = 0
    lines: dict[str, TaskID] = {}
    clock = TimeElapsedColumn(table_column=Column(min_width=len("0:00:00"), no_wrap=True))
    texts = (TextColumn("{task.description}", markup=False), TextColumn("{task.fields[state]}", markup=False))
    with progress_on_stderr(SpinnerColumn(), clock, *texts) as progress:
        whole = progress.add_task(f"0 of {len(dropped)} have ended", state="")
        for standing in follow(services, dropped, partial(time.sleep, PAUSE_SECONDS)):
            if standing.well is None:
                _show(standing, progress, lines)
                continue
            ended, unread = ended + 1, unread + (not standing.well)
            if (line := lines.pop(standing.path, None)) is not None:
                progress.remove_task(line)
            progress.update(whole, description=f"{ended} of {len(dropped)} have ended")
            print(json_line(_as_row(standing)) if as_json else _as_text(standing), flush=True)
    return unread


def _show(standing: Standing, progress: Progress, lines: dict[str, TaskID]) -> None:
    """How it moves: on its line where there is a terminal, else as a new line for each change."""
    if progress.disable:
        typer.echo(_as_text(standing), err=True)
    elif standing.path in lines:
        progress.update(lines[standing.path], state=_state(standing))
    elif len(lines) < LINES:
        lines[standing.path] = progress.add_task(plain(standing.path), state=_state(standing))


def _state(standing: Standing) -> str:
    return f"{standing.state}. {standing.why}" if standing.why else standing.state


def _as_text(standing: Standing) -> str:
    return f"{plain(standing.path)}: {_state(standing)}"


def _as_row(standing: Standing) -> dict[str, object]:
    if standing.row is None:
        return {"Path": standing.path, "Status": standing.state, "ErrorMessage": standing.why}
    return standing.row
