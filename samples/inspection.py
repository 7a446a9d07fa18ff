"""An inspection report: boxes with a small label above the value, and a row of values under column headings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4

from samples.people import address, company, day, digits, person

if TYPE_CHECKING:
    from random import Random

    from reportlab.pdfgen.canvas import Canvas

NAME = "inspection-report"
PREFIX = "inspection"
PAGE_SIZE = A4
LEFT, RIGHT, TOP = 48.0, 547.0, 700.0
GREEN = HexColor(0x2E5E4E)
GREY = HexColor(0x707070)
BOX, TALL_BOX = 36.0, 74.0
LEADING = 13.0
MACHINES = (
    "Forklift truck", "Passenger lift", "Boiler", "Overhead crane", "Pressure vessel", "Loading bay door",
    "Fire damper", "Conveyor belt",
)  # fmt: skip
RESULTS = ("Passed", "Passed with remarks", "Failed", "To be repeated")
FINDINGS = (
    "No defects were found.",
    "Oil level low; topped up during the visit.",
    "Emergency stop reacts late and must be replaced before the next use of the machine.",
    "Guard rail loose at two places; tightened.",
    "Rust on the outer casing, to be watched at the next visit.",
)
WEATHER = ("Dry", "Rain", "Frost", "Wind", "Fog")
# label, left edge and width as shares of the page's width; one tuple a row of boxes
ROWS = (
    (("Report no.", 0.0, 0.3), ("Customer", 0.3, 0.7)),
    (("Site address", 0.0, 0.5), ("Findings", 0.5, 0.5)),
    (("Equipment", 0.0, 0.4), ("Serial number", 0.4, 0.3), ("Year built", 0.7, 0.3)),
)
COLUMNS = (
    ("Inspection date", 0.0, 0.2),
    ("Next due", 0.2, 0.2),
    ("Hours run", 0.4, 0.15),
    ("Weather", 0.55, 0.15),
    ("Result", 0.7, 0.3),
)
SIGNED = (("Inspector", 0.0, 0.5), ("Customer's representative", 0.5, 0.5))
TALL = ("Site address", "Findings")
WIDTH = RIGHT - LEFT

Report = dict[str, list[str]]


def fill(dice: Random, *, whole: bool) -> Report:
    """The lines of each value by its label; the representative did not always sign, unless the form is to be whole."""
    seen = day(dice)
    return {
        "Report no.": [f"IR {seen.year}/{digits(dice, 4)}"],
        "Customer": [company(dice)],
        "Site address": address(dice),
        "Findings": _wrapped(dice.choice(FINDINGS)),
        "Equipment": [dice.choice(MACHINES)],
        "Serial number": [f"{dice.choice('ABKM')}{digits(dice, 3)}-{digits(dice, 6)}"],
        "Year built": [str(dice.randint(1988, 2023))],
        "Inspection date": [f"{seen:%d.%m.%Y}"],
        "Next due": [f"{seen.replace(day=1, year=seen.year + 1):%d.%m.%Y}"],
        "Hours run": [f"{dice.randint(90, 48000):,}"],
        "Weather": [dice.choice(WEATHER)],
        "Result": [dice.choice(RESULTS)],
        "Inspector": [person(dice)],
        "Customer's representative": [] if dice.random() < 0.3 and not whole else [person(dice)],  # noqa: PLR2004
    }


def truth(report: Report) -> dict[str, str]:
    """Every value by its label, lines joined by a space."""
    return {label: " ".join(lines) for label, lines in report.items()}


def draw(report: Report, canvas: Canvas) -> None:
    """Prints the report on one page."""
    _head(canvas)
    y = TOP
    for row in ROWS:
        height = TALL_BOX if row[0][0] in TALL else BOX
        for label, start, width in row:
            _box(canvas, (LEFT + start * WIDTH, y - height, width * WIDTH, height), label, report[label])
        y -= height
    y = _columns(canvas, y - 22, report)
    for label, start, width in SIGNED:
        _box(canvas, (LEFT + start * WIDTH, y - 22 - BOX, width * WIDTH, BOX), label, report[label])
    canvas.setFillColor(GREY)
    canvas.setFont("Times-Italic", 8)
    canvas.drawString(
        LEFT, 40, "This report must not be copied in part. It is valid only for the equipment named above."
    )


def _head(canvas: Canvas) -> None:
    canvas.setFillColor(GREEN)
    canvas.rect(LEFT, 738, WIDTH, 44, stroke=0, fill=1)
    canvas.setFillColor(white)
    canvas.setFont("Times-Bold", 18)
    canvas.drawString(LEFT + 10, 754, "Inspection report")
    canvas.setFont("Times-Roman", 10)
    canvas.drawRightString(RIGHT - 10, 754, "Halden Technical Safety")
    canvas.setFillColor(GREY)
    canvas.setFont("Times-Roman", 9)
    canvas.drawString(LEFT, 716, "To be filled in on site and kept with the machine's papers.")


def _box(canvas: Canvas, place: tuple[float, float, float, float], label: str, lines: list[str]) -> None:
    x, y, width, height = place
    canvas.setStrokeColor(GREEN)
    canvas.setLineWidth(0.6)
    canvas.rect(x, y, width, height)
    canvas.setFillColor(GREY)
    canvas.setFont("Times-Roman", 7.5)
    canvas.drawString(x + 5, y + height - 10, label)
    canvas.setFillColor(black)
    canvas.setFont("Times-Roman", 11)
    for number, line in enumerate(lines):
        canvas.drawString(x + 5, y + height - 26 - number * LEADING, line)


def _columns(canvas: Canvas, top: float, report: Report) -> float:
    canvas.setFillColor(GREEN)
    canvas.rect(LEFT, top - 20, WIDTH, 20, stroke=0, fill=1)
    canvas.setStrokeColor(GREEN)
    for label, start, width in COLUMNS:
        x = LEFT + start * WIDTH
        canvas.rect(x, top - 42, width * WIDTH, 22)
        canvas.setFillColor(white)
        canvas.setFont("Times-Bold", 10)
        canvas.drawString(x + 5, top - 14, label)
        canvas.setFillColor(black)
        canvas.setFont("Times-Roman", 11)
        canvas.drawString(x + 5, top - 35, report[label][0])
    return top - 42


def _wrapped(text: str, most: int = 44) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
