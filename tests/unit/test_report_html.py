"""The report's page stands alone, and nothing that stood on a form becomes a part of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from cli.report.html_page import page
from cli.report.statistics import Expected, Group, Reading, statistics_of
from cli.report.suggestions import SOURCE

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)"> & "quoted" \x1b[31m'


class Tags(HTMLParser):
    """Which elements a page has, with their attributes; every one must be closed in its turn."""

    VOID = ("meta", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps it."""
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps one that is closed at once."""
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Must end the last one that began."""
        assert self.open.pop() == tag


def groups(name: str = "Total", confidences: tuple[float | None, ...] = (0.62, 0.9, 1.0)) -> list[Group]:
    """A model with one field."""
    values = (Reading(str(n), name, name, ("keyValue", name), False, one, one) for n, one in enumerate(confidences))
    return statistics_of(values, {}, {name: Expected(0.8, frozenset([name, "Customer"]))}, 0.8)


@pytest.mark.parametrize("name", ["Total", HOSTILE, ""])
def test_a_page_is_whole_and_asks_for_nothing(name: str) -> None:
    """Every element is closed; no script, no handler, no style of a form's own, nothing fetched from anywhere."""
    text = page(groups(name))

    tags = Tags(text)
    assert tags.open == []
    assert {tag for tag, _ in tags.found} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "a", "section", "figure", "figcaption"),
        *("table", "thead", "tbody", "tr", "th", "td", "span", "br", "svg", "line", "text", "rect", "polyline"),
    }
    attributes = [(key, value) for _, attrs in tags.found for key, value in attrs.items()]
    assert [value for key, value in attributes if key in ("src", "href", "style")] == [SOURCE]
    assert not [key for key, _ in attributes if key.startswith("on")]
    assert "url(" not in text
    assert "@import" not in text
    assert "\x1b" not in text


def test_what_stood_on_a_form_is_text() -> None:
    """It is shown as it was, with what a terminal would obey as an escape."""
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page(groups(HOSTILE))


def test_each_field_has_its_plots() -> None:
    """Where its values lie, and what needs review by threshold, in shapes within the plot's frame."""
    plots = [ET.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page(groups()), re.DOTALL)]  # noqa: S314

    titles = [plot.findtext("title") for plot in plots]
    assert titles == [
        "any field: documents that need review, 100 % at 0.5, 100 % at 0.99",
        "Total: how many values have which confidence",
        "Total: documents that need review, 0 % at 0.5, 67 % at 0.99",
        "Customer: how many values have which confidence",
        "Customer: documents that need review, 100 % at 0.5, 100 % at 0.99",
    ]
    assert len(plots[1].findall("rect")) == 3
    for plot in plots:
        width, height = float(plot.get("width", 0)), float(plot.get("height", 0))
        for line in plot.findall("polyline"):
            for point in line.get("points", "").split():
                across, down = map(float, point.split(","))
                assert 0 <= across <= width
                assert 0 <= down <= height


def test_dark_light_and_print_have_their_colours() -> None:
    """By the reader's own choice."""
    text = page(groups())
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_nothing_read_is_said() -> None:
    """An empty page would look like a fault."""
    assert "No document was read yet" in page([])
