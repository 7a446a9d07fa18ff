"""What the service made of a named field's text: one table of the field types of all REST versions."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from shared.errors import MalformedResult
from shared.fields import shapes

if TYPE_CHECKING:
    from shared.fields.shapes import Node

_TEXTS = {
    "string": "valueString",
    "date": "valueDate",
    "time": "valueTime",
    "phoneNumber": "valuePhoneNumber",
    "selectionMark": "valueSelectionMark",
    "countryRegion": "valueCountryRegion",
    "signature": "valueSignature",
}
_NUMBERS = {"number": "valueNumber", "integer": "valueInteger"}
_STREET = ("house", "level", "unit", "houseNumber", "road", "poBox")
_TOWN = ("suburb", "cityDistrict", "city", "stateDistrict", "state", "postalCode", "countryRegion")


def value_of(field: Node) -> str | None:
    """The field's normalised value; None where the service gave none, only a number, or not what the type promises.

    A currency's is its ISO 4217 code, as the amount is a number; an address's its parts on one line; a group's the
    selected ones on one line, which is empty when none is.
    """
    with suppress(MalformedResult):
        return _value(shapes.text(field, "type"), field)
    return None


def number_of(field: Node) -> float | None:
    """The field's number, or the amount of a currency; None where the service gave none."""
    kind = shapes.text(field, "type")
    currency = field.get("valueCurrency")
    if kind == "currency" and isinstance(currency, dict):
        return shapes.number(currency, "amount")
    return shapes.number(field, _NUMBERS[kind]) if kind in _NUMBERS else None


def _value(kind: str | None, field: Node) -> str | None:
    if kind in _TEXTS:
        return shapes.text(field, _TEXTS[kind])
    if kind == "currency":
        return shapes.text(shapes.child(field, "valueCurrency"), "currencyCode")
    if kind == "address":
        return _one_line(shapes.child(field, "valueAddress"))
    if kind == "boolean":
        truth = shapes.truth(field, "valueBoolean")
        return None if truth is None else str(truth).lower()
    if kind == "selectionGroup" and field.get("valueSelectionGroup") is not None:
        return ", ".join(shapes.texts(field, "valueSelectionGroup"))
    return None


def _one_line(address: Node) -> str | None:
    """From the house to the country; `streetAddress` holds everything below the town, where it is given."""
    street = shapes.text(address, "streetAddress") or " ".join(_found(address, _STREET))
    return ", ".join(filter(None, [street, *_found(address, _TOWN)])) or None


def _found(address: Node, names: tuple[str, ...]) -> list[str]:
    return [part for name in names if (part := shapes.text(address, name))]
