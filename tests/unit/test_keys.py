"""The keys of documents and forms: legal for any name, readable, and never shared by two."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.storage.tables import quoted, record_key, table_key

ANY_CHARACTER = st.characters(exclude_categories=())
"""Every code point: astral ones, control characters and lone surrogates too."""

COLLIDING = st.sampled_from([*"/|!\\#?%'\"a2f0", "!2", "!2f", "!!", "\x00", "\x10", "\x7f", "\x80", "\x9f", "é", "😀"])
"""Pieces that a careless escape would confuse with each other."""

NAMES = st.one_of(
    st.text(ANY_CHARACTER),
    st.lists(COLLIDING).map("".join),
    st.builds(lambda piece, times: piece * times, st.text(ANY_CHARACTER, min_size=1, max_size=4), st.integers(1, 500)),
    st.builds(lambda times, tail: "!" * times + tail, st.integers(100, 200), st.text(ANY_CHARACTER, max_size=40)),
)
IMPOSTORS = st.sampled_from(
    [
        table_key,
        lambda name: name.replace("/", "|"),
        lambda name: name.replace("/", "!2f"),
        lambda name: name[:-1],
        lambda name: name + "!!0123456789abcdef",
        lambda name: name + "!2",
        lambda name: name + "\x02",
        lambda name: name.casefold(),
    ]
)
"""What turns a name into one whose key might be the same."""

ILLEGAL = re.compile(r"[/\\#?%\x00-\x1f\x7f-\x9f]")
ESCAPES = re.compile(r"(?:![0-9a-f]{2})+")
CUT = re.compile(r"(.*)!!([0-9a-f]{16})", re.DOTALL)


def utf16_units(text: str) -> int:
    """The length as Azure counts it, by encoding."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def read_back(key: str) -> str:
    """The name that an uncut key was made of."""
    unescaped = ESCAPES.sub(lambda found: bytes.fromhex(found[0].replace("!", "")).decode(), key.replace("|", "/"))
    assert "!" not in ESCAPES.sub("", key), f"an escape was cut in two: {key!r}"
    return unescaped


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("invoices/März 1.pdf", "invoices|März 1.pdf", id="folder, letters and spaces stay readable"),
        pytest.param("scan.pdf", "scan.pdf", id="a file at the root"),
        pytest.param("a/b/c", "a|b|c", id="every slash"),
        pytest.param("a|b", "a!7cb", id="a bar is not a slash"),
        pytest.param("a!b", "a!21b", id="the escape character itself"),
        pytest.param("#?%\\", "!23!3f!25!5c", id="what a key may not hold"),
        pytest.param("\x00\x1f\x7f", "!00!1f!7f", id="control characters of one byte"),
        pytest.param("\x80\x9f", "!c2!80!c2!9f", id="control characters of two bytes"),
        pytest.param("\xa0é😀", "\xa0é😀", id="other Unicode stays"),
        pytest.param("it's \"one\" & 'two'", "it's \"one\" & 'two'", id="quotes are legal"),
        pytest.param("x" * 400, "x" * 400, id="400 characters are not cut"),
        pytest.param("😀" * 200, "😀" * 200, id="an astral character counts as two"),
    ],
)
def test_a_key_is_the_name_with_only_what_must_be_escaped(name: str, key: str) -> None:
    """The form of a key is the one that is promised to those who query the tables."""
    assert table_key(name) == key


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("x" * 401, "x" * 380, id="plain"),
        pytest.param("x" + "😀" * 200, "x" + "😀" * 189, id="never within a surrogate pair"),
        pytest.param("x" + "!" * 400, "x" + "!21" * 126, id="never within an escape"),
        pytest.param("xy" + "\x80" * 400, "xy" + "!c2!80" * 63, id="never within a character's escape"),
    ],
)
def test_a_long_name_is_cut_near_380_and_ends_in_a_digest(name: str, kept: str) -> None:
    """What stays of a long name is whole characters, and `!!` with 16 hex digits says that it was cut."""
    found = CUT.fullmatch(table_key(name))
    assert found is not None
    assert found[1] == kept


@given(NAMES)
@example("")
@example("\ud800" * 500)
@example("é\x9f" * 300)
def test_every_key_is_legal_and_short_enough(name: str) -> None:
    """Azure takes the key of any name: its characters and its length."""
    key = table_key(name)
    assert not ILLEGAL.search(key)
    assert utf16_units(key) <= 400


@given(NAMES)
def test_a_key_reads_back_as_the_name_or_as_its_beginning(name: str) -> None:
    """An uncut key holds the whole name; a cut one a beginning of about 380 units, in whole escapes."""
    key = table_key(name)
    cut = CUT.fullmatch(key)
    if cut is None:
        assert read_back(key) == name
    else:
        assert name.startswith(read_back(cut[1]))
        assert 370 <= utf16_units(cut[1]) <= 380


@given(NAMES, NAMES)
def test_two_names_never_share_a_key(one: str, other: str) -> None:
    """Keys are equal only when the names are."""
    assert (table_key(one) == table_key(other)) == (one == other)


@given(NAMES, IMPOSTORS)
def test_a_name_built_to_collide_has_another_key(name: str, impostor: object) -> None:
    """No name can be chosen to take another document's row."""
    assert callable(impostor)
    other = impostor(name)
    assert (table_key(name) == table_key(other)) == (name == other)


@given(st.text(ANY_CHARACTER, min_size=1), st.text(ANY_CHARACTER, min_size=1), st.integers(380, 900))
def test_long_names_that_differ_at_their_end_have_different_keys(one: str, other: str, length: int) -> None:
    """The digest is of the whole name, not of what was kept."""
    assert (table_key("x" * length + one) == table_key("x" * length + other)) == (one == other)


@given(NAMES, NAMES, st.integers(1, 100_000), st.integers(1, 100_000))
@example("a", "a\x10", 10, 1)
@example("a", "a\x23", 23, 1)
@example("a!", "a", 1, 21)
@example("a", "a", 2, 21)
def test_no_form_has_the_row_key_of_another_form_or_document(one: str, other: str, form: int, of_other: int) -> None:
    """A record's key belongs to one form of one document."""
    same = (one, form) == (other, of_other)
    assert (record_key(table_key(one), form) == record_key(table_key(other), of_other)) == same


@pytest.mark.parametrize(
    ("form", "row_key"),
    [pytest.param(1, "a.pdf", id="the first is the document's"), pytest.param(2, "a.pdf!2", id="the second")],
)
def test_a_files_forms_are_numbered_from_the_second_on(form: int, row_key: str) -> None:
    """A file with one form has the same key in `Records` as in `Documents`."""
    assert record_key("a.pdf", form) == row_key


@given(NAMES, st.integers(1, 999_999))
def test_a_forms_row_key_is_legal(name: str, form: int) -> None:
    """The suffix keeps the key within what Azure takes: 512 UTF-16 units."""
    row_key = record_key(table_key(name), form)
    assert not ILLEGAL.search(row_key)
    assert utf16_units(row_key) <= 512


@given(st.text(ANY_CHARACTER))
@example("' or PartitionKey ne '")
def test_a_quoted_text_is_one_odata_literal(text: str) -> None:
    """Nothing in a name can end the literal and become part of the query."""
    literal = quoted(text)
    inside = literal[1:-1]
    assert (literal[0], literal[-1]) == ("'", "'")
    assert re.fullmatch(r"(?:[^']|'')*", inside, re.DOTALL)
    assert inside.replace("''", "'") == text
