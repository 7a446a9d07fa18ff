"""What `--where` says, what storage is asked for, and which rows match."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from cli.query.conditions import Comparison, comparisons, parsed
from cli.query.matching import joined, matches, number_in, odata, unread
from tests.unit.expressions import COLUMNS, expressions, holds, rows_of


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        pytest.param(
            "Total > 100 and Customer = 'Contoso'",
            "((Total gt 100.0 or Total ge '') and Customer eq 'Contoso')",
            id="the one in the help",
        ),
        pytest.param("a='x'or b='y'and c='z'", "(a eq 'x' or (b eq 'y' and c eq 'z'))", id="and before or"),
        pytest.param("(a='x' or b='y') and c='z'", "((a eq 'x' or b eq 'y') and c eq 'z')", id="brackets"),
        pytest.param("not (a = 'x' and b < 'y')", "(a ne 'x' or b ge 'y')", id="not turns the signs"),
        pytest.param("not (a = 'x' or b > 'y')", "(a ne 'x' and b le 'y')", id="not makes an and of an or"),
        pytest.param("NOT NOT a <> 'x' AND b == 'y'", "(a ne 'x' and b eq 'y')", id="other spellings"),
        pytest.param('"Order number" = "PO-1"', "Order_number eq 'PO-1'", id="a name as on the form"),
        pytest.param("'Customer''s no.' = 'x'", "Customer_s_no eq 'x'", id="a name in single quotes"),
        pytest.param('"2025 total" = "x"', "_2025_total eq 'x'", id="a name that begins with a digit"),
        pytest.param("Größe >= 'L'", "Größe ge 'L'", id="letters of all languages"),
        pytest.param("a = 'it''s'", "a eq 'it''s'", id="a doubled quote"),
        pytest.param('a = "say ""it\'s"""', "a eq 'say \"it''s\"'", id="the other quotes"),
        pytest.param("a = ''", "a eq ''", id="an empty text"),
        pytest.param("Paid = true", "Paid eq true", id="true"),
        pytest.param("not Paid = TRUE", "Paid eq false", id="not true"),
        pytest.param("Paid != false", "Paid eq true", id="not false"),
        pytest.param("Confidence < .5", "Confidence lt 0.5", id="a column of numbers only"),
        pytest.param("FieldsLeftOut > 0", "FieldsLeftOut gt 0", id="a column of whole numbers"),
        pytest.param("a = -12.50", "(a eq -12.50 or a ge '')", id="a negative number"),
        pytest.param(
            "Timestamp >= '2026-01-31T08:30+01:00'",
            "Timestamp ge datetime'2026-01-31T07:30:00.000000Z'",
            id="a time",
        ),
    ],
)
def test_an_expression_becomes_one_filter(text: str, filter_: str) -> None:
    """With the words, the brackets and the constants that storage knows."""
    assert odata(parsed(text), "Records") == filter_


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("", "at its end", "a column was expected"),
        ("Total >", "at its end", "a value was expected"),
        ("Total > > 5", "at character 9 (> 5)", "a value was expected"),
        ("Order number = 5", "at character 7", 'stands in quotes: "Order number"'),
        ("Total = Contoso", "at character 9", "a text stands in quotes: 'Contoso'"),
        ("Total > 1,234", "at character 10 (,234)", "this can't be read; a number is written 1234."),
        ("Total > 10,000.50", "at character 11 (,000.50)", "a number is written 10000.50."),
        ("Total > -1.234,5", "at character 15 (,5)", "a number is written -1234.5."),
        ("a = 1 , b = 2", "at character 7 (, b = 2)", "this can't be read."),
        (" or ".join(["a=1"] * 3000), "at character 1401", "more than 200 comparisons; ask in several queries"),
        ("(a=1", "at its end", "`)` was expected"),
        ("a=1)", "at character 4", "the end was expected"),
        ("a='x", "at character 3", "this quote has no end"),
        ("a=1 b=2", "at character 5", "`and`, `or` or the end was expected"),
        ("Paid > true", "at character 8", "use = or !="),
        ("and = 1", "at character 1", "a column was expected"),
        ("'and' = 1", "at character 1", "can't compare a column called and"),
        ("Timestamp > 5", "at character 13", "such as '2026-01-31'"),
        ("a = 5x", "at character 5", "this can't be read"),
        ("a = 1e5", "at character 5", "this can't be read"),
        ("a=1;drop", "at character 4", "this can't be read"),
        ("a = '\udcff'", "at character 5", "this text is not UTF-8"),
        (f"a = {'9' * 400}", "at character 5", "no number in a table is as large"),
        ("(" * 60 + "a=1", "at character 52", "more than 50 brackets"),
        ("not " * 5000 + "a=1", "at character 205", "more than 50 brackets"),
    ],
)
def test_a_malformed_expression_is_told_with_its_place(text: str, place: str, sentence: str) -> None:
    """The first place that can't be understood, and what might stand there."""
    with pytest.raises(typer.BadParameter) as raised:
        parsed(text)

    assert str(raised.value).startswith(f"--where, {place}")
    assert sentence in str(raised.value)


@pytest.mark.parametrize("text", ["Page > 1.5", "Page = 3000000000", f"Page = {'9' * 40}"])
def test_a_whole_number_is_asked_for_where_only_such_can_be(text: str) -> None:
    """Azure compares a column of whole numbers with those only."""
    with pytest.raises(typer.BadParameter, match="Page holds whole numbers"):
        odata(parsed(text), "Fields")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from("'\""))
def test_any_text_in_quotes_is_that_text_and_nothing_else(value: str, quote: str) -> None:
    """Nothing in it ends the constant that storage is sent: without its doubled quotes it has none."""
    condition = parsed(f"a = {quote}{value.replace(quote, quote * 2)}{quote}")
    assert condition == Comparison("a", "=", value)

    sent = odata(condition, "Records")
    assert re.fullmatch(r"a eq '(?:[^']|'')*'", sent, re.DOTALL)
    assert sent[len("a eq '") : -1].replace("''", "'") == value


@given(st.text(min_size=1))
def test_whatever_is_typed_is_understood_or_told(text: str) -> None:
    """No other error; what is sent to storage is made of names, its own words and constants."""
    try:
        sent = odata(parsed(text), "Records")
    except typer.BadParameter:
        return
    constant = r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?|true|false|datetime'[-\d:T.]+Z'"
    bare = re.sub(rf"[^\W\d]\w* (?:eq|ne|lt|le|gt|ge) (?:{constant})", "_", sent)
    assert re.fullmatch(r"(?:_| and | or |[()])+", bare)


@given(expressions(), st.data())
def test_a_row_matches_as_in_sql(expression: tuple[str, Any], data: st.DataObject) -> None:
    """What is absent or of another kind is neither equal nor different: it is unknown, as is its opposite."""
    text, meaning = expression
    for row in data.draw(st.lists(rows_of(COLUMNS), min_size=3, max_size=10)):
        assert matches(parsed(text), row) == (holds(meaning, row) is True)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8,901.74", 8901.74),
        ("1.234,50", 1234.5),
        ("12,50", 12.5),
        ("12.5", 12.5),
        ("0.125", 0.125),
        ("0,125", 0.125),
        ("1234", 1234),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        ("-5", -5),
        ("$ 423.80", 423.8),
        ("12.50 \u20ac", 12.5),
        ("1 234,50", 1234.5),
        ("1,234", None),
        ("1.234", None),
        ("-1,234", None),
        ("1,23,4", None),
        ("12,345.67.8", None),
        ("PO-1", None),
        ("EUR 5", None),
        ("5 %", None),
        ("", None),
        ("-", None),
        ("\u0661\u0662", None),
        ("1e5", None),
    ],
)
def test_a_text_is_a_number_when_it_can_only_be_one(text: str, number: float | None) -> None:
    """Half of the world writes a thousand as the other half writes one."""
    assert number_in(text) == number


def test_as_many_comparisons_as_are_allowed_are_compared() -> None:
    """However they are joined; none is too deep."""
    for word, row in (("or", {"a": "199"}), ("and", {"a": "x"})):
        condition = parsed(f" {word} ".join(f"a {'=' if word == 'or' else '!='} '{number}'" for number in range(200)))
        assert matches(condition, row)
        assert odata(condition, "Records").count(" a ") + 1 == len(comparisons(condition)) == 200


def test_texts_that_are_no_numbers_are_told() -> None:
    """So that a person learns why a form is missing."""
    condition = parsed("Total > 5 or Name > 'a'")
    assert unread(condition, {"Total": "1,234", "Name": "b"}) == {"Total": "1,234"}
    assert not unread(condition, {"Total": "1.5"})
    assert not unread(condition, {"Total": 7.0})


def test_values_are_compared_in_their_own_kind() -> None:
    """A truth is no number, a number no text, and times are times."""
    assert matches(parsed("a = 1"), {"a": 1.0})
    assert not matches(parsed("a = 1"), {"a": True})
    assert not matches(parsed("a != 1"), {"a": True})
    assert not matches(parsed("a = '1'"), {"a": 1.0})
    assert matches(parsed("Timestamp < '2026-02-01'"), {"Timestamp": datetime(2026, 1, 31, tzinfo=UTC)})
    assert matches(parsed("a > '\ud7ff'"), {"a": "\U0001f600"})
    assert matches(parsed("a > '\U0001f600'"), {"a": "\uff5e"}), "by UTF-16 units, as storage does"


def test_storage_is_not_sent_more_comparisons_than_it_takes() -> None:
    """Fifteen; beyond that the rows of the place come, and are looked at here."""
    thirteen = " or ".join(f"a = '{number}'" for number in range(13))
    assert "a eq '12'" in joined("PartitionKey ge 'x' and PartitionKey lt 'y'", parsed(thirteen), "Records")

    fourteen = f"{thirteen} or b = 'x'"
    place = "PartitionKey ge 'x' and PartitionKey lt 'y'"
    assert joined(place, parsed(fourteen), "Records") == place
    assert joined("", None, "Records") == ""
    assert len(comparisons(parsed(fourteen))) == 14
    assert comparisons(parsed("a = 5"))[0].value == Decimal(5)
