"""`status`: where each document is, since when, and if it is not well, why and what to do."""

from __future__ import annotations

from enum import StrEnum
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cli.environment import command_services
from cli.places import has_documents, place_of
from cli.plain import json_line, plain, utc
from cli.status.documents_table import documents_table
from cli.status.standing import Counts, advice, since, state, why
from cli.status.watch import watch
from cli.tables import PAGE_ROWS, rows
from cli.terminal import progress_on_stderr, stdout_console
from shared.documents import STATES
from shared.names import DOCUMENTS_TABLE
from shared.storage.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cli.places import Place
    from shared.services import Services

MOST_ROWS = 100
EXAMPLES = (
    "python -m cli status  # the first hundred",
    "python -m cli status purchase-order --needs-review  # what a person should look at",
    "python -m cli status purchase-order/po-6.pdf  # all about one",
    "python -m cli status --state failed --all --json  # for a program",
    "python -m cli status --counts  # how many are in which state",
    "python -m cli status --watch  # until Ctrl-C",
)

State = StrEnum("State", list(STATES))  # type: ignore[misc]


def status(
    where: Annotated[
        str, typer.Argument(metavar="PATH|FOLDER", help="In `documents`; `default` for the files at its root.")
    ] = "",
    *,
    in_state: Annotated[
        State | None, typer.Option("--state", metavar="STATE", help=f"Only those that are {', '.join(STATES)}.")
    ] = None,
    needs_review: Annotated[bool, typer.Option("--needs-review", help="Only those with values to look at.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Every one, not only the first hundred.")] = False,
    counts: Annotated[bool, typer.Option("--counts", help="How many are in which state.")] = False,
    watching: Annotated[
        bool, typer.Option("--watch", help="A live table, until Ctrl-C; what moves comes first.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each document.")] = False,
) -> None:
    """Shows where each document is, since when, and if it is not well, why and what to do about it.

    It answers from the table `Documents`: a file that no function has seen yet is not in it.
    """
    if watching and (as_json or counts or every):
        raise typer.BadParameter(
            "It is a table for people; leave --json, --all and --counts out.", param_hint="--watch"
        )
    if watching and not Console().is_terminal:
        raise typer.BadParameter("It needs a terminal; `upload --wait` waits without one.", param_hint="--watch")
    services = command_services()
    place = place_of(services, where)
    filters = [f"Status eq {quoted(in_state)}"] if in_state else []
    filters += ["NeedsReview eq true"] if needs_review else []
    condition = " and ".join(filter(None, (place.filter(DOCUMENTS_TABLE), *filters)))
    if watching:
        watch(services, condition)
    elif counts:
        _print_counts(_spinning(rows(services, DOCUMENTS_TABLE, condition, ("Status", "NeedsReview"))), as_json=as_json)
    elif place.document and not filters:
        for row in rows(services, DOCUMENTS_TABLE, condition):
            _print_row(row, as_json=as_json)
    else:
        _print_rows(services, place, condition, filtered=bool(filters), every=every, as_json=as_json)


def _print_rows(
    services: Services, place: Place, condition: str, *, filtered: bool, every: bool, as_json: bool
) -> None:
    """A page, or every one. One row more than is shown tells whether there are more."""
    found = rows(services, DOCUMENTS_TABLE, condition, None, PAGE_ROWS if every or filtered else MOST_ROWS + 1)
    matching = _spinning(found) if every or filtered else found
    first = next(matching, None)
    if first is None:
        some = has_documents(services, place)
        typer.echo("None." if some else "There are no documents yet; `python -m cli upload` drops some.", err=True)
        return
    matching, seen = chain([first], matching), Counts()
    while page := list(islice(matching, MOST_ROWS)):
        for row in page:
            seen.add(row)
        _print_page(page, as_json=as_json)
        if not every:
            break
    if not every and next(matching, None):
        hint = "--all shows every one, --counts counts them, --state and --needs-review choose"
        typer.echo(f"These are the first {MOST_ROWS} ({seen}); {hint}.", err=True)
    else:
        typer.echo(f"{seen}.", err=True)


def _print_page(page: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in page:
            print(json_line(_with_advice(row)))
        return
    stdout_console().print(documents_table(page))


def _print_row(row: Mapping[str, Any], *, as_json: bool) -> None:
    """The whole row of one document."""
    if as_json:
        print(json_line(_with_advice(row)))
        return
    review = ", needs review" if row.get("NeedsReview") is True else ""
    print(f"{plain(row.get('Path') or row['RowKey'])}: {state(row)} since {utc(since(row))} UTC{review}")
    for title, text in (("why", why(row)), ("what to do", advice(row))):
        if text:
            print(f"{title}: {text}")
    print()
    for name, value in row.items():
        print(f"{name}: {utc(value) if hasattr(value, 'astimezone') else plain(getattr(value, 'value', value))}")


def _print_counts(rows: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    counts = Counts()
    for row in rows:
        counts.add(row)
    table = Table("state", "documents", "need review")
    for one, number, to_review in counts.lines():
        if as_json:
            print(json_line({"Status": one, "Documents": number, "NeedsReview": to_review}))
        table.add_row(one, f"{number:,}", f"{to_review:,}")
    if not as_json:
        stdout_console().print(table)


def _with_advice(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "Advice": advice(row) or None}


def _spinning(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The same rows, with a count on a terminal while they come."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} found"), TimeElapsedColumn())
    with progress_on_stderr(*columns) as progress:
        yield from progress.track(rows, total=0)
