"""How surely fields are read: counted as a stream, the same as if all values were at hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.report.statistics import (
    MOST_FIELDS,
    THRESHOLDS,
    Expected,
    FieldStatistics,
    Group,
    Reading,
    Spread,
    field_name,
    learned_names,
    statistics_of,
)
from cli.report.suggestions import of_field, of_group, percent

PAIR, FIELD = "keyValue", "field"


def pair(document: int, name: str, confidence: float | None, read: float | None = None) -> Reading:
    """A pair that was found."""
    return Reading(f"orders|{document}.pdf", "orders", "orders", (PAIR, name), False, confidence, read)


def nothing(document: int, name: str) -> Reading:
    """A labelled field that was not found."""
    return Reading(f"orders|{document}.pdf", "orders", "orders", (FIELD, name), is_empty=True)


def counted(readings: list[Reading], *learned: str, documents: int = 0, threshold: float = 0.8) -> Group:
    """The only group of these."""
    expected = {"orders": Expected(threshold, frozenset(learned))}
    (group,) = statistics_of(iter(readings), {("orders", "orders"): documents}, expected, 0.8)
    return group


def field(group: Group, name: str) -> FieldStatistics:
    """The field of this name."""
    (found,) = [one for one in group.fields.values() if one.name[1] == name]
    return found


def test_a_document_needs_review_by_the_lower_of_its_two_confidences() -> None:
    """Below the threshold, not at it; either of them."""
    group = counted(
        [pair(1, "Total", 0.8, 0.9), pair(2, "Total", 0.95, 0.6), pair(3, "Total", 0.7), pair(4, "Total", None)]
    )

    total = field(group, "Total")
    shares = {threshold: group.share_below(total, threshold) for threshold in (0.6, 0.7, 0.75, 0.8, 0.85, 0.99)}
    assert shares == {0.6: 0, 0.7: 0.25, 0.75: 0.5, 0.8: 0.5, 0.85: 0.75, 0.99: 0.75}
    assert group.found(total) == 1


def test_a_learned_field_that_is_missing_needs_review_at_every_threshold() -> None:
    """Where it has no row, where its row is empty, and where a document has no value at all; others may be absent."""
    found = Reading("orders|1.pdf", "orders", "orders", (FIELD, "Total"), False, 0.99)

    group = counted([found, pair(1, "Note", 0.99), nothing(2, "Total"), pair(3, "Note", 0.99)], "Total", documents=5)

    total, note = field(group, "Total"), field(group, "Note")
    assert group.documents == 5
    assert group.documents_below(0.5) == group.share_below(total, 0.5) == 0.8
    assert (group.found(total), group.found(note)) == (0.2, 0.4)
    assert group.share_below(note, 0.99) == 0


def test_a_learned_field_that_was_never_found_is_told() -> None:
    """It is the one that needs mending most."""
    group = counted([pair(1, "Total", 1.0)], "Total", "Customer")

    customer = field(group, "Customer")
    assert group.share_below(customer, 0.5) == 1
    assert "never found" in of_field(group, customer)


@pytest.mark.parametrize(
    ("name", "joined"),
    [
        ("Total", "Customer, Total"),
        ("Name, first", "Name, first, Customer"),
        ("Items[].Amount", "Items, Customer"),
        ("Address.City", "Address, Customer"),
    ],
)
def test_a_field_is_known_by_the_names_in_the_models_row(name: str, joined: str) -> None:
    """They are joined by commas there, and a list or a group has one name."""
    kind = FIELD if name[-1] in "ty" and ("[" in name or "." in name) else PAIR
    values = [
        Reading("k", "orders", "orders", (kind, name), False, 0.9),
        Reading("k", "orders", "orders", (PAIR, "Customer"), False, 0.9),
    ]

    group = counted(values, *learned_names(joined))

    assert group.documents_below(0.5) == 0
    assert {one.name[1] for one in group.fields.values()} == {name, "Customer"}


def test_the_items_of_a_list_are_one_field_and_count_once_for_a_document() -> None:
    """The lowest of them decides."""
    names = [field_name(FIELD, f"Items[{number}].Amount") for number in range(12)]
    values = [Reading("k", "orders", "orders", name, False, 0.99 - number / 100) for number, name in enumerate(names)]

    group = counted(values)

    (amounts,) = group.fields.values()
    assert amounts.name == (FIELD, "Items[].Amount")
    assert (amounts.found, amounts.confidence.count) == (1, 12)
    assert group.share_below(amounts, 0.9) == 1
    assert field_name(PAIR, "Line [2]") == (PAIR, "Line [2]")


def test_each_route_and_model_is_a_group_with_the_models_threshold() -> None:
    """It is among the thresholds for which review is counted; other models have the app's."""
    values = [
        Reading("a", "orders", "orders", (PAIR, "Total"), False, 0.77),
        Reading("b", "default", "prebuilt-invoice", (FIELD, "Total"), False, 0.77),
    ]

    groups = statistics_of(iter(values), {}, {"orders": Expected(0.77)}, 0.8)

    assert [(group.route, group.model) for group in groups] == [("default", "prebuilt-invoice"), ("orders", "orders")]
    assert [group.documents_below(group.expected.threshold) for group in groups] == [1, 0]


def test_memory_grows_with_fields_up_to_a_limit_and_not_with_documents() -> None:
    """A model that finds pairs freely has other names on every form; what is too much is counted and said."""
    values = (pair(number, f"Key {number}", 0.9) for number in range(MOST_FIELDS + 50))

    (group,) = statistics_of(values, {}, {}, 0.8)

    assert len(group.fields) == MOST_FIELDS
    assert (group.fields_left_out, group.documents) == (50, MOST_FIELDS + 50)


@given(
    st.lists(st.integers(0, 1000).map(lambda thousandths: thousandths / 1000), min_size=1),
    st.sampled_from([0.25, 0.5, 0.75]),
)
def test_quartiles_are_those_of_the_values_to_a_hundredth(values: list[float], share: float) -> None:
    """Without keeping the values."""
    spread = Spread()
    for value in values:
        spread.add(value)

    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    found = spread.quantile(share)
    assert found is not None
    assert -1e-9 <= exact - found < 0.01 + 1e-9
    assert spread.lowest == min(values)


@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from("ABC"), st.floats(0, 1), st.none() | st.floats(0, 1))))
def test_shares_are_those_of_the_values(found: list[tuple[int, str, float, float | None]]) -> None:
    """Counted while they pass by, or looked at all together."""
    found.sort(key=lambda one: one[0])
    groups = statistics_of((pair(*one) for one in found), {}, {}, 0.8)

    for group in groups:
        documents = {one[0] for one in found}
        assert group.documents == len(documents)
        for one in group.fields.values():
            for threshold in THRESHOLDS:
                low = {
                    n
                    for n, name, *both in found
                    if name == one.name[1] and any(c is not None and c < threshold for c in both)
                }
                assert group.share_below(one, threshold) == len(low) / len(documents)


def test_values_out_of_range_do_no_harm() -> None:
    """Somebody may have written into the table."""
    spread = Spread()
    for value in (-3.0, 7.0):
        spread.add(value)
    assert (spread.bins[0], spread.bins[-1], spread.count) == (1, 1, 2)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param([pair(n, "Total", 0.95, 0.99) for n in range(10)], "", id="well"),
        pytest.param(
            [pair(n, "Total", 0.6 if n < 3 else 0.95) for n in range(10)], "train with more forms", id="unsure"
        ),
        pytest.param([pair(n, "Total", 0.95, 0.5) for n in range(10)], "better scans help", id="hard to read"),
        pytest.param([pair(n, "Total", 0.95) for n in range(6)], "missing in 40 %", id="missing"),
        pytest.param([pair(n, "Note", 0.95) for n in range(10)], "never found", id="never there"),
    ],
)
def test_a_field_that_is_not_well_gets_a_suggestion(values: list[Reading], told: str) -> None:
    """The service's own advice, by what is wrong."""
    group = counted(values, "Total", documents=10)
    suggestion = of_field(group, field(group, "Total"))
    assert told in suggestion
    assert bool(told) == bool(suggestion)


def test_a_prebuilt_model_is_not_to_be_trained() -> None:
    """And that a document lacks one of its many fields is no fault."""
    values = [Reading(str(n), "x", "prebuilt-invoice", (FIELD, name), n > 0 and name == "Tax", 0.5)
              for n in range(10) for name in ("Total", "Tax")]  # fmt: skip
    (group,) = statistics_of(iter(values), {}, {}, 0.8)
    total, tax = group.fields.values()
    assert "can't be trained" in of_field(group, total)
    assert "missing" not in of_field(group, tax)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([pair(n, "Total", 0.7 if n == 0 else 0.97) for n in range(10)], "0.95 is the highest threshold"),
        ([pair(n, "Total", 0.3) for n in range(10)], "Even at 0.5"),
        ([pair(n, "Total", 0.97) for n in range(3)], "can't tell"),
    ],
)
def test_a_threshold_is_suggested_when_there_are_enough_documents(values: list[Reading], told: str) -> None:
    """The highest that leaves at most one document in ten to a person."""
    assert told in " ".join(of_group(counted(values)))


@pytest.mark.parametrize(
    ("share", "told"), [(0, "0 %"), (0.004, "<1 %"), (0.25, "25 %"), (0.999, ">99 %"), (1, "100 %")]
)
def test_nearly_all_is_not_all(share: float, told: str) -> None:
    """Rounding hides no document."""
    assert percent(share) == told
