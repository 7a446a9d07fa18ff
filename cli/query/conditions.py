"""What `--where` says: comparisons of a column with a value, joined by `and` and `or`.

    Total > 100 and (Customer = 'Contoso' or not "Order number" = 'PO-1')

On the left of a sign stands a column, in quotes where its name is more than letters, digits and `_`, and is then named
as in the table `Records`: "Order number" is `Order_number`. On the right stands a value: a text in quotes (single or
double; doubled inside, they stand for one), a number, `true` or `false`. `not` turns the signs round, so that what is
left is made of `and`, `or` and comparisons only.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, cast

import typer

from shared.fields.records import column_name

Sign = Literal["=", "!=", "<", "<=", ">", ">="]
Value = str | Decimal | bool | datetime

_TURNED: dict[Sign, Sign] = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SPELLINGS = {"==": "=", "<>": "!="}
_TOKEN = re.compile(
    r"""
    (?P<word>[^\W\d]\w*)
    | (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?!\w))
    | (?P<text>'(?:[^']|'')*' | "(?:[^"]|"")*")
    | (?P<sign><=|>=|<>|!=|==|=|<|>)
    | (?P<bracket>[()])
    """,
    re.VERBOSE,
)
RESERVED = {"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "true", "false", "null"}
"""Names that no filter can compare."""

_DEEPEST = 50
_MOST = 200
_MARKED = re.compile(r"[+-]?[0-9][0-9.,]*[0-9]")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A column beside a value; only `Timestamp` is compared with a time."""

    column: str
    sign: Sign
    value: Value

    @property
    def is_order(self) -> bool:
        """Whether it asks which comes first."""
        return self.sign not in ("=", "!=")


@dataclass(frozen=True, slots=True)
class Both:
    """The one and the other."""

    one: Condition
    other: Condition


@dataclass(frozen=True, slots=True)
class Either:
    """The one or the other."""

    one: Condition
    other: Condition


Condition = Comparison | Both | Either


def parsed(text: str) -> Condition:
    """The condition that `text` says; `typer.BadParameter` says what is wrong with it, and where."""
    reading = _Reading(text)
    condition = reading.either(turned=False, depth=0)
    if reading.kind:
        raise reading.wrong("`and`, `or` or the end was expected")
    return condition


def comparisons(condition: Condition) -> list[Comparison]:
    """All that it compares, from left to right."""
    if isinstance(condition, Comparison):
        return [condition]
    return comparisons(condition.one) + comparisons(condition.other)


class _Reading:
    """A text and how far it was read: `kind` and `word` are what stands there, empty at the end."""

    def __init__(self, text: str) -> None:
        self._text, self._place, self._next, self._count = text, 0, 0, 0
        self.kind = self.word = ""
        self._go_on()

    def either(self, *, turned: bool, depth: int) -> Condition:
        """What is joined by `or`; a `not` before it makes that an `and`."""
        found = self._both(turned=turned, depth=depth)
        while self._takes("or"):
            other = self._both(turned=turned, depth=depth)
            found = Both(found, other) if turned else Either(found, other)
        return found

    def _both(self, *, turned: bool, depth: int) -> Condition:
        found = self._one(turned=turned, depth=depth)
        while self._takes("and"):
            other = self._one(turned=turned, depth=depth)
            found = Either(found, other) if turned else Both(found, other)
        return found

    def _one(self, *, turned: bool, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise self.wrong(f"more than {_DEEPEST} brackets are inside each other")
        if self._takes("not"):
            return self._one(turned=not turned, depth=depth + 1)
        if self._takes("("):
            found = self.either(turned=turned, depth=depth + 1)
            if not self._takes(")"):
                raise self.wrong("`and`, `or` or `)` was expected")
            return found
        return self._comparison(turned=turned)

    def _comparison(self, *, turned: bool) -> Comparison:
        self._count += 1
        if self._count > _MOST:
            raise self.wrong(f"these are more than {_MOST} comparisons; ask in several queries")
        column = self._column()
        if self.kind != "sign":
            hint = f'; a name of several words stands in quotes: "{column} {self.word}"' if self.kind == "word" else ""
            raise self.wrong(f"after the column {column} a sign such as = or > was expected{hint}")
        sign = cast("Sign", _SPELLINGS.get(self.word, self.word))
        self._go_on()
        value = self._value(column, sign)
        self._go_on()
        return Comparison(column, _TURNED[sign] if turned else sign, value)

    def _column(self) -> str:
        word = self.word
        if self.kind not in ("word", "text") or (self.kind == "word" and word.lower() in ("and", "or")):
            raise self.wrong("a column was expected")
        name = column_name(_unquoted(word) if self.kind == "text" else word)
        if name in RESERVED:
            raise self.wrong(f"storage can't compare a column called {name}")
        self._go_on()
        return name

    def _value(self, column: str, sign: Sign) -> Value:
        if column == "Timestamp":
            return self._time()
        if self.kind == "number":
            return self._number()
        if self.kind == "word" and self.word.lower() in ("true", "false"):
            if sign not in ("=", "!="):
                raise self.wrong(f"{self.word} is only equal to a value or not: use = or !=")
            return self.word.lower() == "true"
        if self.kind == "text":
            return self._encodable(_unquoted(self.word))
        hint = f"; a text stands in quotes: '{self.word}'" if self.kind == "word" else ""
        raise self.wrong(f"a value was expected{hint}")

    def _number(self) -> Decimal:
        number = Decimal(self.word)
        if math.isinf(float(number)):
            raise self.wrong("no number in a table is as large")
        return number

    def _time(self) -> datetime:
        try:
            time = datetime.fromisoformat(_unquoted(self.word) if self.kind == "text" else "")
        except ValueError:
            raise self.wrong("a time was expected, such as '2026-01-31' or '2026-01-31T08:30:00'; it is UTC") from None
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)

    def _encodable(self, text: str) -> str:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise self.wrong("this text is not UTF-8") from None
        return text

    def _takes(self, word: str) -> bool:
        """Whether `word` stands here, outside quotes; then it was read."""
        found = self.kind in ("word", "bracket") and self.word.lower() == word
        if found:
            self._go_on()
        return found

    def _go_on(self) -> None:
        number = _MARKED.match(self._text, self._place) if self.kind == "number" else None
        self._place = self._next + len(self._text[self._next :]) - len(self._text[self._next :].lstrip())
        found = _TOKEN.match(self._text, self._place)
        if found is None and self._place < len(self._text):
            self.kind = "other"
            quote = self._text[self._place] in "'\""
            hint = f"; a number is written {_without_marks(number[0])}" if number and number.end() > self._place else ""
            raise self.wrong("this quote has no end" if quote else f"this can't be read{hint}")
        self.kind, self.word = (str(found.lastgroup), found[0]) if found else ("", "")
        self._next = found.end() if found else self._place

    def wrong(self, what: str) -> typer.BadParameter:
        """An error at the place that was reached."""
        rest = self._text[self._place :]
        place = f"at character {self._place + 1} ({rest[:20]})" if rest else "at its end"
        return typer.BadParameter(f"--where, {place}: {what}.")


def _without_marks(number: str) -> str:
    """As it is written here: `10,000` is 10000, `1.234,5` is 1234.5."""
    if _THOUSANDS.fullmatch(number):
        return number.replace(",", "")
    whole, _, rest = number.rpartition(",")
    return f"{re.sub('[.,]', '', whole)}.{rest}"


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])
