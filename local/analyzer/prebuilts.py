"""The prebuilt models: which there are in each version, and how invoices and receipts are read by their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer.loosepairs import CONFIDENCE, loose_pairs, text_of, value_by
from local.analyzer.meanings import meaning
from local.analyzer.readfields import ReadField
from local.analyzer.readout import ReadForm
from local.analyzer.shapes import around

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from local.analyzer.loosepairs import Words
    from local.analyzer.pages import Page

LAYOUT, READ, DOCUMENT = "prebuilt-layout", "prebuilt-read", "prebuilt-document"
INVOICE, RECEIPT = "prebuilt-invoice", "prebuilt-receipt"
PREBUILTS: Mapping[str, tuple[str, ...]] = {
    "2.0": (LAYOUT, RECEIPT),
    "2.1": (LAYOUT, RECEIPT, INVOICE),
    "2023-07-31": (READ, LAYOUT, DOCUMENT, INVOICE, RECEIPT),
    "2024-11-30": (READ, LAYOUT, INVOICE, RECEIPT),
}

Labels = dict[str, tuple[str, tuple[str, ...]]]
"""By the field's name: its type, and the words that stand by its value."""

MONEY, DAY, TEXT = "currency", "date", "string"
_INVOICE: Labels = {
    "InvoiceId": (TEXT, ("invoice number", "invoice no", "invoice no.", "invoice #", "invoice id")),
    "InvoiceDate": (DAY, ("invoice date", "date", "date of issue")),
    "DueDate": (DAY, ("due date", "payment due", "due")),
    "PurchaseOrder": (TEXT, ("purchase order", "po number", "p.o. number", "po #", "order number")),
    "CustomerName": (TEXT, ("bill to", "customer", "customer name", "sold to")),
    "VendorName": (TEXT, ("vendor", "vendor name", "from", "seller")),
    "SubTotal": (MONEY, ("subtotal", "sub total", "sub-total", "net")),
    "TotalTax": (MONEY, ("tax", "vat", "total tax", "sales tax")),
    "InvoiceTotal": (MONEY, ("total", "invoice total", "total due", "amount due", "grand total", "balance due")),
}
_RECEIPT: Labels = {
    "MerchantName": (TEXT, ("merchant", "store")),
    "TransactionDate": (DAY, ("date", "transaction date")),
    "Subtotal": (MONEY, ("subtotal", "sub total", "sub-total")),
    "Tax": (MONEY, ("tax", "vat", "sales tax")),
    "Total": (MONEY, ("total", "amount", "amount paid", "balance due", "grand total")),
}
_KINDS: Mapping[str, tuple[Labels, Mapping[str, str]]] = {
    INVOICE: (_INVOICE, {"2": "prebuilt:invoice", "3": "invoice"}),
    RECEIPT: (_RECEIPT, {"2": "prebuilt:receipt", "3": "receipt.retailMeal"}),
}


def prebuilt_forms(model: str, version: str, pages: Sequence[Page]) -> list[ReadForm]:
    """The one form that a prebuilt model with named fields sees in a file; none for the other prebuilt models."""
    if model not in _KINDS or not pages:
        return []
    labels, names = _KINDS[model]
    fields = list(_fields(labels, pages))
    return [ReadForm(names["2" if version.startswith("2.") else "3"], model, fields, CONFIDENCE)]


def _fields(labels: Labels, pages: Sequence[Page]) -> Iterator[ReadField]:
    found = {name: (page, value) for page in reversed(pages) for name, value in _labelled(page)}
    for name, (kind, words) in labels.items():
        page, value = next((found[word] for word in words if word in found), (pages[0], ()))
        if name == "MerchantName" and not value and pages[0].lines:
            value = pages[0].lines[0].words
        if value:
            yield _field(name, kind, page, value)


def _labelled(page: Page) -> Iterator[tuple[str, Words]]:
    """Every text that could be a label, in lower case, with the value that stands by it."""
    for line in page.lines:
        if ":" not in line.text and (value := value_by(page, line)):
            yield line.text.lower(), value
    for pair in loose_pairs(page):
        if pair.value:
            yield pair.name, pair.value


def _field(name: str, kind: str, page: Page, words: Words) -> ReadField:
    text = text_of(words)
    box = around(word.box for word in words)
    return ReadField(name, kind, text, meaning(text, kind), page.number, box, CONFIDENCE, words)
