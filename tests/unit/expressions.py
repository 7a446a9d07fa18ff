"""Conditions of all shapes: as a person types them, and as what they mean, told in the logic of SQL."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = ("Total", "Customer", "Paid", "Order number")
NAMES = {"Order number": "Order_number"}

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

TEXTS = st.sampled_from(["", "a", "it's", "Z", "\u00e9", "\uff5e", "\U0001f600", 'say "x"', "and", "100", "PO-1"])
NUMBERS = st.sampled_from([-5.5, 0.0, 1.0, 99.5, 100.0, 1e9])


def rows_of(columns: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Rows whose columns hold texts, numbers or truths, or are absent."""
    values = TEXTS | NUMBERS | st.booleans()
    return st.fixed_dictionaries({}, optional={NAMES.get(name, name): values for name in columns})


def expressions() -> st.SearchStrategy[tuple[str, Any]]:
    """An expression and what it means: `(column, sign, value)`, `("not", one)`, `("and" or "or", one, other)`."""
    return st.recursive(
        _comparisons(),
        lambda one: st.one_of(
            one.map(lambda of: (f"not ({of[0]})", ("not", of[1]))),
            st.tuples(st.sampled_from(["and", "or"]), one, one).map(
                lambda of: (f"({of[1][0]}) {of[0]} ({of[2][0]})", (of[0], of[1][1], of[2][1]))
            ),
        ),
        max_leaves=5,
    )


def holds(meaning: Any, row: dict[str, Any]) -> bool | None:  # noqa: ANN401
    """Whether it holds for the row; None is unknown."""
    if meaning[0] == "not":
        inner = holds(meaning[1], row)
        return None if inner is None else not inner
    if meaning[0] in ("and", "or"):
        decides = meaning[0] == "or"
        found = [holds(part, row) for part in meaning[1:]]
        return decides if decides in found else None if None in found else not decides
    column, sign, value = meaning
    held = row.get(NAMES.get(column, column))
    if isinstance(value, float) and held == "100":
        held = 100.0
    if type(held) is not type(value):
        return None
    if isinstance(value, str):
        held, value = (text.encode("utf-16-be") for text in (str(held), value))
    return _SIGNS[sign](held, value)


def _comparisons() -> st.SearchStrategy[tuple[str, Any]]:
    ordered = st.tuples(st.sampled_from(COLUMNS), st.sampled_from(sorted(_SIGNS)), TEXTS | NUMBERS)
    equal = st.tuples(st.sampled_from(COLUMNS), st.sampled_from(["=", "!="]), st.booleans())
    return (ordered | equal).map(lambda meaning: (_typed(*meaning), meaning))


def _typed(column: str, sign: str, value: str | float) -> str:
    name = f'"{column}"' if " " in column else column
    if isinstance(value, bool):
        return f"{name} {sign} {str(value).lower()}"
    doubled = str(value).replace("'", "''")
    return f"{name} {sign} '{doubled}'" if isinstance(value, str) else f"{name} {sign} {value:.1f}"
