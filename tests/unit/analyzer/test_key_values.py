"""Pairs on forms that nobody trained on."""

from __future__ import annotations

from local.analyzer.files import read_pages
from local.analyzer.keyvalues import key_values_on
from tests.unit.analyzer.drawing import pdf


def test_labels_with_a_colon_take_what_stands_beside_or_beneath() -> None:
    """Each value once; a label without a value has none; a heading without a colon is no label."""
    (page,) = read_pages(
        pdf(
            [
                *((72, 60, "Claim report"), (72, 100, "Name: Ada Berg"), (300, 100, "Date:"), (380, 100, "3/14/2024")),
                *((72, 140, "Address:"), (72, 154, "7 Quay Street"), (72, 300, "Signed by:")),
            ]
        )
    )
    pairs = {pair.key.text: pair.value and pair.value.text for pair in key_values_on(page)}
    assert pairs == {"Name:": "Ada Berg", "Date:": "3/14/2024", "Address:": "7 Quay Street", "Signed by:": None}
    assert all(0 < pair.confidence < 1 for pair in key_values_on(page))
