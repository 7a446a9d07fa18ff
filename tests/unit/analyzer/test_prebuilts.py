"""Invoices and receipts that nobody trained on, read by the words that label their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer.files import read_pages
from local.analyzer.prebuilts import read_invoice, read_receipt
from tests.unit.analyzer.drawing import Text, pdf

if TYPE_CHECKING:
    from local.analyzer.readfields import ReadField

INVOICE: list[Text] = [
    *(
        (72, 60, "INVOICE"),
        (320, 60, "Invoice #: A-17"),
        (320, 76, "Date: 03/02/2024"),
        (320, 92, "Due Date: 04/01/2024"),
    ),
    *((72, 110, "Bill To"), (72, 124, "Harbour Bakery"), (320, 110, "PO Number: 7781")),
    *((72, 210, "Description"), (260, 210, "Qty"), (330, 210, "Unit Price"), (430, 210, "Amount")),
    *((72, 230, "Flour 25 kg"), (260, 230, "4"), (330, 230, "20.00"), (430, 230, "80.00")),
    *((72, 250, "Yeast"), (260, 250, "2"), (330, 250, "5.50"), (430, 250, "11.00")),
    *((330, 300, "Subtotal:"), (430, 300, "$91.00"), (330, 316, "Tax:"), (430, 316, "$9.10")),
    *((330, 332, "Total:"), (430, 332, "$100.10"), (330, 348, "Amount Due:"), (430, 348, "$50.10")),
]
GRID: tuple[list[float], list[float]] = ([66, 250, 320, 420, 500], [196, 216, 236, 256])
RECEIPT: list[Text] = [
    *((72, 60, "Corner Cafe"), (72, 76, "(425) 555-0123"), (72, 92, "03/02/2024 13:05")),
    *((72, 120, "2 Espresso"), (220, 120, "5.00"), (72, 136, "Carrot cake"), (220, 136, "4.20")),
    *(
        (72, 160, "Subtotal"),
        (220, 160, "9.20"),
        (72, 176, "Tip"),
        (220, 176, "1.00"),
        (72, 192, "TOTAL"),
        (220, 192, "10.20"),
    ),
]


def by_name(fields: list[ReadField]) -> dict[str, ReadField]:
    """The fields by their names."""
    return {field.name: field for field in fields}


def test_an_invoice() -> None:
    """Labels beside and above their values; of several totals each its own; the items of the table."""
    fields = by_name(read_invoice(read_pages(pdf(INVOICE, grid=GRID)), "2.1"))
    assert {
        name: field.value for name, field in fields.items() if name not in {"Items", "VendorName", "CustomerId"}
    } == {
        "InvoiceId": "A-17",
        "InvoiceDate": "2024-03-02",
        "DueDate": "2024-04-01",
        "PurchaseOrder": "7781",
        "CustomerName": "Harbour Bakery",
        "SubTotal": 91.0,
        "TotalTax": 9.1,
        "InvoiceTotal": 100.1,
        "AmountDue": 50.1,
    }
    assert (fields["VendorName"].text, fields["VendorName"].confidence) == (None, 0)
    items = fields["Items"].value
    assert isinstance(items, list)
    assert [{name: part.value for name, part in item.value.items()} for item in items] == [
        {"Description": "Flour 25 kg", "Quantity": 4.0, "UnitPrice": 20.0, "Amount": 80.0},
        {"Description": "Yeast", "Quantity": 2.0, "UnitPrice": 5.5, "Amount": 11.0},
    ]


def test_a_receipt() -> None:
    """The merchant on top, date, time and phone anywhere, rows with a price above the totals."""
    fields = by_name(read_receipt(read_pages(pdf(RECEIPT)), "2.1"))
    assert {name: field.value for name, field in fields.items() if name != "Items"} == {
        "MerchantName": "Corner Cafe",
        "MerchantPhoneNumber": "+14255550123",
        "TransactionDate": "2024-03-02",
        "TransactionTime": "13:05:00",
        "Subtotal": 9.2,
        "Tax": None,
        "Tip": 1.0,
        "Total": 10.2,
    }
    items = fields["Items"].value
    assert isinstance(items, list)
    assert [(item.value["Name"].text, item.value["TotalPrice"].value) for item in items] == [
        ("2 Espresso", 5.0),
        ("Carrot cake", 4.2),
    ]


def test_a_receipt_has_other_names_in_later_versions() -> None:
    """Tax is TotalTax since v3, and money is a currency since v4."""
    pages = read_pages(pdf(RECEIPT))
    older, newer = by_name(read_receipt(pages, "2023-07-31")), by_name(read_receipt(pages, "2024-11-30"))
    assert "TotalTax" in older
    assert "Tax" not in older
    assert (older["Total"].type, newer["Total"].type) == ("number", "currency")


def test_a_blank_page() -> None:
    """Nothing is found, and nothing breaks."""
    pages = read_pages(pdf([]))
    for fields in (read_invoice(pages, "2.1"), read_receipt(pages, "2.1")):
        assert not [field for field in fields if field.text is not None]
