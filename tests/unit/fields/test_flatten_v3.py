"""What each shape that REST 2022-08-31, 2023-07-31 and 2024-11-30 return becomes."""

from __future__ import annotations

import io
import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import MalformedResult
from shared.fields import Form, Page, Problem, Row, columns_of, flatten, read

if TYPE_CHECKING:
    from random import Random

POLYGON = [1, 1.5, 3, 1.5, 3, 2, 1, 2]
LISTS = ("pages", "tables", "keyValuePairs", "documents", "warnings")


def result(**lists: object) -> io.BytesIO:
    """A finished analysis with these members of `analyzeResult`."""
    told = {"apiVersion": "2024-11-30", "modelId": "m", "stringIndexType": "unicodeCodePoint", "content": "", **lists}
    return io.BytesIO(json.dumps({"status": "succeeded", "analyzeResult": told}).encode())


def rows(**lists: object) -> list[Row]:
    """The rows of a result with these members."""
    return list(flatten(result(**{"pages": [], **lists})))


def span(offset: int, length: int) -> dict[str, int]:
    """A stretch of the text."""
    return {"offset": offset, "length": length}


def word(confidence: object, offset: int, length: int = 4, **others: object) -> dict[str, Any]:
    """A word of four characters, or a selection mark."""
    return {"content": "word", "confidence": confidence, "span": span(offset, length), **others}


def page_read(*words: dict[str, Any], number: int = 1, unit: str = "inch", **others: object) -> dict[str, Any]:
    """A page with these words."""
    return {"pageNumber": number, "unit": unit, "words": list(words), **others}


def region(page: int = 1, **others: object) -> dict[str, Any]:
    """A place on a page."""
    return {"pageNumber": page, "polygon": POLYGON, **others}


def fields(**values: object) -> list[Row]:
    """The rows of one document with these fields."""
    return rows(documents=[{"docType": "invoice", "fields": values}])


def field(**members: object) -> Row:
    """The row of one field."""
    (row,) = fields(It=members)
    return row


def pair(**members: object) -> Row:
    """The row of one key-value pair."""
    (row,) = rows(keyValuePairs=[members])
    return row


def cell(row: int, column: int, content: str | None, **members: object) -> dict[str, Any]:
    """A cell as the service writes it."""
    return {"rowIndex": row, "columnIndex": column, "content": content, **members}


def cells(*found: dict[str, Any]) -> list[Row]:
    """The rows of one table."""
    return rows(tables=[{"rowCount": 9, "columnCount": 9, "cells": list(found)}])


# --- pairs ---------------------------------------------------------------------------------------------------------


def test_a_pair_takes_its_place_and_both_confidences_from_its_value() -> None:
    """The pair's own confidence is the extraction's; the lowest of the value's words is the reading's."""
    found = {
        "key": {"content": "Date:", "spans": [span(0, 5)], "boundingRegions": [region()]},
        "value": {"content": "9 May", "spans": [span(6, 10)], "boundingRegions": [region(2), region(3)]},
        "confidence": 0.53,
    }
    pages = [page_read(word(0.1, 0, 5)), page_read(word(0.97, 6), word(0.92, 11), number=2, unit="pixel")]
    assert rows(pages=pages, keyValuePairs=[found]) == [
        Row(
            form=1,
            kind="keyValue",
            name="Date:",
            text="9 May",
            confidence=0.53,
            read_confidence=0.92,
            page=2,
            bounding_box=tuple(map(float, POLYGON)),
            unit="pixel",
            top_level=True,
        )
    ]


@pytest.mark.parametrize("absent", [{}, {"value": None}])
def test_a_pair_without_a_value_is_on_the_page_of_its_key(absent: dict[str, None]) -> None:
    """`value` is missing in every tenth pair or so; there is no box of what is not there."""
    row = pair(key={"content": "Date:", "boundingRegions": [region(3)]}, confidence=0.5, **absent)
    assert row == Row(1, "keyValue", "Date:", confidence=0.5, page=3, top_level=True)


@pytest.mark.parametrize("key", [{}, {"key": None}, {"key": {"content": None}}, {"key": {"content": ""}}])
def test_a_pair_without_a_key_has_an_empty_name(key: dict[str, Any]) -> None:
    """The name is empty, the text stands."""
    assert pair(**key, value={"content": "1 Main St"}) == Row(1, "keyValue", "", text="1 Main St", top_level=True)


def test_equal_keys_are_kept() -> None:
    """Keys are not unique, not even on a page."""
    pairs = [{"key": {"content": "No"}, "value": {"content": text}} for text in ("1", "2")]
    assert [(row.name, row.text) for row in rows(keyValuePairs=pairs)] == [("No", "1"), ("No", "2")]


# --- cells ---------------------------------------------------------------------------------------------------------


def test_a_cell_has_a_place_in_its_table_and_on_the_page() -> None:
    """Cells have no confidence of their own; a table may go on over pages, so each cell has its own page."""
    table = {"cells": [cell(0, 1, "Net", boundingRegions=[region(2)], spans=[span(0, 4)], rowSpan=2)]}
    found = rows(pages=[page_read(word(0.9, 0), number=2)], tables=[{"cells": []}, table])
    assert found == [
        Row(
            form=1,
            kind="cell",
            name="column 2",
            text="Net",
            read_confidence=0.9,
            page=2,
            bounding_box=tuple(map(float, POLYGON)),
            unit="inch",
            table=1,
            row=0,
            column=1,
            row_span=2,
            column_span=1,
            is_header=False,
        )
    ]


def test_a_cell_is_named_by_the_column_headers_over_it() -> None:
    """From top to bottom; a header that spans columns covers them all."""
    found = cells(
        cell(1, 1, "Net", kind="columnHeader"),
        cell(0, 1, "Price", kind="columnHeader", columnSpan=2),
        cell(2, 1, "10", kind="content"),
        cell(2, 2, "12"),
        cell(2, 3, "?", kind=None),
    )
    assert [(row.name, row.header) for row in found[2:]] == [
        ("Price Net", "Price Net"),
        ("Price", "Price"),
        ("column 4", None),
    ]
    assert [row.is_header for row in found] == [True, True, False, False, False]


@pytest.mark.parametrize("kind", ["rowHeader", "stubHead", "description", "content", "something new"])
def test_other_kinds_of_cells_name_no_column(kind: str) -> None:
    """A row's header describes its row, the stub the rows' headers, a description the table."""
    found = cells(cell(0, 0, "Price", kind=kind), cell(1, 0, "10"))
    assert [(row.name, row.is_header) for row in found] == [("column 1", False), ("column 1", False)]


@pytest.mark.parametrize("content", [None, ""])
def test_a_cell_without_text_is_a_row(content: str | None) -> None:
    """It has no regions or spans either."""
    (row,) = cells(cell(0, 0, content, spans=[], boundingRegions=[]))
    assert (row.text, row.page, row.bounding_box, row.read_confidence) == (content, None, None, None)


# --- fields --------------------------------------------------------------------------------------------------------

ADDRESS = {
    "houseNumber": "123",
    "road": "Other St",
    "unit": "4b",
    "city": "Redmond",
    "state": "WA",
    "postalCode": "98052",
    "countryRegion": "USA",
}


@pytest.mark.parametrize(
    ("kind", "given", "value", "number"),
    [
        ("string", "WDL", "WDL", None),
        ("date", "2020-09-10", "2020-09-10", None),
        ("time", "13:59:00", "13:59:00", None),
        ("phoneNumber", "+19876543210", "+19876543210", None),
        ("number", 1, None, 1.0),
        ("number", 14.5, None, 14.5),
        ("integer", 3, None, 3.0),
        ("integer", 2**53, None, 2.0**53),
        ("selectionMark", "unselected", "unselected", None),
        ("countryRegion", "USA", "USA", None),
        ("signature", "signed", "signed", None),
        ("boolean", True, "true", None),
        ("boolean", False, "false", None),
        ("selectionGroup", ["red", "blue"], "red, blue", None),
        ("selectionGroup", [], "", None),
        ("currency", {"amount": 610, "currencySymbol": "$", "currencyCode": "USD"}, "USD", 610.0),
        ("currency", {"amount": 610.5, "currencySymbol": "$"}, None, 610.5),
        ("currency", {"currencyCode": "EUR"}, "EUR", None),
        ("currency", {}, None, None),
        ("address", ADDRESS, "4b 123 Other St, Redmond, WA, 98052, USA", None),
        (
            "address",
            {**ADDRESS, "streetAddress": "123 Other St #4b"},
            "123 Other St #4b, Redmond, WA, 98052, USA",
            None,
        ),
        ("address", {"city": "Ulm"}, "Ulm", None),
        ("address", {"city": None}, None, None),
        ("something new", "x", None, None),
    ],
)
def test_a_field_keeps_its_text_and_what_the_service_made_of_it(
    kind: str, given: object, value: str | None, number: float | None
) -> None:
    """A number is a float even where the service wrote 1."""
    row = field(type=kind, content="as it stands", **{f"value{kind[0].upper()}{kind[1:]}": given})
    assert (row.text, row.type, row.value, row.number) == ("as it stands", kind, value, number)
    assert row.number is None or type(row.number) is float
    assert row.top_level


TYPES = [
    *("string", "date", "time", "phoneNumber", "number", "integer", "selectionMark", "countryRegion", "signature"),
    *("currency", "address", "boolean", "selectionGroup"),
]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("null", [True, False])
def test_a_value_may_be_missing(kind: str, null: bool) -> None:  # noqa: FBT001
    """The text alone remains, as for a date such as 2026-25-07."""
    missing = {f"value{kind[0].upper()}{kind[1:]}": None} if null else {}
    row = field(type=kind, content="2026-25-07", **missing)
    assert (row.text, row.value, row.number) == ("2026-25-07", None, None)


@pytest.mark.parametrize("kind", TYPES)
def test_a_field_with_only_a_type_was_not_found(kind: str) -> None:
    """However sure the service is that it is not there."""
    row = field(type=kind, confidence=0.99)
    assert row == Row(1, "field", "It", type=kind, confidence=0.99, top_level=True)
    assert columns_of(row, 0.8)["NeedsReview"] is True


def test_an_answer_that_says_no_was_found() -> None:
    """False, zero and a group of which nothing is selected are answers."""
    answers = fields(
        A={"type": "boolean", "valueBoolean": False},
        B={"type": "number", "valueNumber": 0},
        C={"type": "selectionGroup", "valueSelectionGroup": []},
        D={"type": "signature", "valueSignature": "unsigned"},
    )
    assert [columns_of(row, 0.8)["NeedsReview"] for row in answers] == [False] * 4


def test_a_null_field_is_a_row_with_only_its_name() -> None:
    """Labelled fields that were not found are null in some versions."""
    assert fields(Total=None) == [Row(form=1, kind="field", name="Total", top_level=True)]


def test_nested_values_are_named_by_their_path() -> None:
    """Arrays and objects become their leaves, in order; addresses and currencies are leaves."""
    amount = {"type": "currency", "valueCurrency": {"amount": 2}}
    item = {"type": "object", "valueObject": {"Amount": amount, "Name": None}}
    found = fields(
        Items={"type": "array", "valueArray": [item, None]},
        To={"type": "address", "valueAddress": ADDRESS},
        Nothing={"type": "array"},
    )
    assert [row.name for row in found] == ["Items[0].Amount", "Items[0].Name", "Items[1]", "To"]
    assert [row.top_level for row in found] == [False, False, False, True]
    assert found[0].number == 2.0


@pytest.mark.parametrize("missing", [{}, {"fields": None}, {"fields": {}}])
def test_documents_are_forms_even_without_fields(missing: dict[str, Any]) -> None:
    """A classifier finds documents and no fields; the first form precedes pairs and cells."""
    documents = [{"docType": "a", "confidence": 0.9, **missing}, {"docType": "b", "confidence": "NaN", **missing}]
    parts = list(read(result(documents=documents, keyValuePairs=[{"key": {"content": "K"}}])))
    assert parts == [Form(1, "a", 0.9), Row(1, "keyValue", "K", top_level=True), Form(2, "b", None)]


def test_rows_say_of_which_document_they_are() -> None:
    """A file may hold several."""
    documents = [{"docType": f"d{n}", "fields": {"No": {"type": "string", "content": f"{n}"}}} for n in (1, 2)]
    assert [(row.form, row.text) for row in rows(documents=documents)] == [(1, "1"), (2, "2")]


# --- where it stands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regions", "page", "box"),
    [
        ([region(2)], 2, POLYGON),
        ([region(2), region(1)], 2, POLYGON),
        ([{"pageNumber": 2, "boundingBox": POLYGON}], 2, POLYGON),
        ([{"pageNumber": 2}], 2, None),
        ([{"pageNumber": 2, "polygon": []}], 2, None),
        ([{"pageNumber": 2, "polygon": [1, "NaN"]}], 2, None),
        ([{"pageNumber": 2, "polygon": [0, 1, True]}], 2, None),
        ([{"pageNumber": "2", "polygon": POLYGON}], None, POLYGON),
        ([], None, None),
        (None, None, None),
    ],
)
def test_a_place_is_the_first_region(regions: object, page: int | None, box: list[float] | None) -> None:
    """Office files have none; the first previews called the polygon a bounding box."""
    row = field(type="string", content="x", boundingRegions=regions)
    assert (row.page, row.bounding_box) == (page, None if box is None else tuple(map(float, box)))


def test_a_page_may_have_no_unit() -> None:
    """Office files have none."""
    (row,) = rows(
        pages=[{"pageNumber": 1, "spans": []}],
        keyValuePairs=[{"value": {"content": "x", "boundingRegions": [region()]}}],
    )
    assert (row.page, row.unit) == (1, None)


# --- confidences ---------------------------------------------------------------------------------------------------

WORDS = [word(0.9, 0), word(0.7, 5), word(None, 10), word("NaN", 15), word(0.8, 20)]


@pytest.mark.parametrize(
    ("spans", "lowest"),
    [
        ([span(0, 4)], 0.9),
        ([span(0, 9)], 0.7),
        ([span(0, 24)], 0.7),
        ([span(0, 4), span(20, 4)], 0.8),
        ([span(20, 4), span(0, 4)], 0.8),
        ([span(0, 2)], 0.9),
        ([span(2, 2)], 0.9),
        ([span(2, 4)], 0.7),
        ([span(4, 1)], None),
        ([span(0, 5)], 0.9),
        ([span(9, 10)], None),
        ([span(25, 1)], 0.5),
        ([span(31, 4)], 0.2),
        ([span(100, 9)], None),
        ([span(2, 0)], None),
        ([span(0, 0)], None),
        ([span(0, 2**31 - 1)], 0.2),
        ([{"offset": 0}, {"length": 4}, {}, span(-1, 4), {"offset": "0", "length": 4}], None),
        ([{"offset": 0.0, "length": 4.0}], 0.9),
        ([], None),
        (None, None),
    ],
)
@pytest.mark.parametrize("in_order", [True, False])
def test_read_confidence_is_the_lowest_of_the_words_in_the_spans(
    spans: object,
    lowest: float | None,
    in_order: bool,  # noqa: FBT001
) -> None:
    """Of words and selection marks, also where pages or words are not written in the order of the text."""
    pages = [
        page_read(*(WORDS if in_order else reversed(WORDS)), selectionMarks=[word(0.5, 25, 1, state="selected")]),
        page_read(word(0.2, 30), number=2),
    ]
    (row,) = rows(
        pages=pages if in_order else pages[::-1],
        documents=[{"fields": {"It": {"type": "string", "content": "x", "spans": spans}}}],
    )
    assert row.read_confidence == lowest


@pytest.mark.parametrize("unit", ["textElements", "unicodeCodePoint", "utf16CodeUnit"])
def test_spans_may_count_in_any_unit(unit: str) -> None:
    """A rocket is one or two of them; the words' spans count as the values' do, and the text is not asked."""
    after = 3 if unit == "utf16CodeUnit" else 2
    (row,) = rows(
        stringIndexType=unit,
        content="🚀 go",
        pages=[page_read(word(0.1, 0, after - 1), word(0.9, after, 2))],
        keyValuePairs=[{"value": {"content": "go", "spans": [span(after, 2)]}}],
    )
    assert row.read_confidence == 0.9


@pytest.mark.parametrize("written", ["NaN", "Infinity", math.nan, math.inf, -math.inf, True, None, 10**400, [1], {}])
def test_an_odd_number_is_absent_and_the_rest_is_read(written: object) -> None:
    """One number that is none does not cost a paid result."""
    found = {"type": "number", "content": "20", "confidence": written, "valueNumber": written, "spans": [span(0, 4)]}
    money = {"type": "currency", "content": "20", "valueCurrency": {"amount": written}}
    for row in rows(pages=[page_read(word(written, 0))], documents=[{"fields": {"A": found, "B": money}}]):
        assert (row.text, row.confidence, row.number, row.read_confidence) == ("20", None, None, None)


# --- the whole result ----------------------------------------------------------------------------------------------


def whole_result() -> dict[str, Any]:
    """One of everything, and lists that no row is made of."""
    value = {"content": "Zoë ﬁ 東京 🚀", "spans": [span(0, 4)], "boundingRegions": [region(4)]}
    return {
        "pages": [page_read(word(0.4, 0), number=4), page_read(word(0.3, 5), number=7, unit="pixel")],
        "tables": [{"cells": [cell(0, 0, "c", spans=[span(5, 4)], boundingRegions=[region(7)])]}],
        "keyValuePairs": [{"key": {"content": "K"}, "value": value}],
        "documents": [{"docType": "d", "fields": {"F": {"type": "string", "content": "f"}}}],
        "warnings": [{"code": "W", "message": "Page 5 is skewed.", "target": "5"}, {"code": None}],
        "paragraphs": [{"content": "p", "role": "title"}, 5],
        "sections": [{"elements": ["/paragraphs/0"]}],
    }


@pytest.mark.parametrize("order", list(itertools.permutations(LISTS)))
def test_the_lists_may_stand_in_any_order(order: tuple[str, ...]) -> None:
    """Pages, problems, then the form: pairs, cells, and last its fields."""
    whole = whole_result()
    parts = list(read(result(**{name: whole[name] for name in [*order, "paragraphs", "sections"]})))
    assert parts[:5] == [Page(4), Page(7), Problem("W", "Page 5 is skewed."), Problem("", ""), Form(1, "d")]
    assert [(row.kind, row.page, row.unit, row.read_confidence) for row in parts[5:] if isinstance(row, Row)] == [
        ("keyValue", 4, "inch", 0.4),
        ("cell", 7, "pixel", 0.3),
        ("field", None, None, None),
    ]


@pytest.mark.parametrize("absent", LISTS)
@pytest.mark.parametrize("null", [True, False])
def test_a_list_may_be_null_or_missing(absent: str, null: bool) -> None:  # noqa: FBT001
    """A layout has no documents, a read no tables."""
    whole = whole_result()
    without = {name: value for name, value in whole.items() if name != absent} | ({absent: None} if null else {})
    assert list(read(result(**without))) == list(read(result(**{**whole, absent: []})))


def test_an_error_beside_the_result_is_a_problem() -> None:
    """REST v3 and v4 have a place for it there."""
    told = {"error": {"code": "Partial", "message": "Page 2 was not read."}, "analyzeResult": {"pages": []}}
    assert list(read(io.BytesIO(json.dumps(told).encode()))) == [Problem("Partial", "Page 2 was not read."), Form(1)]


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"version": "2.1.0", "pageResults": [{"keyValuePairs": [{"value": {"text": "two"}}]}]}, "two"),
        ({"apiVersion": "2022-08-31", "keyValuePairs": [{"value": {"content": "three"}}]}, "three"),
        ({"keyValuePairs": [{"value": {"content": "three"}}]}, "three"),
        ({"apiVersion": "2099-01-01", "pages": [], "keyValuePairs": [{"value": {"content": "later"}}]}, "later"),
        ({"version": "3.0.0", "readResults": [], "pageResults": [{"keyValuePairs": [{"value": {"text": "t"}}]}]}, "t"),
        ({"version": "2.1.0", "errors": [], "documentResults": [{"fields": {"A": {"text": "two"}}}]}, "two"),
        ({"apiVersion": "x", "errors": [], "documents": [{"fields": {"A": {"content": "three"}}}]}, "three"),
    ],
)
def test_the_shape_tells_the_version(told: dict[str, Any], text: str) -> None:
    """Not what the result calls itself."""
    assert [row.text for row in flatten(io.BytesIO(json.dumps({"analyzeResult": told}).encode()))] == [text]


def test_half_a_surrogate_pair_is_replaced() -> None:
    """Also in parts of values."""
    assert field(type="selectionGroup", valueSelectionGroup=["a\ud800"]).value == "a\ufffd"
    assert field(type="address", valueAddress={"city": "\udc00b"}).value == "\ufffdb"


# --- what is not a result ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lists",
    [
        {"pages": {}},
        {"pages": [None]},
        {"pages": [{"words": {}}]},
        {"pages": [{"words": [1]}]},
        {"pages": [{"words": [{"confidence": 1, "span": []}]}]},
        {"keyValuePairs": "x"},
        {"keyValuePairs": [{"value": []}]},
        {"keyValuePairs": [{"value": {"content": 5}}]},
        {"keyValuePairs": [{"value": {"spans": {}}}]},
        {"keyValuePairs": [{"value": {"spans": [5]}}]},
        {"keyValuePairs": [{"value": {"boundingRegions": [5]}}]},
        {"tables": [{"cells": [{"rowIndex": 0, "content": "no column"}]}]},
        {"documents": [{"fields": []}]},
        {"documents": [{"fields": {"A": "text"}}]},
        {"warnings": [{"message": {}}]},
    ],
)
def test_a_wrong_shape_is_malformed(lists: dict[str, Any]) -> None:
    """Never a KeyError or a TypeError, and never a guess."""
    with pytest.raises(MalformedResult):
        list(read(result(**lists)))


@pytest.mark.parametrize(
    "typed",
    [
        {"type": "boolean", "valueBoolean": "true"},
        {"type": "selectionGroup", "valueSelectionGroup": [1]},
        {"type": "currency", "valueCurrency": 5},
        {"type": "address", "valueAddress": "x"},
        {"type": "address", "valueAddress": {"city": 5}},
        {"type": "string", "valueString": 5},
        {"type": "number", "valueNumber": "5"},
        {"type": "integer", "valueInteger": True},
    ],
)
def test_a_value_that_is_not_what_its_type_promises_is_left_to_its_text(typed: dict[str, Any]) -> None:
    """One odd value does not spoil a result that was paid for."""
    (row,) = fields(A={**typed, "content": "as it stands"})
    assert (row.text, row.type, row.value, row.number) == ("as it stands", typed["type"], None, None)


def test_a_result_may_have_no_lists_at_all() -> None:
    """Its version is enough to tell that it is one."""
    for version in ({"apiVersion": "2024-11-30"}, {"version": "2.1.0"}):
        empty = io.BytesIO(json.dumps({"status": "succeeded", "analyzeResult": version}).encode())
        assert list(read(empty)) == [Form(1)]


def test_a_file_cut_short_is_malformed_before_anything_is_yielded() -> None:
    """At whatever byte it is cut; nobody stores half a result."""
    whole = json.dumps({"analyzeResult": whole_result()}, ensure_ascii=False).encode()
    for length in range(len(whole)):
        with pytest.raises(MalformedResult):
            next(read(io.BytesIO(whole[:length])))


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("NaN")
NAMES = st.sampled_from(
    [
        *("pageNumber", "unit", "words", "selectionMarks", "span", "offset", "length", "confidence", "key", "value"),
        *("content", "spans", "boundingRegions", "polygon", "boundingBox", "cells", "kind", "rowIndex", "columnIndex"),
        *("rowSpan", "columnSpan", "fields", "docType", "type", "valueNumber", "valueString", "valueArray"),
        *("valueObject", "valueCurrency", "amount", "currencyCode", "valueAddress", "city", "valueBoolean"),
        *("valueSelectionGroup", "code", "message"),
    ],
)
ANYTHING = st.recursive(
    SCALARS | st.sampled_from([*TYPES, "array", "object", "columnHeader"]) | st.sampled_from([0, 1, 2]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
EXTENTS = st.fixed_dictionaries({"offset": st.integers(-1, 2**31), "length": st.integers(0, 2**31)})
WORDS_ANYWHERE = st.lists(st.fixed_dictionaries({"confidence": SCALARS, "span": EXTENTS}), max_size=5)
PAGES = st.lists(st.fixed_dictionaries({"words": WORDS_ANYWHERE, "selectionMarks": WORDS_ANYWHERE}), max_size=3)
VALUE = st.fixed_dictionaries({"spans": st.lists(EXTENTS, max_size=3)})


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys([*LISTS, "pageResults", "errors"], ANYTHING | st.lists(ANYTHING, max_size=2))
    )
)
def test_any_json_becomes_finite_rows_or_is_malformed(lists: dict[str, Any]) -> None:
    """Nothing else is ever raised, and no number that a table could not hold comes out."""
    try:
        parts = list(read(result(**lists)))
    except MalformedResult:
        return
    for row in (part for part in parts if isinstance(part, Row)):
        numbers = [row.confidence, row.read_confidence, row.number, *(row.bounding_box or ())]
        assert all(value is None or (type(value) is float and math.isfinite(value)) for value in numbers)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 100)), max_size=20),
    st.lists(st.tuples(st.integers(0, 160), st.integers(0, 30)), max_size=3),
    st.randoms(),
    st.integers(1, 7),
)
def test_the_lowest_confidence_is_what_a_search_of_all_words_finds(
    texts: list[tuple[int, int, int]], spans: list[tuple[int, int]], dice: Random, a_page: int
) -> None:
    """Whatever the order of words and pages: every word that shares a character with a span, and no other."""
    found, start = [], 0
    for gap, length, percent in texts:
        start += gap
        found.append((start, start + length, percent / 100))
        start += length
    expected = [sure for first, end, sure in found for at, size in spans if size and first < at + size and at < end]
    dice.shuffle(found)
    words = [word(sure, first, end - first) for first, end, sure in found]
    pages = [page_read(*words[first : first + a_page]) for first in range(0, len(words), a_page)]
    value = {"spans": [span(at, size) for at, size in spans]}
    (row,) = rows(pages=pages, keyValuePairs=[{"value": value}])
    assert row.read_confidence == min(expected, default=None)


@settings(deadline=None)
@given(PAGES, VALUE)
def test_words_may_overlap_and_spans_be_huge(pages: list[dict[str, Any]], value: dict[str, Any]) -> None:
    """Nothing the service promises; a confidence of one of the words comes out, or none."""
    (row,) = rows(pages=pages, keyValuePairs=[{"value": value}])
    found = [one["confidence"] for page in pages for name in ("words", "selectionMarks") for one in page[name]]
    assert row.read_confidence is None or row.read_confidence in found
