"""What tax forms and business forms ask of learning: captions in boxes, answers in a column, crowded neighbours."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import Canvas

from local.analyzer.agreement import agreed
from local.analyzer.files import read_pages
from local.analyzer.learning import learn
from local.analyzer.pages import Line, Page
from local.analyzer.reading import read_page
from local.analyzer.shapes import Box, Walls
from tests.unit.analyzer.drawing import HEIGHT, Text, pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("Ann Field", "Bo Marsh", "Cy Wood", "Di Lake", "Ed Stone", "Flo Hill")
NUMBERS = ("4711", "8205", "1934", "6650", "2281", "9017")
DATES = ("1/3/2021", "2/4/2021", "3/5/2021", "4/6/2021", "5/7/2021", "6/8/2021")


def read_sixth(contents: Sequence[bytes]) -> dict[str, str]:
    """Trains on the first five forms and reads the sixth: value by key."""
    pages = [read_pages(content) for content in contents]
    reading = read_page(pages[5][0], learn(pages[:5]))
    return {pair.key.text: pair.value.text if pair.value else "" for pair in reading.pairs}


def test_captions_of_boxes_may_be_long_short_or_of_two_lines() -> None:
    """Each box of a tax form holds a small caption and beneath it the value."""
    grid = [70.0, 400.0, 540.0], [100.0, 150.0, 200.0]
    contents = [
        pdf(
            [
                (75, 113, "1 Name of the person or company as it is shown on line 1"),
                (75, 142, NAMES[n]),
                (405, 113, "12b"),
                (405, 142, NUMBERS[n]),
                (75, 163, "5 Number, street and city or town, with"),
                (75, 176, "the code of the post office"),
                (75, 195, f"{NUMBERS[n]} High Street"),
                (405, 163, "8 Tips"),
                (405, 190, f"{n}0.50"),
            ],
            grid=grid,
        )
        for n in range(6)
    ]
    assert read_sixth(contents) == {
        "1 Name of the person or company as it is shown on line 1": "Flo Hill",
        "12b": "9017",
        "5 Number, street and city or town, with the code of the post office": "9017 High Street",
        "8 Tips": "50.50",
    }


def test_a_sentence_over_text_is_no_caption() -> None:
    """Without a box of its own a long phrase is no key."""
    contents = [
        pdf([(72, 100, "Please fill in the form below and send it back to us"), (72, 114, NAMES[n])]) for n in range(6)
    ]
    assert read_sixth(contents) == {}


def answers(canvas: Canvas, number: int) -> None:
    """Questions with answers in another font, of which one or the other is always the same word."""
    rows = (
        ("Bought in:", NUMBERS[number]),
        ("Police informed:", ("Yes", "No", "Yes", "No", "No", "Yes")[number]),
        ("Damage repaired:", ("No", "Yes", "No", "Yes", "No", "No")[number]),
        ("Witness:", NAMES[number] if number % 2 else ""),
    )
    for row, (question, answer) in enumerate(rows):
        canvas.setFont("Times-Roman", 11)
        canvas.drawString(72, HEIGHT - 100 - 27 * row, question)
        canvas.setFont("Courier", 10.5)
        canvas.drawString(202, HEIGHT - 100 - 27 * row, answer)


def headline(canvas: Canvas, number: int) -> None:
    """A key in large print."""
    canvas.setFont("Helvetica", 18)
    canvas.drawString(400, HEIGHT - 60, f"Vendor #: {NUMBERS[number]}")
    canvas.setFont("Helvetica", 10)
    for row, text in enumerate(("Company:", "Contact:", "Package:")):
        canvas.drawString(72, HEIGHT - 100 - 30 * row, f"{text} {NAMES[number - row]}")


def drawn(number: int, draw: object) -> bytes:
    """A page that the function drew."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, HEIGHT), invariant=1)
    assert callable(draw)
    draw(canvas, number)
    canvas.save()
    return buffer.getvalue()


def test_an_answer_that_stands_beside_several_questions_is_no_key() -> None:
    """`Yes` is on every form, at one question or the other."""
    found = read_sixth([drawn(number, answers) for number in range(6)])
    answered = {"Police informed:": "Yes", "Damage repaired:": "No"}
    assert found == {"Bought in:": NUMBERS[5], **answered, "Witness:": NAMES[5]}


def test_a_key_in_large_print_has_a_colon() -> None:
    """Without one it would be a title."""
    assert read_sixth([drawn(number, headline) for number in range(6)])["Vendor #:"] == NUMBERS[5]


def test_a_value_belongs_to_the_key_on_its_own_row() -> None:
    """Though another key stands above it, which has its own value farther to the right."""

    def form(number: int) -> list[Text]:
        return [
            (300, 100, "Due date:"),
            (370, 100, DATES[number]),
            (180, 114, "Customer name:"),
            (300, 114, NAMES[number]),
            (180, 128, "Customer number:"),
            (300, 128, NUMBERS[number]),
        ]

    found = read_sixth([pdf(form(number)) for number in range(6)])
    assert found == {"Due date:": DATES[5], "Customer name:": NAMES[5], "Customer number:": NUMBERS[5]}


def spelled(page: Page, old: str, new: str) -> Page:
    """The page as if it had been read from ink, with one word spelled differently."""
    lines = [
        Line(tuple(replace(word, text=new) if word.text == old else word for word in line.words)) for line in page.lines
    ]
    return replace(page, lines=tuple(lines), is_print=True)


def test_a_slip_in_training_is_settled_by_the_majority() -> None:
    """A caption was read wrongly on two of five pictures; a value, which varies, stays as it is."""
    pages = [read_pages(pdf([(72, 100, "Individual:"), (180, 100, NAMES[n])]))[0] for n in range(5)]
    seen = [spelled(page, "Individual:", "lndividual:" if n < 2 else "Individual:") for n, page in enumerate(pages)]
    assert [" ".join(word.text for word in page.words) for page in agreed(seen)] == [
        f"Individual: {NAMES[n]}" for n in range(5)
    ]


def test_digital_text_is_never_respelled() -> None:
    """What a PDF says is what it says."""
    pages = [read_pages(pdf([(72, 100, f"Individual{'s' if n == 0 else ''}: {NAMES[n]}")]))[0] for n in range(5)]
    assert agreed(pages) == pages


def test_an_underline_does_not_part_two_lines() -> None:
    """A rule between boxes does; one that touches a text is drawn under it, or was seen in its letters."""
    above, below = Box(1, 1, 2, 1.15), Box(1, 1.3, 2, 1.45)
    assert not Walls(level=(Box(1, 1.13, 2, 1.13),)).between_rows(above, below)
    assert not Walls(level=(Box(1, 1.32, 2, 1.32),)).between_rows(above, below)
    assert Walls(level=(Box(1, 1.2, 2, 1.2),)).between_rows(above, below)
