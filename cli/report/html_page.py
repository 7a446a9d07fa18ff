"""The report as one page of HTML: no script, no network, light or dark as the reader likes it, fit to be printed."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from cli.plain import in_one_line
from cli.report.suggestions import ADVICE, SOURCE, of_field, of_group, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cli.report.statistics import FieldStatistics, Group, Spread

WIDTH, HEIGHT, PAD = 220, 64, 16
BARS = 20

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #666; --paper: #fff; --line: #ccc;
  --bar: #0072b2; --read: #999; --curve: #d55e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #eee; --soft: #aaa; --paper: #16181c; --line: #444;
  --bar: #56b4e9; --read: #888; --curve: #e69f00; } }
@media print { :root { --ink: #000; --soft: #444; --paper: #fff; --line: #bbb; --bar: #0072b2; --read: #999;
  --curve: #d55e00; } tr, figure { break-inside: avoid; } thead { display: table-header-group; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 74rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top;
  padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th.number, td.number { text-align: right; white-space: nowrap; } .soft, figcaption { color: var(--soft); }
figure { margin: 1rem 0; } svg { display: block; max-width: 100%; }
svg text { font: 10px system-ui, sans-serif; fill: var(--soft); }
.bar { fill: var(--bar); } .read { fill: none; stroke: var(--read); stroke-width: 1.5; }
.axis { stroke: var(--line); } .now { stroke: var(--ink); stroke-dasharray: 3 3; }
.curve { fill: none; stroke: var(--curve); stroke-width: 2; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(groups: Sequence[Group]) -> str:
    """The whole page."""
    body = "".join(piece for group in groups for piece in _group(group)) or "<p>No document was read yet.</p>"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>How surely the forms are read</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>How surely the forms are read</h1>\n{_legend()}\n{body}\n"
        f'<p>{escape(ADVICE)} <a href="{SOURCE}">{SOURCE}</a></p>\n</body>\n</html>\n'
    )


def _legend() -> str:
    return (
        "<p>Bars: how many values have which confidence of the extraction, from 0 to 1. Grey line: the same for the "
        "words they were read from. Curve: the share of documents that need review, by threshold; the dashed line "
        "is the threshold now. A value needs review when either confidence is below the threshold, or when a field "
        "that the model learned is not there.</p>"
    )


def _group(group: Group) -> Iterator[str]:
    model = "" if group.model == group.route else f", model {_text(group.model)}"
    count = f"{group.documents:,} document{'' if group.documents == 1 else 's'}"
    yield f'<section>\n<h2>{_text(group.route)}{model} <span class="soft">{count}</span></h2>\n'
    yield from (f"<p>{_text(sentence)}</p>\n" for sentence in of_group(group))
    shares = [group.documents_below(one) for one in group.thresholds]
    yield f"<figure>{_curve(group, shares, 'any field')}<figcaption>documents that need review</figcaption></figure>\n"
    if group.fields:
        heads = ("field", "found", "confidence", "", "needs review", "")
        yield f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead><tbody>\n"
        yield from (_field(group, field) for field in group.fields.values())
        yield "</tbody></table>\n"
    if group.fields_left_out:
        yield f"<p>{group.fields_left_out:,} values of further fields are left out.</p>\n"
    yield "</section>\n"


def _field(group: Group, field: FieldStatistics) -> str:
    name = _text(field.name[1]) or "(no key)"
    shares = [group.share_below(field, one) for one in group.thresholds]
    now = shares[group.thresholds.index(group.expected.threshold)]
    cells = (
        f"<td>{name}</td>",
        f'<td class="number">{escape(percent(group.found(field)))}</td>',
        f"<td>{_histogram(field, name)}</td>",
        f"<td>{_in_words(field.confidence, 'found')}<br>{_in_words(field.read_confidence, 'read')}</td>",
        f"<td>{_curve(group, shares, field.name[1])}{escape(percent(now))} at {group.expected.threshold:g}</td>",
        f"<td>{_text(of_field(group, field))}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>\n"


def _in_words(spread: Spread, what: str) -> str:
    quartiles = [spread.quantile(share) for share in (0.25, 0.5, 0.75)]
    if not spread.count:
        return f'<span class="soft">{what}: no confidence</span>'
    low, middle, high = (f"{one:.2f}" for one in quartiles if one is not None)
    return f"{what}: lowest {spread.lowest:.2f}, half from {low} to {high}, middle {middle}"


def _histogram(field: FieldStatistics, name: str) -> str:
    found, read = _bars(field.confidence), _bars(field.read_confidence)
    highest = max(*found, *read, 1)
    step = WIDTH / BARS
    bars = "".join(
        f'<rect class="bar" x="{PAD + number * step + 1:.1f}" y="{_down(count / highest):.1f}" '
        f'width="{step - 2:.1f}" height="{HEIGHT * count / highest:.1f}"/>'
        for number, count in enumerate(found)
        if count
    )
    corners = (
        (PAD + edge * step, _down(count / highest))
        for number, count in enumerate(read)
        for edge in (number, number + 1)
    )
    line = f'<polyline class="read" points="{_points(corners)}"/>' if any(read) else ""
    return _plot(f"{name}: how many values have which confidence", bars + line)


def _curve(group: Group, shares: Sequence[float], name: str) -> str:
    points = zip(map(_across, group.thresholds), map(_down, shares), strict=True)
    x = _across(group.expected.threshold)
    now = f'<line class="now" x1="{x:.1f}" y1="4" x2="{x:.1f}" y2="{4 + HEIGHT}"/>'
    top = f'<text x="{PAD}" y="12">100 %</text>'
    curve = f'<polyline class="curve" points="{_points(points)}"/>'
    ends = ((group.thresholds[0], shares[0]), (group.thresholds[-1], shares[-1]))
    told = ", ".join(f"{escape(percent(share))} at {threshold:g}" for threshold, share in ends)
    return _plot(f"{_text(name)}: documents that need review, {told}", top + now + curve)


def _plot(title: str, inner: str) -> str:
    """A plot from 0 to 1 across; `title`, escaped already, is what is read aloud."""
    width, height, floor = WIDTH + 2 * PAD, HEIGHT + 20, 4 + HEIGHT
    ticks = "".join(
        f'<text x="{PAD + WIDTH * share:.0f}" y="{floor + 12}" text-anchor="middle">{share:g}</text>'
        for share in (0, 0.5, 1)
    )
    axis = f'<line class="axis" x1="{PAD}" y1="{floor}" x2="{PAD + WIDTH}" y2="{floor}"/>'
    return (
        f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<title>{title}</title>{axis}{ticks}{inner}</svg>"
    )


def _bars(spread: Spread) -> list[int]:
    """The hundredths in fives; the last bar also has the whole ones."""
    return [sum(spread.bins[start : start + 5 + (start == 95)]) for start in range(0, 100, 5)]  # noqa: PLR2004


def _across(share: float) -> float:
    return PAD + WIDTH * share


def _down(share: float) -> float:
    return 4 + HEIGHT * (1 - share)


def _points(points: Iterator[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _text(text: str) -> str:
    """Whatever stood on a form, as text and nothing else."""
    return escape(in_one_line(text))
