"""The sample results of Microsoft's quickstart, every row of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.fields import Form, Page, Row, flatten, read

RESULTS = Path(__file__).parent / "results"

DATE_V21 = Row(
    form=1,
    kind="keyValue",
    name="Date:",
    text="9/10/2020",
    confidence=1.0,
    page=1,
    bounding_box=(7.3833, 1.0802, 7.925, 1.0802, 7.925, 1.174, 7.3833, 1.174),
    unit="inch",
    top_level=True,
)
DATE_V20 = Row(form=1, kind="keyValue", name="Date:", confidence=1.0, page=1, unit="inch", top_level=True)


def heading(*box: float) -> Row:
    """The cell both samples show, at `box`."""
    return Row(
        form=1,
        kind="cell",
        name="Training Date",
        text="Training Date",
        confidence=1.0,
        page=1,
        bounding_box=box,
        unit="inch",
        table=0,
        row=0,
        column=0,
        row_span=1,
        column_span=1,
        header="Training Date",
        is_header=True,
    )


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("quickstart_v2.1.json", [DATE_V21, heading(0.6944, 4.2779, 1.5625, 4.2779, 1.5625, 4.4005, 0.6944, 4.4005)]),
        ("quickstart_v2.0.json", [DATE_V20, heading(0.6931, 4.2444, 1.5681, 4.2444, 1.5681, 4.4125, 0.6931, 4.4125)]),
    ],
)
def test_every_value_of_the_sample_is_a_row(name: str, rows: list[Row]) -> None:
    """The pair, then the cell, with the numbers of the sample."""
    with (RESULTS / name).open("rb") as result:
        assert list(flatten(result)) == rows


def test_parts_that_are_not_rows() -> None:
    """One page was read; there is a first form although the service saw no document."""
    with (RESULTS / "quickstart_v2.1.json").open("rb") as result:
        assert [part for part in read(result) if not isinstance(part, Row)] == [Page(1), Form(1)]


def test_a_whole_number_and_a_decimal_are_one_type() -> None:
    """The sample's confidence is the JSON integer 1; it becomes a float, as Table Storage types follow Python's."""
    with (RESULTS / "quickstart_v2.1.json").open("rb") as result:
        assert [type(row.confidence) for row in flatten(result)] == [float, float]
