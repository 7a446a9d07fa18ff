"""Invoices and receipts without training: a field is what stands at one of the words that usually label it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from local.analyzer.keyvalues import place_of
from local.analyzer.phrases import Spot
from local.analyzer.readfields import ReadField
from local.analyzer.shapes import around
from local.analyzer.typedvalues import meaning
from local.analyzer.values import beneath, beside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.analyzer.grids import Cell, Table
    from local.analyzer.pages import Line, Page
    from local.analyzer.shapes import Word
    from local.analyzer.values import Place, Value

SURE, LIKELY = 0.9, 0.7
MOST_WORDS = 4


@dataclass(frozen=True)
class Wanted:
    """A field, its type, and the words that label it: a pattern without case; `#` is number, a colon may follow."""

    name: str
    type: str
    labels: str


INVOICE = (
    Wanted("InvoiceId", "string", r"invoice( no| number| id|:)|inv( no| number)"),
    Wanted("InvoiceDate", "date", r"invoice date|date of issue|issue date|date:"),
    Wanted("DueDate", "date", r"due date|payment due|due:"),
    Wanted("PurchaseOrder", "string", r"purchase order( no| number)?|p\.?o( no| number)?|order( no| number)"),
    Wanted("CustomerId", "string", r"customer( id| no| number)|account( no| number)"),
    Wanted("CustomerName", "string", r"bill(ed)? to|sold to|customer name|customer:|invoice (to|for)|to:"),
    Wanted("VendorName", "string", r"vendor( name)?|seller|supplier|from:|remit to"),
    Wanted("SubTotal", "currency", r"sub-?\s?total|net amount"),
    Wanted("TotalTax", "currency", r"(sales |total )?tax|vat|gst"),
    Wanted("InvoiceTotal", "currency", r"(invoice |grand )?total( amount)?"),
    Wanted("AmountDue", "currency", r"(amount|balance|total) due"),
)
RECEIPT = (
    Wanted("Subtotal", "currency", r"sub-?\s?total"),
    Wanted("Tax", "currency", r"(sales |total )?tax"),
    Wanted("Tip", "currency", r"tip|gratuity"),
    Wanted("Total", "currency", r"(grand )?total( due)?|amount due|balance( due)?"),
)
# a receipt's fields and types are not the same in all versions
NEWER_NAMES = {"Tax": "TotalTax", "Name": "Description"}
MONEY_SINCE = "2024-11-30"
COLUMNS = (
    Wanted("ProductCode", "string", r"item( code| no| number)?|sku|product( code)?|code"),
    Wanted("Description", "string", r"(item )?description|details|service"),
    Wanted("Quantity", "number", r"qty|quantity|hours"),
    Wanted("UnitPrice", "currency", r"(unit )?(price|cost)|rate"),
    Wanted("Amount", "currency", r"(line )?(amount|total)( price)?"),
)
PRICED = re.compile(r"^[$€£]?\d[\d,]*\.\d{2}$")


def read_invoice(pages: Sequence[Page], _version: str) -> list[ReadField]:
    """The fields of an invoice, those that are missing without text."""
    fields = _labelled(pages, INVOICE)
    return [*fields, _array("Items", [item for page in pages for table in page.tables for item in _items(page, table)])]


def read_receipt(pages: Sequence[Page], version: str) -> list[ReadField]:
    """The fields of a receipt: the merchant stands on top, a date, a time and a phone number anywhere."""
    first = next(((page, page.lines[0].words) for page in pages if page.lines), None)
    merchant = _field("MerchantName", "string", *first, LIKELY) if first else _missing("MerchantName", "string")
    anywhere = (
        ("MerchantPhoneNumber", "phoneNumber"),
        ("TransactionDate", "date"),
        ("TransactionTime", "time"),
    )
    found = [_anywhere(pages, name, kind) for name, kind in anywhere]
    fields = [merchant, *found, *_labelled(pages, RECEIPT), _array("Items", list(_priced(pages)))]
    return [_as_in(version, field) for field in fields]


def _as_in(version: str, field: ReadField) -> ReadField:
    """The field under the name and with the type that this version has for it."""
    is_older = version.startswith("2.")
    name = field.name if is_older else NEWER_NAMES.get(field.name, field.name)
    kind = "number" if field.type == "currency" and version != MONEY_SINCE else field.type
    value = field.value
    if isinstance(value, list):
        value = [_as_in(version, one) for one in value]
    elif isinstance(value, dict):
        value = {one.name: one for one in (_as_in(version, part) for part in value.values())}
    return replace(field, name=name, type=kind, value=value)


def _labelled(pages: Sequence[Page], wanted: Sequence[Wanted]) -> Iterator[ReadField]:
    """Each field: the value of its longest label that has one of the type; of equals the last, for totals."""
    spots = [(page, one, spot) for page in pages for one, spot in _labels(page, wanted)]
    for one in wanted:
        found = []
        for page, _, spot in [label for label in spots if label[1] == one]:
            taken = {place_of(word) for on, _, other in spots if on is page for word in other.words}
            value = _value(page, spot, one.type, taken)
            if value:
                read = _field(one.name, one.type, page, value.words, SURE)
                found.append((len(spot.words), page.number, spot.box.top, read))
        yield max(found, key=lambda label: label[:3])[3] if found else _missing(one.name, one.type)


def _labels(page: Page, wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Spot]]:
    """From left to right the longest runs of words that label something."""
    for line in page.lines:
        first = 0
        while first < len(line.words):
            ends = range(min(len(line.words), first + MOST_WORDS), first, -1)
            found = next(((one, end) for end in ends for one in wanted if _is_label(line.words[first:end], one)), None)
            if found:
                yield found[0], Spot(line.words[first : found[1]])
            first = found[1] if found else first + 1


def _is_label(words: Sequence[Word], wanted: Wanted) -> bool:
    spelt = " ".join(word.text.lower().strip(".") for word in words).replace("#", " number")
    text = re.sub(r"\s+(:?)", lambda found: found[1] or " ", spelt)
    return any(re.fullmatch(wanted.labels, one) for one in (text, text.removesuffix(":")))


def _value(page: Page, spot: Spot, kind: str, taken: set[Place]) -> Value | None:
    near = [value for value in (beside(page, spot, taken), beneath(page, spot, taken)) if value and value.words]
    return next((value for value in near if _is_of(kind, value)), None)


def _is_of(kind: str, value: Value) -> bool:
    if kind != "string":
        return meaning(kind, value.text) is not None
    return not value.words[0].text.endswith(":") and not value.words[-1].text.endswith(":")


def _anywhere(pages: Sequence[Page], name: str, kind: str) -> ReadField:
    """The shortest run of words of the first line that has such a value."""
    for page in pages:
        for line in page.lines:
            words = _least(kind, line)
            if words:
                return _field(name, kind, page, words, LIKELY)
    return _missing(name, kind)


def _least(kind: str, line: Line) -> tuple[Word, ...]:
    for count in range(1, MOST_WORDS + 1):
        for first in range(len(line.words) - count + 1):
            words = line.words[first : first + count]
            if meaning(kind, " ".join(word.text for word in words)) is not None:
                return words
    return ()


def _items(page: Page, table: Table) -> Iterator[ReadField]:
    heads = {cell.column: _column(cell) for cell in table.cells if cell.row == 0}
    columns = {column: wanted for column, wanted in heads.items() if wanted}
    if len(columns) < 2:  # noqa: PLR2004 - a single known heading makes no table of items
        return
    for row in range(1, table.rows):
        cells = [cell for cell in table.cells if cell.row == row and cell.column in columns and cell.words]
        fields = [(columns[cell.column], cell.words) for cell in cells]
        if fields:
            yield _object(page, {one.name: _field(one.name, one.type, page, words, SURE) for one, words in fields})


def _column(cell: Cell) -> Wanted | None:
    return next((one for one in COLUMNS if _is_label(cell.words, one)), None)


def _priced(pages: Sequence[Page]) -> Iterator[ReadField]:
    """The rows above the totals that end with a price."""
    for page in pages:
        ends = [spot.box.top for _, spot in _labels(page, RECEIPT)]
        rows = [[word for word in page.words if _level(word, price)] for price in page.words if _ends_row(page, price)]
        for row in rows:
            names = [word for word in row[:-1] if not PRICED.match(word.text)]
            if row[-1].box.bottom < min(ends, default=0.0) and any(word.text.isalpha() for word in names):
                name = _field("Name", "string", page, tuple(names), LIKELY)
                yield _object(
                    page, {"Name": name, "TotalPrice": _field("TotalPrice", "currency", page, row[-1:], LIKELY)}
                )


def _ends_row(page: Page, price: Word) -> bool:
    row = [word for word in page.words if _level(word, price)]
    return bool(PRICED.match(price.text)) and row[-1] == price


def _level(word: Word, other: Word) -> bool:
    return abs(word.box.middle - other.box.middle) <= other.box.height / 2


def _field(name: str, kind: str, page: Page, words: Sequence[Word], confidence: float) -> ReadField:
    text = " ".join(word.text for word in words)
    sure = round(confidence * min(word.confidence for word in words), 3)
    box = around(word.box for word in words)
    return ReadField(name, kind, text, meaning(kind, text), page.number, box, sure, tuple(words))


def _missing(name: str, kind: str) -> ReadField:
    return ReadField(name, kind, None, None, 1, None, 0.0, ())


def _object(page: Page, fields: dict[str, ReadField]) -> ReadField:
    words = tuple(word for field in fields.values() for word in field.words)
    read = _field("", "object", page, words, SURE)
    return ReadField("", "object", read.text, fields, page.number, read.box, read.confidence, words)


def _array(name: str, items: list[ReadField]) -> ReadField:
    page = items[0].page if items else 1
    return ReadField(name, "array", "" if items else None, items, page, None, SURE if items else 0.0, ())
