"""A claim for damage on two pages: labels above their values, boxes, and answers to questions on the second page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import LETTER

from samples.people import address, day, digits, money, person, phone

if TYPE_CHECKING:
    from random import Random

    from reportlab.pdfgen.canvas import Canvas

NAME = "damage-claim"
PREFIX = "claim"
PAGE_SIZE = LETTER
LEFT, RIGHT = 60.0, 552.0
WIDTH = RIGHT - LEFT
NAVY = HexColor(0x16324F)
GREY = HexColor(0x606060)
BOX, TALL_BOX = 40.0, 84.0
LEADING = 13.5
CAUSES = ("Burst pipe", "Storm", "Fire in the kitchen", "Burglary", "Fallen tree", "Lightning")
PLACES = ("Cellar", "Living room", "Roof", "Garage", "Workshop", "Stairway")
ITEMS = ("Carpet", "Washing machine", "Bicycle", "Front door", "Two windows", "Parquet floor", "Television set")
ANSWERS = ("Yes", "No")
# label, left edge and width as shares of the page's width; one tuple a row of boxes
BOXES = (
    (("Policy number", 0.0, 0.4), ("Date of claim", 0.4, 0.3), ("Branch", 0.7, 0.3)),
    (("Policyholder", 0.0, 0.5), ("Date of birth", 0.5, 0.5)),
    (("Address", 0.0, 0.5), ("Telephone", 0.5, 0.5)),
)
TALL = ("Address",)
QUESTIONS = (
    "Date of damage:", "Place of damage:", "Cause:", "Damaged item:", "Bought in:", "Police informed:",
    "Damage repaired:", "Witness:",
)  # fmt: skip
PAID = ("Account holder", "Account number", "Amount claimed")
BRANCHES = ("Leeds", "Antwerp", "Lyon", "Graz", "Porto")

Form = dict[str, list[str]]


def fill(dice: Random, *, whole: bool) -> Form:
    """The lines of each value by its label; not every damage has a witness, unless the form is to be whole."""
    holder, happened = person(dice), day(dice)
    return {
        "Policy number": [f"HH {digits(dice, 4)} {digits(dice, 4)}"],
        "Date of claim": [f"{day(dice):%d/%m/%Y}"],
        "Branch": [dice.choice(BRANCHES)],
        "Policyholder": [holder],
        "Date of birth": [f"{day(dice).replace(day=3, year=dice.randint(1940, 2004)):%d/%m/%Y}"],
        "Address": address(dice),
        "Telephone": [phone(dice)],
        "Date of damage": [f"{happened:%d/%m/%Y}"],
        "Place of damage": [dice.choice(PLACES)],
        "Cause": [dice.choice(CAUSES)],
        "Damaged item": [dice.choice(ITEMS)],
        "Bought in": [str(dice.randint(1998, 2023))],
        "Police informed": [dice.choice(ANSWERS)],
        "Damage repaired": [dice.choice(ANSWERS)],
        "Witness": [] if dice.random() < 0.3 and not whole else [person(dice)],  # noqa: PLR2004
        "Account holder": [holder if dice.random() < 0.5 else person(dice)],  # noqa: PLR2004
        "Account number": [f"{digits(dice, 4)} {digits(dice, 4)} {digits(dice, 4)}"],
        "Amount claimed": [f"{money(dice.randint(4000, 2500000))} EUR"],
    }


def truth(form: Form) -> dict[str, str]:
    """Every value by its label, lines joined by a space."""
    return {label: " ".join(lines) for label, lines in form.items()}


def draw(form: Form, canvas: Canvas) -> None:
    """Prints the claim on two pages."""
    _head(canvas, 1)
    y = 690.0
    for row in BOXES:
        height = TALL_BOX if row[0][0] in TALL else BOX
        for label, start, width in row:
            _box(canvas, (LEFT + start * WIDTH, y - height, width * WIDTH, height), label, form[label])
        y -= height
    _text(canvas, y - 40, "I declare that what is stated on both pages is complete and true.")
    canvas.showPage()
    _head(canvas, 2)
    y = _questions(canvas, 690.0, form)
    for index, label in enumerate(PAID):
        _box(canvas, (LEFT + index * WIDTH / 3, y - 30 - BOX, WIDTH / 3, BOX), label, form[label])


def _head(canvas: Canvas, number: int) -> None:
    canvas.setFillColor(NAVY)
    canvas.setFont("Times-Bold", 18)
    canvas.drawString(LEFT, 730, "Claim for damage")
    canvas.setFont("Times-Roman", 10)
    canvas.drawRightString(RIGHT, 730, "Meridian Household Insurance")
    _text(canvas, 708, "1. About you" if number == 1 else "2. About the damage")
    canvas.setFillColor(GREY)
    canvas.setFont("Times-Roman", 8)
    canvas.drawRightString(RIGHT, 36, f"Page {number} of 2")


def _text(canvas: Canvas, y: float, text: str) -> None:
    canvas.setFillColor(NAVY)
    canvas.setFont("Times-Bold", 11)
    canvas.drawString(LEFT, y, text)


def _box(canvas: Canvas, place: tuple[float, float, float, float], label: str, lines: list[str]) -> None:
    x, y, width, height = place
    canvas.setStrokeColor(NAVY)
    canvas.setLineWidth(0.7)
    canvas.rect(x, y, width, height)
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 7.5)
    canvas.drawString(x + 5, y + height - 10, label)
    canvas.setFillColor(black)
    canvas.setFont("Courier", 10.5)
    for number, line in enumerate(lines):
        canvas.drawString(x + 5, y + height - 27 - number * LEADING, line)


def _questions(canvas: Canvas, y: float, form: Form) -> float:
    """One question a line, its answer in a column beside it; the height of the next line."""
    for label in QUESTIONS:
        canvas.setFillColor(black)
        canvas.setFont("Times-Roman", 11)
        canvas.drawString(LEFT, y - 14, label)
        canvas.setFont("Courier", 10.5)
        for line in form[label.removesuffix(":")]:
            canvas.drawString(LEFT + 130, y - 14, line)
        y -= 2 * LEADING
    return y
