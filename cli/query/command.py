"""`query`: what was read, as a table on the terminal or as a file for another program."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import chain, islice
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.environment import command_services
from cli.output import destination
from cli.plain import plain
from cli.query import formats, printing
from cli.query.findings import Asked, Findings, What

MOST_ROWS = 100
EXAMPLES = (
    "python -m cli query purchase-order  # the first forms of a folder",
    "python -m cli query --where \"Total_due > 1000 and Currency = 'EUR'\"  # some of all forms",
    "python -m cli query purchase-order --output orders.xlsx  # all forms of a folder, for Excel",
    "python -m cli query --fields --needs-review --format csv  # the values that a person should look at",
    "python -m cli query purchase-order/po-6.pdf --tables  # the tables of one document",
)


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    PARQUET = "parquet"


ENDINGS = {
    ".csv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".json": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".xlsx": Format.XLSX,
    ".parquet": Format.PARQUET,
}
"""What is written into a file that ends so."""


def query(  # noqa: PLR0913  (each is an option)
    folder: Annotated[
        str, typer.Argument(help="A folder of `documents`, or one document; `default` for files at the root.")
    ] = "",
    *,
    field: Annotated[
        list[str] | None, typer.Option(help="Only this column; with `--fields`, only values of this name.")
    ] = None,
    where: Annotated[str, typer.Option(help="Only what matches; see above.")] = "",
    records: Annotated[bool, typer.Option("--records", help="A row for each form. The default.")] = False,
    fields: Annotated[bool, typer.Option("--fields", help="A row for each value read, with confidence.")] = False,
    tables: Annotated[bool, typer.Option("--tables", help="The documents' tables.")] = False,
    needs_review: Annotated[bool, typer.Option("--needs-review", help="Only what a person should look at.")] = False,
    format: Annotated[  # noqa: A002  (the option's name)
        Format | None,
        typer.Option(help="How to write it. By default as FILE ends, else `table`, the first hundred."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as `--format jsonl`.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="A file to write, in place of one that is there; its ending says how.")
    ] = None,
) -> None:
    """Shows what was read from the documents, or writes it to a file.

    `--where` compares columns with texts in quotes, numbers, `true` or `false`, joined by `and`, `or`, `not` and
    brackets: `Total > 100 and Customer = 'Contoso'`. A name that is more than letters, digits and `_` stands in double
    quotes, as on the form: `"Order number"` is the column `Order_number`. Texts are compared letter by letter. Beside
    a number, a text such as `$ 1,234.50` counts as the number it must be; `1,234` could be two and is none. A row
    without the column does not match, whatever the sign. `Timestamp` is when a row was stored:
    `Timestamp >= '2026-01-31'`.
    """
    asked = Asked(_what(records=records, fields=fields, tables=tables), folder, tuple(field or ()), where, needs_review)
    as_what = _format(format, output, json=json)
    if as_what is Format.PARQUET:
        formats.pyarrow()
    findings = Findings(command_services(), asked)
    if as_what is Format.TABLE:
        _print_first(findings, output)
    else:
        _write(findings, as_what, output)
    for sentence in findings.remarks():
        _say(sentence)


def _what(*, records: bool, fields: bool, tables: bool) -> What:
    if records + fields + tables > 1:
        raise typer.BadParameter("Give one of --records, --fields and --tables.")
    return What.VALUES if fields else What.TABLES if tables else What.FORMS


def _format(said: Format | None, output: Path | None, *, json: bool) -> Format:
    """The format asked for; else the one that the file's name ends in, which must not be another."""
    if json and said not in (None, Format.JSONL):
        raise typer.BadParameter(f"--json is --format jsonl; it can't be --format {said} as well.")
    said = Format.JSONL if json else said
    if output is None or str(output) == "-":
        if said in (Format.XLSX, Format.PARQUET) and sys.stdout.isatty():
            raise typer.BadParameter(f"A terminal can't show {said}; give --output FILE.")
        return said or Format.TABLE
    ending = output.suffix.lower()
    found = said or ENDINGS.get(ending)
    if found is None:
        raise typer.BadParameter(f"--output: {plain(output)} ends in none of {', '.join(ENDINGS)}; or give --format.")
    if ENDINGS.get(ending, found) is not found:
        raise typer.BadParameter(f"--output: a file that ends in {ending} is not --format {found}.")
    return found


def _print_first(findings: Findings, output: Path | None) -> None:
    """The first rows, for a person to read, and how to get them all."""
    if output is None or str(output) == "-":
        more = _print(findings, printing.console())
    else:
        with destination(output) as file, formats.as_text(file) as text:
            more = _print(findings, printing.console(text))
            findings.refuse_unknown()
        _say_count(min(findings.count, MOST_ROWS), findings, output)
    if more:
        what = findings.asked.what
        _say(f"These are the first {MOST_ROWS} {what}. All of them: --format csv, or --output FILE.xlsx.")


def _print(findings: Findings, out: Console) -> bool:
    """Whether there are more than were printed."""
    if findings.asked.what is What.TABLES:
        tables = findings.grids()
        for grid in islice(tables, MOST_ROWS):
            printing.print_grid(out, grid)
        return next(tables, None) is not None
    found = findings.rows(MOST_ROWS + 1)
    first = list(islice(found, MOST_ROWS))
    if findings.asked.what is What.FORMS:
        printing.print_forms(out, first, findings.columns)
    else:
        printing.print_values(out, first)
    return next(found, None) is not None


def _write(findings: Findings, as_what: Format, output: Path | None) -> None:
    """All rows; of however many there are, few are in memory."""
    to_file = output is not None and str(output) != "-"
    with destination(output) as file, _progress(to_file=to_file) as progress:
        found = _counted(findings.all_rows(), progress)
        first = list(islice(found, 1))
        findings.refuse_unknown()
        rows = chain(first, found)
        columns = findings.columns
        if as_what is Format.JSONL:
            formats.write_jsonl(file, rows)
        elif columns and as_what is not Format.PARQUET:
            _write_columns(file, as_what, findings.asked.what.title(), columns, rows, is_file=to_file)
        else:
            with formats.gathered(rows) as (types, again):
                known = dict.fromkeys(columns or ["Path"], str) | types
                ordered = {name: known[name] for name in (columns or known)}
                if as_what is Format.PARQUET:
                    formats.write_parquet(file, ordered, again)
                else:
                    title = findings.asked.what.title()
                    _write_columns(file, as_what, title, list(ordered), again, is_file=to_file)
    if output is not None and to_file:
        _say_count(findings.count, findings, output)


def _write_columns(
    file: IO[bytes],
    as_what: Format,
    title: str,
    columns: list[str],
    rows: Iterable[formats.Row],
    *,
    is_file: bool,
) -> None:
    if as_what is Format.XLSX:
        formats.write_xlsx(file, title, columns, rows)
    elif is_file:
        formats.write_csv(file, columns, rows, mark=True)
    else:
        formats.write_csv(file, columns, rows, mark=False, shown=plain if sys.stdout.isatty() else str)


def _progress(*, to_file: bool) -> Progress:
    """How many rows came so far; on a terminal that does not show the rows themselves."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} rows"), TimeElapsedColumn())
    is_free = console.is_terminal and (to_file or not sys.stdout.isatty())
    return Progress(*columns, console=console, transient=True, disable=not is_free)


def _counted(rows: Iterable[formats.Row], progress: Progress) -> Iterator[formats.Row]:
    task = progress.add_task("", total=None)
    for row in rows:
        progress.advance(task)
        yield row


def _say_count(count: int, findings: Findings, output: Path) -> None:
    _say(f"{count:,} {findings.asked.what} in {output}.")


def _say(sentence: str) -> None:
    Console(stderr=True, markup=False, emoji=False, highlight=False).print(plain(sentence), soft_wrap=True)
