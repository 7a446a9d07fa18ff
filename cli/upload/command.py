"""`upload`: files from this machine go into the container `documents`, and are followed there if wanted."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from cli.endings import STOPPED, leave_at_once
from cli.environment import services_of_storage_that_answers
from cli.plain import json_line, plain
from cli.terminal import progress_on_stderr
from cli.upload.drops import drops, name_problem
from cli.upload.uploading import Dropped, upload_all
from cli.upload.wait import wait_for
from shared.errors import FormsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.upload.drops import Drop, Refusal
    from shared.services import Services

EXAMPLES = (
    "python -m cli upload samples/purchase-order/read --to purchase-order  # what is in a folder",
    "python -m cli upload samples/delivery-note/read --to delivery-note --wait  # until each was read",
    "python -m cli upload samples/delivery-note/read --to delivery-note --json  # for a program",
)


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Files, and folders with files.", exists=True)],
    *,
    to: Annotated[str, typer.Option(help="The folder in `documents`; it chooses the model.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Follow each file until it was read, or failed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each file, and for its end.")] = False,
) -> None:
    """Drops files into the container `documents`, where they are read.

    A folder keeps its structure below itself; hidden files in it are left out. A file that is there with the same
    bytes is left alone, and followed with `--wait`. One that could never be read (by its type, size or name, empty,
    locked) is refused with the reason; the others are uploaded all the same, and the exit code is 1.
    """
    folder = to.strip("/")
    if folder and (problem := name_problem(folder)):
        raise typer.BadParameter(f"Azure can't hold a folder called {plain(folder)}: {problem}.", param_hint="--to")
    found = list(drops(paths, folder))
    if not found:
        raise FormsError("NoFiles", f"There is no file in {', '.join(plain(path) for path in paths)}.")
    dropped: list[Dropped] = []
    try:
        services = services_of_storage_that_answers()
        dropped.extend(_uploading(services, found, as_json=as_json))
        unread = wait_for(services, dropped, as_json=as_json) if wait else 0
    except KeyboardInterrupt:
        typer.echo(_good_bye(folder) if dropped else "Stopped. The same command begins anew.", err=True)
        leave_at_once(STOPPED)
    refused = len(found) - len(dropped)
    if refused or unread:
        reasons = [f"{refused} not uploaded"] * bool(refused) + [f"{unread} not read"] * bool(unread)
        raise FormsError("NotAll", f"Of {len(found)} files {' and '.join(reasons)}; the reasons are above.")


def _good_bye(folder: str) -> str:
    status = f"`python -m cli status{f' {shlex.quote(plain(folder))}' if folder else ''}`"
    return f"Stopped. What was uploaded goes on being read: {status} shows it. The same command goes on from here."


def _uploading(services: Services, found: Sequence[Drop | Refusal], *, as_json: bool) -> Iterator[Dropped]:
    """The files that are in the container in the end, as they arrive there."""
    new = there = 0
    total = sum(one.size for one in found)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with progress_on_stderr(*columns, TimeRemainingColumn()) as progress:
        task = progress.add_task("uploading", total=total)
        outcomes = upload_all(services, found, lambda sent: progress.advance(task, sent), _note)
        for number, one in enumerate(outcomes, 1):
            if not isinstance(one, Dropped) or not one.is_new:
                total -= one.size
            progress.update(task, total=total, description=f"{number} of {len(found)} files")
            _say(one, as_json=as_json)
            if isinstance(one, Dropped):
                new, there = new + one.is_new, there + (not one.is_new)
                yield one
    typer.echo(f"{new} uploaded{f', {there} there already' if there else ''}.", err=True)


def _note(sentence: str) -> None:
    typer.echo(plain(sentence), err=True)


def _say(one: Dropped | Refusal, *, as_json: bool) -> None:
    if isinstance(one, Dropped):
        outcome = "uploaded" if one.is_new else "unchanged"
        seen = {"ETag": one.etag, "Size": one.size}
        line = plain(one.path) if one.is_new else f"{plain(one.path)} (unchanged)"
    else:
        outcome, line = "refused", ""
        seen = {"ErrorCode": one.code, "ErrorMessage": one.reason}
        typer.echo(f"{plain(one.file)} was not uploaded. {plain(one.reason)}", err=True)
    if as_json:
        line = json_line({"Path": one.path, "File": str(one.file), "Upload": outcome, **seen})
    if line:
        print(line, flush=True)
