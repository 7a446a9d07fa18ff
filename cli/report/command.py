"""`report`: how surely each model reads each of its fields, and what that says about thresholds and training sets."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Table

from cli.environment import command_services
from cli.output import whole_file
from cli.places import has_documents, place_of
from cli.plain import in_one_line, plain
from cli.report.html_page import page
from cli.report.statistics import SLACK, Expected, Reading, field_name, learned_names, statistics_of
from cli.report.suggestions import ADVICE, SOURCE, of_field, of_group, percent
from cli.tables import rows
from cli.terminal import stdout_console
from shared.names import DOCUMENTS_TABLE, FIELDS_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.places import Place
    from cli.report.statistics import Group, Spread
    from shared.services import Services

EXAMPLES = (
    "python -m cli report  # every model",
    "python -m cli report purchase-order  # the documents of one folder",
    "python -m cli report --html report.html  # one page with plots, to be sent or printed",
    "python -m cli report --json  # for a program: a line for each field",
)

LEGEND = (
    "low, mid: the lowest and the middle confidence, of the extraction and of the words it was read from. % <0.8: of "
    "100 documents, how many would need review with the threshold 0.8."
)
SHOWN_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.99)
_COLUMNS = (
    *("PartitionKey", "Route", "Model", "Kind", "Name", "Confidence", "ReadConfidence"),
    *("Text", "Value", "Number"),
)


def report(
    folder: Annotated[str, typer.Argument(help="A folder of `documents`; `default`: files at the root.")] = "",
    html: Annotated[Path | None, typer.Option(help="Also write this page, with plots.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each field.")] = False,
) -> None:
    """Shows how often and how surely each field is found, and how many documents need review at which threshold.

    It helps to choose a threshold, and shows which training set needs more forms. A document needs review when a
    confidence is below the threshold, the extraction's or that of its words, or when a field that its model learned is
    not there.
    """
    with whole_file(html, "--html") if html else nullcontext() as file:
        services = command_services()
        place = place_of(services, folder)
        groups = _groups(services, place)
        some = bool(groups) or has_documents(services, place)
        if file:
            file.write(page(groups).encode())
    if not groups:
        where = f" in {plain(folder)}" if folder else ""
        nothing = f"No document{where} was read yet; `python -m cli status` shows where they are."
        print(nothing if some else "There are no documents yet; `python -m cli upload` drops some.", file=sys.stderr)
    elif as_json:
        for line in (line for group in groups for line in _lines(group)):
            print(json.dumps(line))
    else:
        _print(groups)
    if html:
        print(f"{plain(html)} is written.", file=sys.stderr)


def _groups(services: Services, place: Place) -> list[Group]:
    condition = " and ".join(filter(None, (place.filter(DOCUMENTS_TABLE), "Status eq 'succeeded'")))
    found = rows(services, DOCUMENTS_TABLE, condition, ["PartitionKey", "Model"])
    succeeded = Counter((row["PartitionKey"], row.get("Model", "")) for row in found)
    default = services.settings.confidence_threshold
    expected = {
        model.name: Expected(default if model.threshold is None else model.threshold, learned_names(model.field_names))
        for model in services.models.all()
    }
    values = " and ".join(filter(None, (place.filter(FIELDS_TABLE), "Kind ne 'cell'")))
    return statistics_of(map(_reading, rows(services, FIELDS_TABLE, values, _COLUMNS)), succeeded, expected, default)


def _reading(row: Mapping[str, Any]) -> Reading:
    kind = row.get("Kind", "")
    return Reading(
        document=row["PartitionKey"],
        route=row.get("Route", ""),
        model=row.get("Model", ""),
        name=field_name(kind, row.get("Name", "")),
        is_empty=kind == "field" and not any(column in row for column in ("Text", "Value", "Number")),
        confidence=row.get("Confidence"),
        read_confidence=row.get("ReadConfidence"),
    )


def _print(groups: list[Group]) -> None:
    console = stdout_console()
    for group in groups:
        model = "" if group.model == group.route else f", model {plain(group.model)}"
        count = f"{group.documents:,} document{'' if group.documents == 1 else 's'}"
        console.print(f"{plain(group.route)}{model}: {count}", style="bold", soft_wrap=True)
        if group.fields:
            console.print(_table(group))
        for sentence in _sentences(group):
            console.print(sentence, soft_wrap=True)
        console.print()
    for sentence in (LEGEND, ADVICE, SOURCE):
        console.print(sentence, soft_wrap=True)


def _table(group: Group) -> Table:
    shown = [one for one in group.thresholds if one in SHOWN_THRESHOLDS or one == group.expected.threshold]
    table = Table(box=SIMPLE, padding=(0, 1), pad_edge=False)
    for name in ("field", "found\n%", "confidence\nlow mid", "read\nlow mid"):
        table.add_column(name, justify="left" if name == "field" else "right", overflow="fold")
    for threshold in shown:
        table.add_column(f"%\n<{threshold:g}", justify="right")
    for field in group.fields.values():
        review = [_bare(group.share_below(field, one)) for one in shown]
        spreads = (_in_short(field.confidence), _in_short(field.read_confidence))
        table.add_row(in_one_line(field.name[1]) or "(no key)", _bare(group.found(field)), *spreads, *review)
    review = [_bare(group.documents_below(one)) for one in shown]
    table.add_row("any of them", "", "", "", *review, style="bold")
    return table


def _sentences(group: Group) -> Iterator[str]:
    yield from of_group(group)
    if group.fields_left_out:
        yield f"{group.fields_left_out:,} values of further fields are left out."
    for field in group.fields.values():
        if suggestion := of_field(group, field):
            yield f"- {in_one_line(field.name[1]).rstrip(': ') or '(no key)'}: {suggestion}."


def _bare(share: float) -> str:
    return percent(share).removesuffix(" %")


def _in_short(spread: Spread) -> str:
    """The lowest, and the middle."""
    middle = spread.quantile(0.5)
    # Rounded down, as a threshold compares.
    return "" if middle is None else f"{int(100 * spread.lowest + SLACK) / 100:.2f} {middle:.2f}"


def _lines(group: Group) -> Iterator[dict[str, Any]]:
    for field in group.fields.values():
        yield {
            "Route": group.route,
            "Model": group.model,
            "Kind": field.name[0] or None,
            "Name": field.name[1],
            "Documents": group.documents,
            "Found": field.found,
            "Threshold": group.expected.threshold,
            "Confidence": _quartiles(field.confidence),
            "ReadConfidence": _quartiles(field.read_confidence),
            "NeedsReview": {f"{one:g}": round(group.share_below(field, one), 4) for one in group.thresholds},
            "Suggestion": of_field(group, field) or None,
        }


def _quartiles(spread: Spread) -> dict[str, float | int | None]:
    shares = {"FirstQuartile": 0.25, "Median": 0.5, "ThirdQuartile": 0.75}
    quartiles = {name: spread.quantile(share) for name, share in shares.items()}
    return {"Count": spread.count, "Lowest": spread.lowest if spread.count else None, **quartiles}
