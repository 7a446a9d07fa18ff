"""A document as a person reads it on a terminal: how it is, its life, its values and its tables."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE
from rich.table import Table

from cli.advice import what_to_do
from cli.plain import in_one_line, plain
from cli.show.rows import region_of
from cli.show.timeline import duration, timeline
from cli.terminal import stdout_console

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.show.rows import Values

MOST_SHOWN = 500
REVIEW = "!"
_TEXT_SHOWN = 200


def print_document(row: Mapping[str, Any], blob: tuple[str, datetime] | None, values: Values) -> None:
    """Prints the row of `Documents` and the values; `blob` is the ETag and the time of the file as it is now."""
    console = stdout_console()
    for line in _summary(row):
        console.print(line, soft_wrap=True)
    console.print(_life(row, blob))
    for line in _remarks(row, blob, values):
        console.print(line, soft_wrap=True)
    if values.fields:
        console.print()
        console.print(_list(values))
        console.print()
    if any(row.get("NeedsReview") for row in values.fields):
        console.print(f"{REVIEW} needs review: a confidence is below the threshold, or nothing was found.")
    if len(values.fields) > MOST_SHOWN:
        console.print(f"... and {len(values.fields) - MOST_SHOWN:,} more: --json has all of them.")
    for line in _tables(row, values):
        console.print(line, soft_wrap=True)


def _summary(row: Mapping[str, Any]) -> Iterator[str]:
    review = ", needs review" if row.get("NeedsReview") else ""
    yield f"{plain(row.get('Path', ''))}: {plain(row.get('Status', ''))}{review}"
    if code := row.get("ErrorCode"):
        yield f"{plain(code)}: {in_one_line(row.get('ErrorMessage', ''))}"
        yield f"What to do: {what_to_do(str(row.get('Status')), str(code))}."
    facts = {
        "model": row.get("Model"),
        "API version": row.get("ApiVersion"),
        "pages": row.get("Pages"),
        "values": row.get("FieldCount"),
        "lowest confidence": row.get("LowestConfidence"),
        "questions asked for the result": row.get("Polls"),
        "paid submissions": row.get("PaidSubmissions"),
        "next try": _time(row.get("NextTryAt")),
    }
    yield ", ".join(f"{name} {plain(value)}" for name, value in facts.items() if value not in (None, ""))


def _life(row: Mapping[str, Any], blob: tuple[str, datetime] | None) -> Table:
    dropped_at = blob[1] if blob and blob[0] == row.get("ETag") else None
    moments = timeline(row, dropped_at)
    table = Table(box=None, show_header=False)
    for before, moment in zip([None, *moments], moments, strict=False):
        took = f"after {duration((moment.at - before.at).total_seconds())}" if before else ""
        table.add_row(moment.what, _time(moment.at), took)
    if len(moments) > 2:  # noqa: PLR2004
        table.add_row("in all", "", duration((moments[-1].at - moments[0].at).total_seconds()))
    return table


def _remarks(row: Mapping[str, Any], blob: tuple[str, datetime] | None, values: Values) -> Iterator[str]:
    if blob is None:
        yield "The file is gone from documents; its rows are still there."
    elif blob[0] != row.get("ETag"):
        yield "The file was replaced since; its new content is not in the tables yet."
    if values.etag and values.etag != row.get("ETag"):
        yield "The values below are of the content before this one."


def _list(values: Values) -> Table:
    units = " or ".join(sorted({plain(row["Unit"]) for row in values.fields if "Unit" in row}))
    table = Table(box=SIMPLE, padding=0, pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True, justify="right")
    table.add_column("field", overflow="fold", min_width=12)
    table.add_column("text", overflow="fold", min_width=20)
    for name in ("conf.\n%", "read\n%", "page"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"left top\nright bottom {units}", no_wrap=True)
    for number, row in enumerate(values.fields[:MOST_SHOWN], start=1):
        text = _cut(in_one_line(row.get("Text", row.get("Value", row.get("Number", "")))))
        table.add_row(
            f"{REVIEW if row.get('NeedsReview') else ''} {number}",
            in_one_line(row.get("Name", "")) or "(no key)",
            text or "(nothing)",
            _percent(row.get("Confidence")),
            _percent(row.get("ReadConfidence")),
            plain(row.get("Page", "")),
            _where(row),
            style="bold" if row.get("NeedsReview") else "",
        )
    return table


def _where(row: Mapping[str, Any]) -> str:
    region = region_of(row)
    if region is None:
        return ""
    left, top, right, bottom = (f"{edge:.0f}" if edge >= 100 else f"{edge:.3g}" for edge in region.edges)  # noqa: PLR2004
    return f"{left} {top} {right} {bottom}"


def _tables(row: Mapping[str, Any], values: Values) -> Iterator[str]:
    for table in values.tables[:MOST_SHOWN]:
        review = f", {table.to_review} of {table.cells} cells need review" if table.to_review else ""
        yield f"Table {table.number} on page {table.page}: {table.rows} rows, {table.columns} columns{review}"
    if values.tables:
        yield f"`python -m cli query {shlex.quote(plain(row['Path']))} --tables` shows what is in tables."


def _time(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if isinstance(moment, datetime) else plain(moment or "")


def _percent(confidence: float | None) -> str:
    return "" if confidence is None else f"{100 * confidence:.1f}"


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]} ..."
