"""What the analyzer learns from five forms, and what it then reads from a new one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.analyzer.files import read_pages
from local.analyzer.learning import learn
from local.analyzer.models import model_from_json
from local.analyzer.reading import read_page
from tests.unit.analyzer.drawing import Text, pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Form = list[Text]
NAMES = ("Ann Field", "Bo Marsh", "Cy Wood", "Di Lake", "Ed Stone", "Flo Hill")
NUMBERS = ("4711", "8205", "1934", "6650", "2281", "9017")
STREETS = ("1 High St", "22 Low Rd", "35 Mill Ln", "4 Dock Sq", "57 Park Av", "68 Bay Dr")
TOWNS = ("Aton 111", "Bville 222", "Cford 333", "Dham 444", "Eley 555", "Fwick 666")


def read_sixth(forms: Sequence[Form], grid: tuple[list[float], list[float]] | None = None) -> dict[str, str]:
    """Trains on the first five forms and reads the sixth: value by key."""
    pages = [read_pages(pdf(form, grid=grid)) for form in forms]
    model = learn(pages[:5])
    reading = read_page(pages[5][0], model)
    return {pair.key.text: pair.value.text if pair.value else "" for pair in reading.pairs}


def six(form: Callable[[int], Form]) -> list[Form]:
    """Six forms."""
    return [form(number) for number in range(6)]


def test_a_value_beside_its_key() -> None:
    """With a colon in one run of text, and without one in a column of its own."""
    forms = six(lambda n: [(72, 100, f"Order number: {NUMBERS[n]}"), (72, 130, "Buyer"), (200, 130, NAMES[n])])
    assert read_sixth(forms) == {"Order number:": NUMBERS[5], "Buyer": NAMES[5]}


def test_several_pairs_on_one_line() -> None:
    """A value ends where the next key begins, wherever that is."""
    forms = six(lambda n: [(72, 100, f"Name: {NAMES[n]} No: {NUMBERS[n]} Site: {STREETS[n]}")])
    assert read_sixth(forms) == {"Name:": NAMES[5], "No:": NUMBERS[5], "Site:": STREETS[5]}


def test_a_value_under_its_label() -> None:
    """Labels in a row with the values on the next line."""
    forms = six(
        lambda n: [(72, 100, "Account holder"), (300, 100, "Account"), (72, 113, NAMES[n]), (300, 113, NUMBERS[n])]
    )
    assert read_sixth(forms) == {"Account holder": NAMES[5], "Account": NUMBERS[5]}


def test_a_row_of_values_under_ruled_headings() -> None:
    """Each cell belongs to the heading above it, wherever in the cell it stands."""
    grid = [70.0, 250.0, 430.0], [100.0, 130.0, 160.0]
    forms = six(
        lambda n: [(75, 115, "Invoice Number"), (255, 115, "Charges"), (75, 145, NUMBERS[n]), (390, 145, f"{n}.50")]
    )
    assert read_sixth(forms, grid) == {"Invoice Number": NUMBERS[5], "Charges": "5.50"}


def test_a_value_of_several_lines() -> None:
    """Aligned lines right below go on with the value, and the next key ends it."""
    forms = six(
        lambda n: [
            (72, 100, "Ship to:"),
            (150, 100, NAMES[n]),
            (150, 114, STREETS[n]),
            (150, 128, TOWNS[n]),
            (72, 146, "Terms:"),
            (150, 146, NUMBERS[n]),
        ]
    )
    assert read_sixth(forms) == {"Ship to:": f"{NAMES[5]} {STREETS[5]} {TOWNS[5]}", "Terms:": NUMBERS[5]}


def test_a_value_that_is_missing() -> None:
    """A key without a value on the new form is reported empty, not given its neighbour's value."""
    forms = six(
        lambda n: [
            (72, 100, "Reference:"),
            (150, 100, "" if n == 5 else NUMBERS[n]),
            (72, 120, "Name:"),
            (150, 120, NAMES[n]),
        ]
    )
    assert read_sixth(forms) == {"Reference:": "", "Name:": NAMES[5]}


def test_a_key_that_is_missing_on_one_training_form() -> None:
    """Four forms of five are enough."""
    forms = six(
        lambda n: [
            (72, 120, "Name:"),
            (150, 120, NAMES[n]),
            *([] if n == 2 else [(72, 100, "No:"), (150, 100, NUMBERS[n])]),
        ]
    )
    assert read_sixth(forms) == {"No:": NUMBERS[5], "Name:": NAMES[5]}


def test_a_value_that_is_equal_on_all_training_forms() -> None:
    """The colon says that what follows is a value, though it does not vary; then it may vary on the new form."""
    forms = six(lambda n: [(72, 100, f"Currency: {'USD' if n == 5 else 'EUR'}"), (72, 120, f"No: {NUMBERS[n]}")])
    assert read_sixth(forms) == {"Currency:": "USD", "No:": NUMBERS[5]}


def test_lines_move_down_when_a_value_wraps() -> None:
    """Keys are found where earlier values have pushed them."""

    def form(number: int) -> Form:
        drop = 14.0 * (number % 3)
        lines: Form = [(150, 114 + 14 * line, STREETS[line]) for line in range(number % 3)]
        return [
            (72, 100, "To:"),
            (150, 100, NAMES[number]),
            *lines,
            (72, 130 + drop, "Total:"),
            (150, 130 + drop, NUMBERS[number]),
        ]

    assert read_sixth(six(form))["Total:"] == NUMBERS[5]


def test_furniture_is_no_key() -> None:
    """A title, a sentence and a footer repeat on every form and are not reported."""
    forms = six(
        lambda n: [
            (72, 60, "Delivery note"),
            (72, 100, "No:"),
            (150, 100, NUMBERS[n]),
            (72, 700, "Thank you for your order, it is appreciated by all of us."),
        ]
    )
    assert read_sixth(forms) == {"No:": NUMBERS[5]}


def test_headings_of_line_items_are_no_keys() -> None:
    """A table with several rows on some form has cells, and no pairs."""
    grid = [70.0, 250.0, 430.0], [100.0, 120.0, 140.0, 160.0]

    def form(number: int) -> Form:
        cells = [(75.0, 115.0, "Article"), (255.0, 115.0, "Price")]
        rows = [(75.0, 135.0, STREETS[number]), (255.0, 135.0, NUMBERS[number]), (75.0, 155.0, TOWNS[number])]
        return [*cells, *rows, (72, 200, f"Name: {NAMES[number]}")]

    assert read_sixth(six(form), grid) == {"Name:": NAMES[5]}


def test_headings_of_items_without_rules_are_no_keys() -> None:
    """Rows of figures under three headings are items, though nothing is ruled."""

    def form(number: int) -> Form:
        heads: Form = [(72, 100, "Article"), (250, 100, "Pieces"), (400, 100, "Price")]
        rows = [
            text
            for row in range(2 + number % 2)
            for y in (116.0 + 16 * row,)
            for text in (
                (72.0, y, STREETS[row]),
                (250.0, y, NUMBERS[(number + row) % 6]),
                (400.0, y, f"{number}{row}.50"),
            )
        ]
        return [*heads, *rows, (72, 300, f"Name: {NAMES[number]}")]

    assert read_sixth(six(form)) == {"Name:": NAMES[5]}


def test_a_constant_value_without_a_colon() -> None:
    """It stands in the column of the other values, so it is a value though it does not vary."""
    forms = six(
        lambda n: [
            (72, 100, "Name"),
            (200, 100, NAMES[n]),
            (72, 120, "Country"),
            (200, 120, "Norway" if n == 5 else "Spain"),
            (72, 140, "Number"),
            (200, 140, NUMBERS[n]),
        ]
    )
    assert read_sixth(forms) == {"Name": NAMES[5], "Country": "Norway", "Number": NUMBERS[5]}


def test_a_constant_line_goes_on_with_the_value() -> None:
    """A town that is the same on every form belongs to the address above it."""
    forms = six(
        lambda n: [
            (72, 100, "Ship to:"),
            (150, 100, NAMES[n]),
            (150, 114, "Redmond, WA"),
            (72, 150, f"No: {NUMBERS[n]}"),
        ]
    )
    assert read_sixth(forms) == {"Ship to:": f"{NAMES[5]} Redmond, WA", "No:": NUMBERS[5]}


def test_confidence_falls_when_the_value_is_unlike_those_of_training() -> None:
    """A word where training saw numbers is less sure than a number."""
    forms = six(lambda n: [(72, 100, f"No: {NUMBERS[n]}"), (72, 120, f"Name: {NAMES[n]}")])
    odd: Form = [(72, 100, "No: unknown"), (72, 120, f"Name: {NAMES[0]}")]
    model = learn([read_pages(pdf(form)) for form in forms[:5]])
    usual, unusual = (read_page(read_pages(pdf(form))[0], model).pairs[0].confidence for form in (forms[5], odd))
    assert 0.8 <= usual <= 1
    assert unusual < usual


def test_a_page_of_another_type_belongs_to_no_cluster() -> None:
    """Nothing is reported for a page that has none of the keys, or for a blank one."""
    model = learn([read_pages(pdf([(72, 100, f"No: {number}")])) for number in NUMBERS[:5]])
    for page in (read_pages(pdf([(72, 300, "A letter about something else")]))[0], read_pages(pdf([]))[0]):
        reading = read_page(page, model)
        assert (reading.cluster, reading.pairs) == (None, ())


def test_a_model_survives_json() -> None:
    """What is stored is read back equal."""
    model = learn([read_pages(pdf([(72, 100, f"No: {number}")])) for number in NUMBERS[:5]])
    assert model.pages[0].keys
    assert model_from_json(json.loads(json.dumps(model.to_json()))) == model


@pytest.mark.parametrize("forms", [0, 2])
def test_too_few_forms_teach_nothing(forms: int) -> None:
    """Two forms cannot tell what repeats from what is equal by chance."""
    model = learn([read_pages(pdf([(72, 100, f"No: {number}")])) for number in NUMBERS[:forms]])
    assert model.pages == ()
