"""A delivery note: labels with their values, a ruled table of goods, and a table of packages without any rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import A4

from samples.people import address, company, day, digits, person, phone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from reportlab.pdfgen.canvas import Canvas

NAME = "delivery-note"
PREFIX = "delivery"
PAGE_SIZE = A4
LEFT, MIDDLE, RIGHT = 56.0, 344.0, 540.0
VALUE, MIDDLE_VALUE = 130.0, 424.0
LEADING = 14.0
ROW = 19.0
RED = HexColor(0x8A1C1C)
GREY = HexColor(0x555555)
GOODS_COLUMNS = (("Article", 56.0), ("Description", 126.0), ("Ordered", 340.0), ("Delivered", 406.0), ("Unit", 478.0))
PACKAGE_COLUMNS = (("Package", 56.0), ("Kind", 146.0), ("Weight (kg)", 300.0), ("Seal", 420.0))
FIGURES = ("Ordered", "Delivered", "Weight (kg)")
ARTICLES = (
    ("Hinge, stainless steel", "pcs"), ("Wood screws 5 x 60", "box"), ("Floor varnish, matt", "tin"),
    ("Plaster board 12.5 mm", "pcs"), ("Mineral wool, roll", "m2"), ("Cable duct, white", "m"), ("Door handle", "set"),
    ("Roof batten", "m"), ("Silicone, clear", "pcs"), ("Wall paint, 10 l", "tin"),
)  # fmt: skip
KINDS = ("Pallet", "Carton", "Crate", "Drum", "Bundle")
CARRIERS = ("Own vehicle", "Nordfracht", "Transports Girard", "Bay Couriers")
Rows = list[list[str]]


@dataclass(frozen=True)
class Note:
    """What is printed: the fields by label, the lines of the address, and the rows of both tables."""

    fields: dict[str, str]
    address: list[str]
    goods: Rows
    packages: Rows

    def truth(self) -> dict[str, str]:
        """Every value by its label, address lines joined by a space."""
        return self.fields | {"Ship to": " ".join(self.address)}

    def tables(self) -> list[Rows]:
        """The cells of both tables, headings first."""
        heads = [[label for label, _ in columns] for columns in (GOODS_COLUMNS, PACKAGE_COLUMNS)]
        return [[heads[0], *self.goods], [heads[1], *self.packages]]


def fill(dice: Random, *, whole: bool) -> Note:
    """A note; the customer's reference is now and then left empty, unless the form is to be whole."""
    fields = {
        "Delivery no.": f"{digits(dice, 3)}-{digits(dice, 5)}",
        "Date": f"{day(dice):%Y-%m-%d}",
        "Customer": company(dice),
        "Carrier": dice.choice(CARRIERS),
        "Driver": person(dice),
        "Telephone": phone(dice),
        "Your reference": "" if dice.random() < 0.3 and not whole else f"{dice.choice('KLM')}{digits(dice, 6)}",  # noqa: PLR2004
        "Received by": person(dice),
    }
    goods = [_goods(dice) for _ in range(dice.randint(3, 8))]
    packages = [_package(dice, number) for number in range(1, dice.randint(2, 5) + 1)]
    return Note(fields, address(dice), goods, packages)


def _goods(dice: Random) -> list[str]:
    name, unit = dice.choice(ARTICLES)
    ordered = dice.randint(2, 400)
    delivered = ordered if dice.random() < 0.8 else dice.randint(1, ordered)  # noqa: PLR2004
    return [f"A{digits(dice, 5)}", name, str(ordered), str(delivered), unit]


def _package(dice: Random, number: int) -> list[str]:
    return [f"P-{number:02d}", dice.choice(KINDS), f"{dice.randint(20, 9000) / 10:,.1f}", f"S{digits(dice, 7)}"]


def draw(note: Note, canvas: Canvas) -> None:
    """Prints the note on one page."""
    _head(canvas)
    fields = note.fields
    y = 716.0
    left = [("Delivery no.", [fields["Delivery no."]]), ("Customer", [fields["Customer"]]), ("Ship to", note.address)]
    right = [(label, [fields[label]]) for label in ("Date", "Carrier", "Driver", "Telephone", "Your reference")]
    bottom = min(_labels(canvas, (LEFT, VALUE, y), left), _labels(canvas, (MIDDLE, MIDDLE_VALUE, y), right))
    y = _ruled(canvas, bottom - LEADING, note.goods)
    y = _plain(canvas, y - 3 * LEADING, note.packages)
    _labels(canvas, (LEFT, VALUE, y - 2 * LEADING), [("Received by", [fields["Received by"]])])
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 7.5)
    canvas.drawCentredString(
        (LEFT + RIGHT) / 2, 40, "Please check the goods on arrival and tell us of any damage at once."
    )


def _head(canvas: Canvas) -> None:
    canvas.setFillColor(RED)
    canvas.setFont("Helvetica-Bold", 19)
    canvas.drawString(LEFT, 780, "Delivery note")
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 9)
    canvas.drawRightString(RIGHT, 780, "Brandt Building Supplies, Quay Street 11, Hull")
    canvas.setStrokeColor(RED)
    canvas.setLineWidth(1.5)
    canvas.line(LEFT, 768, RIGHT, 768)


def _labels(canvas: Canvas, place: tuple[float, float, float], pairs: Sequence[tuple[str, list[str]]]) -> float:
    """Labels with a colon, their values in a column beside them; the height of the next line."""
    x, value_x, y = place
    canvas.setFillColor(black)
    for label, lines in pairs:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(x, y, f"{label}:")
        canvas.setFont("Times-Roman", 10.5)
        for number, line in enumerate(lines):
            canvas.drawString(value_x, y - number * LEADING, line)
        y -= LEADING * max(1, len(lines)) + 4
    return y


def _ruled(canvas: Canvas, top: float, rows: Rows) -> float:
    _rows(canvas, top, GOODS_COLUMNS, rows)
    canvas.setStrokeColor(black)
    canvas.setLineWidth(0.6)
    canvas.grid([*(x for _, x in GOODS_COLUMNS), RIGHT], [top - ROW * number for number in range(len(rows) + 2)])
    return top - ROW * (len(rows) + 1)


def _plain(canvas: Canvas, top: float, rows: Rows) -> float:
    _rows(canvas, top, PACKAGE_COLUMNS, rows)
    return top - ROW * (len(rows) + 1)


def _rows(canvas: Canvas, top: float, columns: Sequence[tuple[str, float]], rows: Rows) -> None:
    """Headings in bold, then the rows; figures stand at the right of their column."""
    canvas.setFillColor(black)
    ends = [x for _, x in columns[1:]] + [RIGHT]
    for number, row in enumerate([[label for label, _ in columns], *rows]):
        canvas.setFont("Helvetica" if number else "Helvetica-Bold", 9.5)
        for (label, x), end, text in zip(columns, ends, row, strict=True):
            if label in FIGURES:
                canvas.drawRightString(min(end, x + 70) - 6, top - number * ROW - 13, text)
            else:
                canvas.drawString(x + 5, top - number * ROW - 13, text)
