"""A purchase order: labels with their values beside them, a ruled table of items, totals at the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import LETTER

from samples.people import address, company, day, digits, money, person, phone

if TYPE_CHECKING:
    from random import Random

    from reportlab.pdfgen.canvas import Canvas

NAME = "purchase-order"
PREFIX = "po"
PAGE_SIZE = LETTER
LEFT, MIDDLE, RIGHT = 54.0, 330.0, 558.0
VALUE, MIDDLE_VALUE = 132.0, 420.0
LEADING = 13.0
BLUE = HexColor(0x1F3A5F)
GREY = HexColor(0x666666)
COLUMNS = (("Item", 54.0), ("Description", 96.0), ("Quantity", 350.0), ("Unit price", 415.0), ("Amount", 490.0))
ROW = 18.0
GOODS = (
    "Copier paper A4, box of five", "Toner cartridge", "Desk lamp", "Ring binder, blue", "Safety gloves", "Steel bolts",
    "Packing tape", "Extension cable 5 m", "Whiteboard marker", "Archive box",
)  # fmt: skip
TERMS = ("30 days net", "14 days net", "On delivery", "60 days end of month")


@dataclass(frozen=True)
class Item:
    """One line of the order; the price in cents."""

    description: str
    quantity: int
    price: int


@dataclass(frozen=True)
class Order:
    """What is printed: the fields by label (address lines apart), and the items."""

    fields: dict[str, str]
    supplier_address: list[str]
    delivery_address: list[str]
    items: list[Item]

    def truth(self) -> dict[str, str]:
        """Every value by its label, address lines joined by a space."""
        addresses = {"Address": " ".join(self.supplier_address), "Deliver to": " ".join(self.delivery_address)}
        return self.fields | addresses | self.totals()

    def totals(self) -> dict[str, str]:
        """The three sums under the table."""
        net = sum(item.quantity * item.price for item in self.items)
        return {"Subtotal": money(net), "Sales tax": money(net // 5), "Total due": money(net + net // 5)}


def fill(dice: Random, *, whole: bool) -> Order:
    """An order; the supplier's reference is now and then left empty, unless the form is to be whole."""
    ordered = day(dice)
    fields = {
        "Order number": f"PO-{digits(dice, 5)}",
        "Order date": f"{ordered:%d %B %Y}",
        "Supplier": company(dice),
        "Contact": person(dice),
        "Phone": phone(dice),
        "Buyer": person(dice),
        "Payment terms": dice.choice(TERMS),
        "Currency": "EUR",
        "Reference": "" if dice.random() < 0.3 and not whole else f"Q/{digits(dice, 4)}-{dice.choice('ABC')}",  # noqa: PLR2004
        "Approved by": person(dice),
    }
    items = [Item(dice.choice(GOODS), dice.randint(1, 60), dice.randint(120, 48000)) for _ in range(dice.randint(2, 6))]
    return Order(fields, address(dice), address(dice), items)


def draw(order: Order, canvas: Canvas) -> None:
    """Prints the order on one page."""
    _letterhead(canvas)
    fields = order.fields
    y = 650.0
    _pair(canvas, (LEFT, VALUE, y), "Order number:", [fields["Order number"]])
    _pair(canvas, (MIDDLE, MIDDLE_VALUE, y), "Order date:", [fields["Order date"]])
    y -= 2 * LEADING
    left = [
        ("Supplier:", [fields["Supplier"]]),
        ("Address:", order.supplier_address),
        ("Contact:", [fields["Contact"]]),
    ]
    right = [
        ("Deliver to:", order.delivery_address),
        ("Buyer:", [fields["Buyer"]]),
        ("Payment terms:", [fields["Payment terms"]]),
    ]
    bottom = min(_column(canvas, (LEFT, VALUE, y), left), _column(canvas, (MIDDLE, MIDDLE_VALUE, y), right))
    y = _inline(canvas, bottom - LEADING, order)
    y = _table(canvas, y - 1.5 * LEADING, order.items)
    y = _totals(canvas, y - LEADING, order)
    _pair(canvas, (LEFT, VALUE, y - 2 * LEADING), "Approved by:", [fields["Approved by"]])
    _footer(canvas)


def _letterhead(canvas: Canvas) -> None:
    canvas.setFillColor(BLUE)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawString(LEFT, 716, "Northgate Instruments")
    canvas.setFont("Helvetica", 16)
    canvas.drawRightString(RIGHT, 716, "PURCHASE ORDER")
    canvas.setStrokeColor(BLUE)
    canvas.setLineWidth(1.2)
    canvas.line(LEFT, 706, RIGHT, 706)
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(LEFT, 692, "4 Foundry Square, Northgate - Registered in Northgate, no. 2207841")


def _pair(canvas: Canvas, place: tuple[float, float, float], label: str, lines: list[str]) -> float:
    """Prints a label and the lines of its value beside it; the height of the next line."""
    x, value_x, y = place
    canvas.setFillColor(black)
    canvas.setFont("Helvetica-Bold", 9.5)
    canvas.drawString(x, y, label)
    canvas.setFont("Helvetica", 9.5)
    for number, line in enumerate(lines):
        canvas.drawString(value_x, y - number * LEADING, line)
    return y - LEADING * max(1, len(lines)) - 4


def _column(canvas: Canvas, place: tuple[float, float, float], pairs: list[tuple[str, list[str]]]) -> float:
    x, value_x, y = place
    for label, lines in pairs:
        y = _pair(canvas, (x, value_x, y), label, lines)
    return y


def _inline(canvas: Canvas, y: float, order: Order) -> float:
    """Three labels on one line of text, each value right after its label."""
    x = LEFT
    for label in ("Phone", "Currency", "Reference"):
        value = order.fields[label]
        canvas.setFont("Helvetica-Bold", 9.5)
        canvas.drawString(x, y, f"{label}:")
        x += canvas.stringWidth(f"{label}:", "Helvetica-Bold", 9.5) + 4
        canvas.setFont("Helvetica", 9.5)
        canvas.drawString(x, y, value)
        x += canvas.stringWidth(value, "Helvetica", 9.5) + 24
    return y - LEADING


def _table(canvas: Canvas, top: float, items: list[Item]) -> float:
    canvas.setFillColor(HexColor(0xE4EAF1))
    canvas.rect(LEFT, top - ROW, RIGHT - LEFT, ROW, stroke=0, fill=1)
    canvas.setFillColor(black)
    canvas.setFont("Helvetica-Bold", 9)
    for label, x in COLUMNS:
        canvas.drawString(x + 4, top - 12.5, label)
    canvas.setFont("Helvetica", 9)
    for number, item in enumerate(items, start=1):
        _row(canvas, top - number * ROW - 12.5, number, item)
    bottom = top - ROW * (len(items) + 1)
    canvas.setStrokeColor(GREY)
    canvas.setLineWidth(0.5)
    edges = [x for _, x in COLUMNS]
    canvas.grid([*edges, RIGHT], [top - ROW * number for number in range(len(items) + 2)])
    return bottom


def _row(canvas: Canvas, y: float, number: int, item: Item) -> None:
    ends = [x for _, x in COLUMNS[3:]] + [RIGHT]
    canvas.drawString(LEFT + 4, y, str(number))
    canvas.drawString(COLUMNS[1][1] + 4, y, item.description)
    amounts = (str(item.quantity), money(item.price), money(item.quantity * item.price))
    for end, text in zip(ends, amounts, strict=True):
        canvas.drawRightString(end - 4, y, text)


def _totals(canvas: Canvas, y: float, order: Order) -> float:
    for label, text in order.totals().items():
        canvas.setFont("Helvetica-Bold", 9.5)
        canvas.drawString(COLUMNS[3][1] + 4, y, label)
        canvas.setFont("Helvetica", 9.5)
        canvas.drawRightString(RIGHT - 4, y, text)
        y -= LEADING + 2
    return y


def _footer(canvas: Canvas) -> None:
    canvas.setFillColor(GREY)
    canvas.setFont("Helvetica", 7.5)
    text = "Please quote the order number on every delivery note and invoice. Goods are accepted subject to inspection."
    canvas.drawCentredString((LEFT + RIGHT) / 2, 46, text)
    canvas.drawRightString(RIGHT, 34, "Page 1 of 1")
