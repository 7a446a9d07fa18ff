"""The columns of `Fields` and of `Records`."""

from __future__ import annotations

import json
import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.fields import Form, Record, Row, columns_of
from shared.fields.records import MOST_COLUMNS, column_name

RESERVED = {"PartitionKey", "RowKey", "Timestamp", "Path", "ETag", "Truncated"}
OWN = {"DocumentType", "Confidence", "NeedsReview", "FieldsLeftOut"}


def field(name: str, text: str | None = "x", **others: object) -> Row:
    """A top-level field."""
    return Row(1, "field", name, text=text, **{"top_level": True, **others})  # type: ignore[arg-type]


def record(*rows: Row, form: Form | None = None) -> dict[str, object]:
    """The columns of a form with these rows."""
    gathered = Record(form or Form(1), 0.8)
    for row in rows:
        gathered.add(row)
    return dict(gathered.columns())


# --- Fields --------------------------------------------------------------------------------------------------------


def test_a_cell_has_every_column() -> None:
    """Numbers keep the Python types that Table Storage's follow: float is a Double, int an Int32."""
    row = Row(
        form=1,
        kind="cell",
        name="Qty",
        text="3",
        type="t",
        value="three",
        number=3.0,
        confidence=1.0,
        read_confidence=0.75,
        page=2,
        bounding_box=(0.5, 1.0),
        unit="pixel",
        table=0,
        row=1,
        column=2,
        row_span=1,
        column_span=3,
        header="Qty",
        is_header=False,
    )
    columns = columns_of(row, 0.8)
    expected = {
        "Form": 1,
        "Kind": "cell",
        "Name": "Qty",
        "Text": "3",
        "Type": "t",
        "Value": "three",
        "Number": 3.0,
        "Confidence": 1.0,
        "ReadConfidence": 0.75,
        "NeedsReview": True,
        "Page": 2,
        "BoundingBox": "[0.5, 1.0]",
        "Unit": "pixel",
        "Table": 0,
        "Row": 1,
        "Column": 2,
        "RowSpan": 1,
        "ColumnSpan": 3,
        "Header": "Qty",
        "IsHeader": False,
    }
    assert columns == expected
    assert {name: type(value) for name, value in columns.items()} == {n: type(v) for n, v in expected.items()}
    assert json.loads(str(columns["BoundingBox"])) == [0.5, 1.0]


def test_a_column_without_a_value_is_absent() -> None:
    """An empty text is a value; None is none."""
    assert columns_of(Row(1, "keyValue", "", text=""), 0.8) == {
        "Form": 1,
        "Kind": "keyValue",
        "Name": "",
        "Text": "",
        "NeedsReview": False,
    }


@pytest.mark.parametrize(
    ("row", "needs_review"),
    [
        (Row(1, "keyValue", "a", text="x", confidence=0.79), True),
        (Row(1, "keyValue", "a", text="x", confidence=0.8), False),
        (Row(1, "keyValue", "a", text="x", confidence=1.0, read_confidence=0.1), True),
        (Row(1, "keyValue", "a", text="x"), False),
        (Row(1, "keyValue", "a"), False),
        (Row(1, "cell", "a"), False),
        (Row(1, "field", "a"), True),
        (Row(1, "field", "a", type="string", confidence=0.9), True),
        (Row(1, "field", "a", text=""), False),
        (Row(1, "field", "a", value="Itemized"), False),
        (Row(1, "field", "a", number=0.0), False),
        (Row(1, "cell", "a", confidence=0.0), True),
    ],
)
def test_needs_review(row: Row, needs_review: bool) -> None:  # noqa: FBT001
    """Either confidence under the threshold, or a field that holds nothing; a missing confidence is not low."""
    assert columns_of(row, 0.8)["NeedsReview"] is needs_review


# --- Records: names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Total", "Total"),
        ("ID #", "ID"),
        ("Live Delivery?", "Live_Delivery"),
        ("Receipt No", "Receipt_No"),
        ("Vendor #:", "Vendor"),
        ("a/b\\c#d?e", "a_b_c_d_e"),
        ("A - B", "A_B"),
        ("snake_case", "snake_case"),
        ("__Tokens__1", "Tokens__1"),
        ("1st", "_1st"),
        ("(2) x", "_2_x"),
        ("Größe", "Größe"),
        ("Cafe\u0301", "Café"),
        ("日付", "日付"),
        ("m²", "m"),
        ("½", "Unnamed"),
        ("🚀 go", "go"),
        ("\U0001d400", "Unnamed"),
        ("", "Unnamed"),
        ("__", "Unnamed"),
        ("tab\tand\nline", "tab_and_line"),
        ("x" * 300, "x" * 255),
        ("1" * 300, "_" + "1" * 254),
    ],
)
def test_column_names(name: str, column: str) -> None:
    """Field names and keys are not legal property names; runs of other characters become one underscore."""
    assert column_name(name) == column


def test_equal_names_are_numbered() -> None:
    """The later takes `_2`, `_3`; also when a name already looks like that, and when it would be too long."""
    names = ["A", "A", "A:", "A_3", "a", "B_2", "B", "B", "y" * 300, "y" * 300]
    columns = list(record(*(field(name) for name in names)))[2:]
    assert columns == ["A", "A_2", "A_3", "A_3_2", "a", "B_2", "B", "B_3", "y" * 255, "y" * 253 + "_2"]


@pytest.mark.parametrize("name", sorted(RESERVED | OWN))
def test_our_own_columns_cannot_be_overwritten(name: str) -> None:
    """A field may be called Confidence; a form must not say where it is stored."""
    columns = record(field(name, "theirs"))
    assert columns[f"{name}_2"] == "theirs"
    assert columns.get(name) != "theirs"


@settings(deadline=None)
@given(st.lists(st.text(max_size=300) | st.sampled_from(["A", "A_2", "A-2", "1", "ETag", "y" * 260]), max_size=40))
def test_column_names_are_always_legal_and_unique(names: list[str]) -> None:
    """C# identifiers of at most 255 characters, none lost and none shared."""
    columns = record(*(field(name, str(index)) for index, name in enumerate(names)))
    theirs = {name: value for name, value in columns.items() if name not in OWN}
    assert list(theirs.values()) == [str(index) for index in range(len(names))]
    for name in theirs:
        assert name not in RESERVED
        assert 0 < len(name.encode("utf-16-le")) <= 2 * 255
        assert not name[0].isdecimal()
        assert all(char == "_" or unicodedata.category(char)[0] == "L" or char.isdecimal() for char in name)


# --- Records: values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (field("It", "20", type="number", number=20.0), 20.0),
        (field("It", "20", type="integer", number=20.0), 20.0),
        (field("It", "twenty", type="number"), None),
        (field("It", "selected", type="selectionMark", value="selected"), True),
        (field("It", "unselected", type="selectionMark", value="unselected"), False),
        (field("It", "selected", type="selectionMark"), None),
        (field("It", "yes", type="boolean", value="true"), True),
        (field("It", "no", type="boolean", value="false"), False),
        (field("It", "yes", type="boolean"), None),
        (field("It", "$20", type="currency", value="USD", number=20.0), 20.0),
        (field("It", "USD", type="currency", value="USD"), None),
        (field("It", "signed", type="signature", value="signed"), "signed"),
        (field("It", "1 A St\nB", type="address", value="1 A St, B"), "1 A St, B"),
        (field("It", "9/10/2020", type="date", value="2020-09-10"), "2020-09-10"),
        (field("It", "2026-25-07", type="date"), "2026-25-07"),
        (field("It", "LIC#WDL", type="string", value="WDL"), "WDL"),
        (field("It", None), None),
        (Row(1, "keyValue", "It", text="20", top_level=True), "20"),
        (Row(1, "keyValue", "It", top_level=True), None),
        (Row(1, "cell", "It", text="20"), None),
        (Row(1, "field", "Items[0].It", text="20"), None),
    ],
)
def test_a_column_has_the_type_that_was_declared(row: Row, value: object) -> None:
    """Or it is absent, so that a column has one type over all rows; cells and nested values have none."""
    columns = record(row)
    assert columns.get("It") == value
    assert type(columns.get("It")) is type(value)
    assert set(columns) == {"NeedsReview", "FieldsLeftOut"} | ({"It"} if value is not None else set())


def test_a_field_that_was_not_found_keeps_its_name() -> None:
    """`A:` is A_2 in every form of this kind, whether or not A was found."""
    assert record(field("A", None), field("A:", "x"))["A_2"] == "x"


def test_a_form_says_what_it_is_and_how_sure_the_service_was() -> None:
    """The document type's confidence is the record's; both are absent where the service did not say."""
    assert record(form=Form(2, "custom:form", 0.9)) == {
        "DocumentType": "custom:form",
        "Confidence": 0.9,
        "NeedsReview": False,
        "FieldsLeftOut": 0,
    }
    assert record() == {"NeedsReview": False, "FieldsLeftOut": 0}


@pytest.mark.parametrize(
    ("row", "needs_review"),
    [
        (field("A", confidence=0.1), True),
        (Row(1, "keyValue", "A", text="x", read_confidence=0.1), True),
        (Row(1, "field", "Items[0]", text="x", confidence=0.1), True),
        (Row(1, "cell", "A", text="x", confidence=0.1), False),
    ],
)
def test_a_form_needs_review_when_a_pair_or_a_field_does(row: Row, needs_review: bool) -> None:  # noqa: FBT001
    """Nested fields too; cells do not count."""
    assert record(row, field("B", confidence=1.0))["NeedsReview"] is needs_review


def test_columns_end_at_240_and_the_rest_is_counted() -> None:
    """With our own columns and keys that is under the 255 properties of an entity; empty fields take no column."""
    rows = [field(f"F{n}", None if n == 0 else "x") for n in range(MOST_COLUMNS + 11)]
    columns = record(*rows, field("Last", None))
    assert columns["FieldsLeftOut"] == 10
    assert len(columns) == MOST_COLUMNS + 2
    assert "F240" in columns
    assert "F241" not in columns


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_doubles(number: float) -> None:
    """In both tables."""
    row = field("It", "x", type="number", number=number)
    assert isinstance(record(row)["It"], float)
    assert math.isclose(float(columns_of(row, 0.8)["Number"]), number)
