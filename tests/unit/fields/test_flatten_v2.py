"""What each shape that REST v2.0 and v2.1 return becomes."""

from __future__ import annotations

import io
import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import MalformedResult
from shared.fields import Form, Page, Problem, Row, flatten, read

BOX = [0.5, 1, 2.5, 1, 2.5, 2, 0.5, 2]
LISTS = ("readResults", "pageResults", "documentResults", "errors")


def result(**lists: object) -> io.BytesIO:
    """A finished analysis with these members of `analyzeResult`."""
    return io.BytesIO(json.dumps({"status": "succeeded", "analyzeResult": {"version": "2.1.0", **lists}}).encode())


def rows(**lists: object) -> list[Row]:
    """The rows of a result with these members."""
    return list(flatten(result(**{"readResults": [], **lists})))


def page_read(*confidences: float | str | None, page: int = 1, unit: str = "inch") -> dict[str, Any]:
    """A page with one line of words as sure as `confidences`; a None word has no confidence."""
    words = [{"text": "w"} if value is None else {"text": "w", "confidence": value} for value in confidences]
    return {"page": page, "unit": unit, "lines": [{"text": "line", "words": words}]}


def words(*places: int, page: int = 0, line: int = 0) -> list[str]:
    """Pointers to words."""
    return [f"#/readResults/{page}/lines/{line}/words/{place}" for place in places]


def fields(**values: object) -> list[Row]:
    """The rows of one document with these fields."""
    return rows(documentResults=[{"docType": "custom:form", "pageRange": [1, 1], "fields": values}])


def pair(**members: object) -> Row:
    """The row of one key-value pair on page 1."""
    (row,) = rows(pageResults=[{"page": 1, "keyValuePairs": [members]}])
    return row


def cells(*found: dict[str, Any]) -> list[Row]:
    """The rows of one table."""
    return rows(pageResults=[{"page": 1, "tables": [{"rows": 9, "columns": 9, "cells": list(found)}]}])


def cell(row: int, column: int, text: str | None, **members: object) -> dict[str, Any]:
    """A cell as the service writes it."""
    return {"rowIndex": row, "columnIndex": column, "text": text, **members}


# --- pairs ---------------------------------------------------------------------------------------------------------


def test_a_pair_takes_its_place_and_both_confidences_from_its_value() -> None:
    """The pair's own confidence is the extraction's; the lowest of the value's words is the reading's."""
    value = {"text": "9 May", "boundingBox": BOX, "elements": words(1, 2)}
    found = {"key": {"text": "Date:", "elements": words(0)}, "value": value, "confidence": 0.53}
    (row,) = rows(
        readResults=[page_read(0.1, 0.97, 0.92, unit="pixel")],
        pageResults=[{"page": 1, "keyValuePairs": [found]}],
    )
    assert row == Row(
        form=1,
        kind="keyValue",
        name="Date:",
        text="9 May",
        confidence=0.53,
        read_confidence=0.92,
        page=1,
        bounding_box=tuple(map(float, BOX)),
        unit="pixel",
        top_level=True,
    )


@pytest.mark.parametrize("absent", [{}, {"value": None}])
def test_a_pair_without_a_value_is_a_row_without_text(absent: dict[str, None]) -> None:
    """`value` may be missing."""
    assert (pair(key={"text": "Date:"}, **absent).name, pair(key={"text": "Date:"}, **absent).text) == ("Date:", None)


@pytest.mark.parametrize("key", [{}, {"key": None}, {"key": {"text": None}}, {"key": {"text": ""}}])
def test_a_pair_without_a_key_has_an_empty_name(key: dict[str, Any]) -> None:
    """The name is empty, the text stands."""
    assert (pair(**key, value={"text": "1 Main St"}).name, pair(**key, value={"text": "x"}).text) == ("", "x")


def test_equal_and_made_up_keys_are_kept() -> None:
    """Keys are not unique on a page, and `__Tokens__1` stands for none."""
    pairs = [{"key": {"text": key}, "value": {"text": text}} for key, text in (("No", "1"), ("No", "2"))]
    pairs.append({"key": {"text": "__Tokens__1"}, "value": {"text": "3"}})
    found = rows(pageResults=[{"page": 1, "keyValuePairs": pairs}])
    assert [(row.name, row.text) for row in found] == [("No", "1"), ("No", "2"), ("__Tokens__1", "3")]


# --- cells ---------------------------------------------------------------------------------------------------------


def test_a_cell_is_named_by_the_headers_over_its_column() -> None:
    """Header rows are joined from top to bottom; a header that spans columns covers them all."""
    found = cells(
        cell(1, 0, "Net", isHeader=True),
        cell(1, 1, "Gross", isHeader=True),
        cell(0, 0, "Price", isHeader=True, columnSpan=2),
        cell(0, 2, "Qty", isHeader=True, rowSpan=2),
        cell(2, 0, "10"),
        cell(2, 1, "12"),
        cell(2, 2, "3"),
        cell(2, 3, "?"),
    )
    names = [(row.name, row.header) for row in found[4:]]
    assert names == [("Price Net", "Price Net"), ("Price Gross", "Price Gross"), ("Qty", "Qty"), ("column 4", None)]
    assert [row.is_header for row in found] == [True] * 4 + [False] * 4
    assert (found[2].name, found[2].column_span, found[2].row_span) == ("Price Net", 2, 1)


def test_a_header_without_text_names_nothing() -> None:
    """An empty header leaves the column its number."""
    assert [row.name for row in cells(cell(0, 0, "", isHeader=True), cell(1, 0, "x"))] == ["column 1", "column 1"]


def test_a_header_may_span_more_columns_than_there_are() -> None:
    """A span is a claim, not an amount of work."""
    wide = cells(cell(0, 0, "All", isHeader=True, columnSpan=2**31 - 1), cell(1, 5, "x"))
    assert [row.name for row in wide] == ["All", "All"]


@pytest.mark.parametrize("text", [None, ""])
def test_a_cell_text_may_be_null_or_empty(text: str | None) -> None:
    """Both happen; the cell is a row all the same."""
    assert [row.text for row in cells(cell(0, 0, text))] == [text]


def test_absent_spans_are_one() -> None:
    """`rowSpan` and `columnSpan` are written only when they are more."""
    (row,) = cells(cell(0, 0, "x"))
    assert (row.row_span, row.column_span) == (1, 1)


def test_tables_are_counted_through_the_file() -> None:
    """The second page's table is table 1, so that page is not needed to tell two tables apart."""
    pages = [{"page": page, "tables": [{"cells": [cell(0, 0, "x")]}]} for page in (1, 2)]
    assert [(row.page, row.table) for row in rows(pageResults=pages)] == [(1, 0), (2, 1)]


# --- fields --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "number"),
    [
        ({"type": "string", "valueString": "WDL", "text": "LIC#WDL"}, "WDL", None),
        ({"type": "date", "valueDate": "2020-09-10", "text": "9/10/2020"}, "2020-09-10", None),
        ({"type": "time", "valueTime": "13:59:00", "text": "1:59 PM"}, "13:59:00", None),
        ({"type": "phoneNumber", "valuePhoneNumber": "+19876543210", "text": "987-654-3210"}, "+19876543210", None),
        ({"type": "selectionMark", "valueSelectionMark": "selected", "text": "selected"}, "selected", None),
        ({"type": "countryRegion", "valueCountryRegion": "USA", "text": "US"}, "USA", None),
        ({"type": "number", "valueNumber": 1, "text": "1"}, None, 1.0),
        ({"type": "number", "valueNumber": 14.5, "text": "$14.50"}, None, 14.5),
        ({"type": "integer", "valueInteger": 3, "text": "3"}, None, 3.0),
        ({"type": "number", "text": "20"}, None, None),
        ({"type": "phoneNumber", "text": "987"}, None, None),
        ({"type": "selectionMark", "text": "selected"}, None, None),
        ({"type": "date", "text": "2026-25-07"}, None, None),
        ({"type": "string", "text": "x", "valueString": None}, None, None),
        ({"type": "something new", "text": "x"}, None, None),
    ],
)
def test_a_field_keeps_its_text_and_what_the_service_made_of_it(
    field: dict[str, Any], value: str | None, number: float | None
) -> None:
    """Typed values may be missing: then the text alone remains, a wrong date too."""
    (row,) = fields(It=field)
    assert (row.text, row.type, row.value, row.number) == (field["text"], field["type"], value, number)
    assert row.number is None or type(row.number) is float


def test_a_labelled_field_that_was_not_found_is_a_row_with_only_its_name() -> None:
    """It is null in the result."""
    assert fields(Total=None) == [Row(form=1, kind="field", name="Total", top_level=True)]


def test_an_inferred_field_has_no_place_on_the_page() -> None:
    """`page`, `boundingBox` and `text` are missing on values such as ReceiptType."""
    (row,) = fields(ReceiptType={"type": "string", "valueString": "Itemized", "confidence": 0.99})
    assert row == Row(1, "field", "ReceiptType", type="string", value="Itemized", confidence=0.99, top_level=True)


def test_nested_values_are_named_by_their_path() -> None:
    """Arrays and objects become their leaves, in order; a null inside them is a row too."""
    item = {"type": "object", "valueObject": {"Amount": {"type": "number", "valueNumber": 2}, "Name": None}}
    grid = {"type": "array", "valueArray": [{"type": "array", "valueArray": [{"type": "string", "text": "x"}]}]}
    found = fields(Items={"type": "array", "valueArray": [item, None]}, Grid=grid, After={"type": "string"})
    names = ["Items[0].Amount", "Items[0].Name", "Items[1]", "Grid[0][0]", "After"]
    assert [row.name for row in found] == names
    assert [row.top_level for row in found] == [False, False, False, False, True]


@pytest.mark.parametrize(
    "empty",
    [
        {"type": "array", "valueArray": []},
        {"type": "array", "valueArray": None},
        {"type": "array"},
        {"type": "object", "valueObject": {}},
        {"type": "object"},
    ],
)
def test_an_empty_array_or_object_makes_no_row(empty: dict[str, Any]) -> None:
    """There is nothing to show of it."""
    assert fields(Items=empty) == []


@pytest.mark.parametrize("missing", [{}, {"fields": None}, {"fields": {}}])
def test_a_document_without_fields_is_a_form_without_rows(missing: dict[str, Any]) -> None:
    """A blank receipt has no `fields`."""
    document = {"docType": "prebuilt:receipt", "pageRange": [1, 2], "docTypeConfidence": 0.9, **missing}
    parts = list(read(result(documentResults=[document])))
    assert parts == [Form(1, "prebuilt:receipt", 0.9)]


def test_several_documents_are_several_forms() -> None:
    """A file may hold more than one; pairs belong to the first; each form precedes its rows."""
    documents = [{"docType": f"d{n}", "fields": {"No": {"type": "string", "text": f"{n}"}}} for n in (1, 2, 3)]
    pages = [{"page": 1, "keyValuePairs": [{"key": {"text": "K"}, "value": {"text": "v"}}]}]
    parts = list(read(result(readResults=[page_read()], pageResults=pages, documentResults=documents)))
    told = [(part.number, part.document_type) if isinstance(part, Form) else part.form for part in parts[1:]]  # type: ignore[union-attr]
    assert told == [(1, "d1"), 1, 1, (2, "d2"), 2, (3, "d3"), 3]


# --- confidences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["NaN", "Infinity", math.nan, math.inf, -math.inf, True, None, 10**400])
def test_a_confidence_that_is_no_finite_number_is_absent(written: object) -> None:
    """The service writes "NaN" on blank pages; JSON written by others may hold worse."""
    field = {"type": "number", "text": "x", "confidence": written, "valueNumber": written, "elements": words(0)}
    document = {"fields": {"It": field}}
    (row,) = rows(readResults=[page_read(written)], documentResults=[document])  # type: ignore[arg-type]
    assert (row.confidence, row.number, row.read_confidence) == (None, None, None)


@pytest.mark.parametrize(
    ("elements", "lowest"),
    [
        (words(0, 1), 0.7),
        (words(0), 0.9),
        (words(2), None),
        (words(0, 2), 0.9),
        (["#/readResults/0/selectionMarks/1"], 0.6),
        (["#/analyzeResult/readResults/0/lines/0/words/1"], 0.7),
        (words(0, page=1), 0.2),
        ([*words(0, page=2), *words(0, line=1), *words(9), "#/readResults/0/selectionMarks/2"], None),
        (
            [
                *words(0),
                "",
                "nonsense",
                "#/readResults/-1/lines/0/words/0",
                f"#/readResults/{'9' * 5000}/lines/0/words/0",
                7,
                None,
            ],
            0.9,
        ),
        ([], None),
        (None, None),
        ("#/readResults/0/lines/0/words/0", None),
        ({"0": 1}, None),
    ],
)
def test_read_confidence_is_the_lowest_of_the_words_that_are_there(elements: object, lowest: float | None) -> None:
    """Pointers are never trusted; v2.0 words may have no confidence."""
    first = page_read(0.9, 0.7, None) | {"selectionMarks": [{"confidence": 0.5}, {"confidence": 0.6}]}
    found = {"key": {"text": "K"}, "value": {"text": "v", "elements": elements}}
    (row,) = rows(
        readResults=[first, page_read(0.2, page=2)],
        pageResults=[{"page": 1, "keyValuePairs": [found]}],
    )
    assert row.read_confidence == lowest


def test_a_pointer_does_not_run_on_into_the_next_line() -> None:
    """Line 0 has one word; its second word is not line 1's first."""
    page = {"page": 1, "lines": [{"words": [{"confidence": 0.9}]}, {"words": [{"confidence": 0.1}]}]}
    pairs = [{"value": {"elements": words(1)}}, {"value": {"elements": words(0, line=1)}}]
    found = rows(readResults=[page], pageResults=[{"page": 1, "keyValuePairs": pairs}])
    assert [row.read_confidence for row in found] == [None, 0.1]


# --- the whole result ----------------------------------------------------------------------------------------------


def whole_result() -> dict[str, Any]:
    """One of everything, on two pages that stand at another index than their number."""
    pairs = [{"key": {"text": "K"}, "value": {"text": "Zoë ﬁ 東京 🚀", "elements": words(0)}, "confidence": 0.5}]
    pages = [
        {"page": page, "keyValuePairs": pairs, "tables": [{"cells": [cell(0, 0, f"cell {page}")]}]} for page in (4, 7)
    ]
    document = {"docType": "custom:form", "fields": {"F": {"type": "string", "text": "f", "page": 7}}}
    return {
        "readResults": [page_read(0.4, page=4), page_read(0.3, page=7, unit="pixel")],
        "pageResults": pages,
        "documentResults": [document],
        "errors": [{"code": "2005", "message": "Unable to read page 5."}, {"code": None}],
    }


def test_parts_come_in_reading_order() -> None:
    """Pages, problems, then the form: pairs and cells page by page, fields last."""
    parts = list(read(result(**whole_result())))
    assert parts[:5] == [
        Page(4),
        Page(7),
        Problem("2005", "Unable to read page 5."),
        Problem("", ""),
        Form(1, "custom:form"),
    ]
    places = [(row.kind, row.page, row.unit) for row in parts[5:] if isinstance(row, Row)]
    assert places == [
        ("keyValue", 4, "inch"),
        ("cell", 4, "inch"),
        ("keyValue", 7, "pixel"),
        ("cell", 7, "pixel"),
        ("field", 7, "pixel"),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(LISTS)))
def test_the_lists_may_stand_in_any_order(order: tuple[str, ...]) -> None:
    """The parts are the same, in the same order, and words are found before they are read."""
    whole = whole_result()
    expected = list(read(result(**whole)))
    assert list(read(result(**{name: whole[name] for name in order}))) == expected
    assert any(isinstance(part, Row) and part.read_confidence == 0.4 for part in expected)


@pytest.mark.parametrize("absent", LISTS)
@pytest.mark.parametrize("null", [True, False])
def test_a_list_may_be_null_or_missing(absent: str, null: bool) -> None:  # noqa: FBT001
    """A failed analysis has only errors; a layout has no documents; a receipt no page results."""
    whole = whole_result()
    without = {name: value for name, value in whole.items() if name != absent} | ({absent: None} if null else {})
    assert list(read(result(**without))) == list(read(result(**{**whole, absent: []})))


def test_white_space_and_a_byte_order_mark_mean_nothing() -> None:
    """The same result, written by other hands."""
    written = json.dumps({"analyzeResult": whole_result()}, indent=4, ensure_ascii=False)
    marked = io.BytesIO(b"\xef\xbb\xbf" + written.replace("\n", " \r\n\t").encode() + b" \n")
    assert list(read(marked)) == list(read(result(**whole_result())))


def test_half_a_surrogate_pair_is_replaced() -> None:
    """JSON can hold one, UTF-8 cannot: it would fail when it is stored."""
    assert pair(key={"text": "a\ud800"}, value={"text": "\udc00b 🚀"}).name == "a\ufffd"
    assert pair(key={}, value={"text": "\udc00b 🚀"}).text == "\ufffdb 🚀"
    assert [row.name for row in fields(**{"\ud800": None})] == ["\ufffd"]


# --- what is not a result ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[]",
        '"x"',
        "{",
        "{}",
        "{1: 2}",
        '{"analyzeResult": null}',
        '{"analyzeResult": []}',
        '{"analyzeResult": {}}',
        '{"analyzeResult": {"readResults": []}} x',
        '{"analyzeResult": {"readResults": []}',
        '{"analyzeResult": {"readResults": [{"page": 1}}}',
        '{"analyzeResult": {"readResults": [,]}}',
        '{"analyzeResult": {"readResults": []} "status": 1}',
        '{"analyzeResult": {"readResults": [' + "[" * 100_000,
        '{"analyzeResult": {"readResults": [' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "]}}",
        '{"status": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_not_a_result_is_malformed(text: str) -> None:
    """One error class, whatever is wrong with it."""
    with pytest.raises(MalformedResult):
        list(read(io.BytesIO(text.encode())))


@pytest.mark.parametrize(
    "lists",
    [
        {"readResults": {}},
        {"readResults": [None]},
        {"readResults": [[]]},
        {"readResults": [{"lines": {}}]},
        {"readResults": [{"lines": [{"words": [1]}]}]},
        {"pageResults": "x"},
        {"pageResults": [{"keyValuePairs": {}}]},
        {"pageResults": [{"keyValuePairs": [{"value": []}]}]},
        {"pageResults": [{"keyValuePairs": [{"value": {"text": 5}}]}]},
        {"pageResults": [{"keyValuePairs": [{"value": {"boundingBox": "0 0"}}]}]},
        {"pageResults": [{"tables": [{"cells": [{"rowIndex": 0, "text": "no column"}]}]}]},
        {"pageResults": [{"tables": [{"cells": [{"rowIndex": "0", "columnIndex": 0}]}]}]},
        {"documentResults": [{"fields": []}]},
        {"documentResults": [{"fields": {"A": "text"}}]},
        {"documentResults": [{"fields": {"A": {"type": "array", "valueArray": {}}}}]},
        {"documentResults": [{"fields": {"A": {"type": ["array"]}}}]},
        {"errors": [{"message": {}}]},
    ],
)
def test_a_wrong_shape_is_malformed(lists: dict[str, Any]) -> None:
    """Never a KeyError or a TypeError, and never a guess."""
    with pytest.raises(MalformedResult):
        list(read(result(**lists)))


@pytest.mark.parametrize("odd", ["0.98", "nan", "high", [1], {}, True, 1e400, None])
def test_an_odd_number_is_absent_and_the_rest_is_read(odd: object) -> None:
    """One number that is none does not cost a paid result."""
    field = {"type": "number", "text": "20", "valueNumber": odd, "confidence": odd, "page": odd}
    (row,) = rows(documentResults=[{"fields": {"A": field}}])

    assert (row.text, row.number, row.confidence, row.page) == ("20", None, None, None)


def test_the_message_does_not_hold_what_was_read() -> None:
    """Messages end in rows and logs; the document's content must not."""
    with pytest.raises(MalformedResult) as caught:
        pair(key={"text": "Name"}, value={"text": ["Jane Doe"]})
    assert str(caught.value) == "The result has not the documented shape: text should be a string."


def test_a_file_cut_short_is_malformed_before_anything_is_yielded() -> None:
    """At whatever byte it is cut; nobody stores half a result."""
    whole = json.dumps({"analyzeResult": whole_result()}, ensure_ascii=False).encode()
    for length in range(len(whole)):
        with pytest.raises(MalformedResult):
            next(read(io.BytesIO(whole[:length])))


def test_deeply_nested_fields_are_leaves_too() -> None:
    """A depth that the JSON reader takes is no trouble afterwards."""
    field: dict[str, Any] = {"type": "string", "text": "deep"}
    for _ in range(100):
        field = {"type": "object", "valueObject": {"a": {"type": "array", "valueArray": [field]}}}
    (row,) = fields(top=field)
    assert (row.name, row.text) == ("top" + ".a[0]" * 100, "deep")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("NaN")
NAMES = st.sampled_from(
    [
        *("page", "unit", "lines", "words", "selectionMarks", "confidence", "keyValuePairs", "key"),
        *("value", "text", "elements", "boundingBox", "tables", "cells", "rowIndex", "columnIndex"),
        *("rowSpan", "columnSpan", "isHeader", "fields", "docType", "docTypeConfidence", "pageRange", "type"),
        *("valueNumber", "valueString", "valueArray", "valueObject", "code", "message"),
    ],
)
TYPES = st.sampled_from(["string", "number", "integer", "date", "array", "object", "selectionMark"])
ANYTHING = st.recursive(
    SCALARS | TYPES | st.sampled_from([0, 1, 2]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
LISTS_OF_ANYTHING = st.fixed_dictionaries({}, optional=dict.fromkeys(LISTS, ANYTHING | st.lists(ANYTHING, max_size=2)))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(LISTS_OF_ANYTHING)
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
@given(st.binary(max_size=60), st.integers(min_value=0, max_value=400))
def test_any_bytes_are_a_result_or_malformed(junk: bytes, place: int) -> None:
    """Damage anywhere in a file."""
    whole = result(readResults=[page_read(0.5)], documentResults=[{"fields": {"A": None}}]).getvalue()
    damaged = whole[:place] + junk + whole[place + len(junk) :]
    try:
        list(read(io.BytesIO(damaged)))
    except MalformedResult:
        return
    assert json.loads(damaged)["analyzeResult"] is not None
