"""What the analyzer learns from labelled forms, and what it then reads from a new one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.analyzer.files import read_pages
from local.analyzer.labelledlearning import learn_labelled
from local.analyzer.labelledmodels import LabelledModel, labelled_from_json
from local.analyzer.labelledreading import read_fields
from local.analyzer.labels import fields_from_json
from local.analyzer.shapes import Box
from tests.unit.analyzer.drawing import Text, pdf
from tests.unit.analyzer.labelling import fields_json, labelled_form, plain_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.analyzer.readfields import ReadField

NAMES = ("Ann Field", "Bo Marsh", "Cy Wood Junior", "Di Lake", "Ed Stone", "Flo Hill")
NUMBERS = ("4711", "8205", "1934", "6650", "2281", "9017")
DATES = ("3/14/2021", "12/1/2020", "7/30/2021", "10/10/2020", "1/2/2021", "11/25/2021")
TOWNS = ("Aton, AL 11111", "Bville, CA 22222", "Cford, NY 33333", "Dham, TX 44444", "Eley, WA 55555", "Fay, OR 66666")


def trained(form: Callable[[int], list[Text]], labels: Callable[[int], dict[str, str]], fields: bytes) -> LabelledModel:
    """A model of five forms, as it is when it was saved and loaded."""
    known = fields_from_json(fields)
    forms = [labelled_form(pdf(form(number)), known, labels(number)) for number in range(5)]
    return labelled_from_json(json.loads(json.dumps(learn_labelled(forms, known).to_json())))


def read(model: LabelledModel, texts: list[Text]) -> dict[str, ReadField]:
    """The fields of a new form by name."""
    return {one.name: one for one in read_fields(model, read_pages(pdf(texts)))}


def order(number: int) -> list[Text]:
    """A form with keys beside and above their values, and furniture."""
    return [
        (72, 80, "Northwind Traders"),
        (72, 110, "Order no:"),
        (150, 110, NUMBERS[number]),
        (300, 110, f"Placed on {DATES[number]}"),
        (72, 150, "Buyer"),
        (300, 150, "Town"),
        (72, 163, NAMES[number]),
        (300, 163, TOWNS[number]),
        (72, 220, f"Total due {10 * number + 0.5:.2f} USD"),
        (72, 700, "Thank you"),
    ]


ORDER_FIELDS = fields_json(
    plain_field("Number", "integer"),
    plain_field("Placed", "date", "mdy"),
    plain_field("Buyer"),
    plain_field("State"),
    plain_field("Total", "number"),
)


def order_labels(number: int) -> dict[str, str]:
    """What a person would mark on it."""
    return {
        "Number": NUMBERS[number],
        "Placed": DATES[number],
        "Buyer": NAMES[number],
        "State": TOWNS[number].split()[1],
        "Total": f"{10 * number + 0.5:.2f}",
    }


def test_a_new_form_is_read_into_named_typed_fields() -> None:
    """Values beside a key, within a line and under a heading; one may be a part of what stands there."""
    fields = read(trained(order, order_labels, ORDER_FIELDS), order(5))
    assert {name: field.text for name, field in fields.items()} == {
        "Number": "9017",
        "Placed": "11/25/2021",
        "Buyer": "Flo Hill",
        "State": "OR",
        "Total": "50.50",
    }
    assert [field.value for field in fields.values()] == [9017, "2021-11-25", "Flo Hill", "OR", 50.5]
    assert all(field.confidence > 0.8 and field.page == 1 and field.box for field in fields.values())
    assert [word.text for word in fields["Buyer"].words] == ["Flo", "Hill"]


def test_the_accuracy_is_what_was_read_of_forms_left_out() -> None:
    """A field that stands somewhere else on every form can't be learned; the others are always read."""

    def form(number: int) -> list[Text]:
        return [*order(number), (90 + 60 * number, 300 + 55 * number, f"R{NUMBERS[number]}")]

    def labels(number: int) -> dict[str, str]:
        return {**order_labels(number), "Stray": f"R{NUMBERS[number]}"}

    fields = fields_json(*json.loads(ORDER_FIELDS)["fields"], plain_field("Stray"))
    model = trained(form, labels, fields)
    assert model.accuracies == {"Number": 1.0, "Placed": 1.0, "Buyer": 1.0, "State": 1.0, "Total": 1.0, "Stray": 0.0}
    assert model.average_accuracy == pytest.approx(5 / 6, abs=0.001)


def test_a_field_that_a_form_leaves_out_is_not_found() -> None:
    """The key is there and nothing beside it: neither a text nor a neighbour's."""
    model = trained(order, order_labels, ORDER_FIELDS)
    fields = read(model, [text for text in order(5) if text[2] not in {NUMBERS[5], NAMES[5]}])
    assert [fields["Number"].text, fields["Number"].value, fields["Number"].box] == [None, None, None]
    assert fields["Buyer"].text is None
    assert fields["Total"].text == "50.50"


def test_another_kind_of_form_has_none_of_the_fields() -> None:
    """Every field of the model is reported all the same, as the service does."""
    model = trained(order, order_labels, ORDER_FIELDS)
    fields = read(model, [(72, 100, "A letter"), (72, 130, "that is about something else")])
    assert [(name, field.text) for name, field in fields.items()] == [
        (name, None) for name in ("Number", "Placed", "Buyer", "State", "Total")
    ]


def test_a_value_that_is_not_of_its_type_keeps_its_text() -> None:
    """As with the service; and it is less sure."""
    texts = [(x, y, "soon" if text == NUMBERS[5] else text) for x, y, text in order(5)]
    field = read(trained(order, order_labels, ORDER_FIELDS), texts)["Number"]
    assert (field.text, field.value) == ("soon", None)
    assert field.confidence < 0.6


def test_a_value_that_is_equal_on_all_training_forms_is_learned() -> None:
    """It was labelled, so it is no part of the form."""

    def form(number: int) -> list[Text]:
        return [*order(number), (72, 260, f"Terms {'90 days' if number == 5 else '30 days'}")]

    def labels(number: int) -> dict[str, str]:
        return {**order_labels(number), "Terms": "30 days"}

    fields = fields_json(*json.loads(ORDER_FIELDS)["fields"], plain_field("Terms"))
    assert read(trained(form, labels, fields), form(5))["Terms"].text == "90 days"


def test_a_value_of_several_lines() -> None:
    """As many lines as the new form has."""

    def form(number: int) -> list[Text]:
        lines = [f"Unit {number}", f"{NUMBERS[number]} High Street", TOWNS[number]][number % 2 :]
        return [*order(number), (72, 300, "Ship to:"), *((150, 300 + 13 * n, one) for n, one in enumerate(lines))]

    def labels(number: int) -> dict[str, str]:
        lines = [f"Unit {number}", f"{NUMBERS[number]} High Street", TOWNS[number]][number % 2 :]
        return {**order_labels(number), "Address": " ".join(lines)}

    fields = fields_json(*json.loads(ORDER_FIELDS)["fields"], plain_field("Address"))
    assert read(trained(form, labels, fields), form(5))["Address"].text == "9017 High Street Fay, OR 66666"


def test_a_field_on_the_second_page() -> None:
    """It is looked for on the page that looks like that page, and says which it was."""
    known = fields_from_json(fields_json(plain_field("Buyer"), plain_field("Signed")))

    def content(number: int) -> bytes:
        return pdf(order(number), [(72, 90, "Terms and conditions"), (72, 120, f"Signed: {number + 1}/1/2022")])

    forms = [labelled_form(content(n), known, {"Buyer": NAMES[n], "Signed": f"{n + 1}/1/2022"}) for n in range(5)]
    found = read_fields(learn_labelled(forms, known), read_pages(content(5)))
    assert [(field.name, field.text, field.page) for field in found] == [
        ("Buyer", NAMES[5], 1),
        ("Signed", "6/1/2022", 2),
    ]


TABLE_FIELDS = fields_json(
    plain_field("Number", "integer"),
    {"fieldKey": "Items", "fieldType": "array", "itemType": "Items_object", "fieldFormat": "not-specified"},
    definitions={
        "Items_object": {
            "fieldType": "object",
            "fields": [plain_field("Goods"), plain_field("Count", "integer"), plain_field("Amount", "number")],
        }
    },
)


def items(number: int) -> list[tuple[str, str, str]]:
    """Two to four rows."""
    goods = ("red box", "green crate", "blue sack", "grey bag")
    return [(goods[n], str(200 + 10 * n + number), f"{number}{n}.50") for n in range(2 + number % 3)]


def invoice(number: int) -> list[Text]:
    """A table without rules over a total."""
    rows = [
        (x, 200 + 16 * n, text)
        for n, row in enumerate(items(number))
        for x, text in zip((72, 300, 400), row, strict=True)
    ]
    end = 200 + 16 * len(items(number))
    heads = [(72, 180, "Description of goods"), (300, 180, "Count"), (400, 180, "Amount")]
    total = [(300, end + 8, "Total"), (400, end + 8, f"9{number}.75")]
    return [(72, 80, "Invoice"), (72, 110, f"No: {NUMBERS[number]}"), *heads, *rows, *total]


def test_a_table_of_any_number_of_rows() -> None:
    """Rows are objects by column; the total below is none."""

    def labels(number: int) -> dict[str, str]:
        cells = {
            f"Items/{n}/{column}": text
            for n, row in enumerate(items(number))
            for column, text in zip(("Goods", "Count", "Amount"), row, strict=True)
        }
        return {"Number": NUMBERS[number], **cells}

    model = trained(invoice, labels, TABLE_FIELDS)
    assert model.accuracies == {"Number": 1.0, "Items": 1.0}
    rows = read(model, invoice(5))["Items"].value
    assert isinstance(rows, list)
    assert len(rows) == 4
    assert {name: (part.text, part.value) for name, part in rows[3].value.items()} == {
        "Goods": ("grey bag", "grey bag"),
        "Count": ("235", 235),
        "Amount": ("53.50", 53.5),
    }


def test_a_selection_mark() -> None:
    """What stands in the labelled place, from its caption: an X is selected, nothing is not."""
    known = fields_from_json(fields_json(plain_field("Urgent", "selectionMark")))
    box = Box(72 / 72, 232 / 72, 84 / 72, 244 / 72)

    def form(number: int) -> list[Text]:
        return [*order(number), (90, 242, "Urgent"), *([(74, 242, "X")] if number % 2 else [])]

    states = ("unselected", "selected")
    forms = [labelled_form(pdf(form(n)), known, {"Urgent": states[n % 2]}, {"Urgent": box}) for n in range(5)]
    model = learn_labelled(forms, known)
    assert model.accuracies == {"Urgent": 1.0}
    assert [read(model, form(n))["Urgent"].value for n in (4, 5)] == ["unselected", "selected"]
