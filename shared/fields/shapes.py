"""The members of a JSON object, each checked as it is taken.

What is absent or null is None or empty; what has another shape raises MalformedResult, whose message names the member
and never what it holds, because that may be a person's data.
"""

from __future__ import annotations

from math import isfinite
from typing import TypeVar

from shared.errors import MalformedResult

Node = dict[str, object]
_T = TypeVar("_T")

_INT32_LIMIT = 2**31
_KINDS: dict[type, str] = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}


def node(value: object, what: str) -> Node:
    """`value`, which must be an object."""
    if not isinstance(value, dict):
        raise _wrong(what, "an object")
    return value


def child(parent: Node, name: str) -> Node:
    """The object `name`; an empty one where it is missing."""
    return _member(parent, name, dict) or {}


def elements(parent: Node, name: str) -> list[object]:
    """The list `name`; an empty one where it is missing."""
    return _member(parent, name, list) or []


def children(parent: Node, name: str) -> list[Node]:
    """The objects in the list `name`; none where it is missing."""
    return [node(value, name) for value in elements(parent, name)]


def text(parent: Node, name: str) -> str | None:
    """The string `name`."""
    value = _member(parent, name, str)
    return value and encodable(value)


def texts(parent: Node, name: str) -> list[str]:
    """The strings in the list `name`; none where it is missing."""
    return [text({name: value}, name) or "" for value in elements(parent, name)]


def truth(parent: Node, name: str) -> bool | None:
    """The truth value `name`."""
    return _member(parent, name, bool)


def encodable(value: str) -> str:
    """`value` without halves of surrogate pairs, which JSON allows and nothing can store."""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def number(parent: Node, name: str) -> float | None:
    """The number `name` where it is a finite one: the service may write "NaN", as a string, on blank pages."""
    return _finite(parent.get(name))


def whole(parent: Node, name: str) -> int | None:
    """The number `name` where it is a whole one, from 0 to what an Edm.Int32 holds."""
    value = parent.get(name)
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < _INT32_LIMIT else None


def numbers(parent: Node, name: str) -> tuple[float, ...] | None:
    """The numbers in the list `name`; None where there are none or one is not finite."""
    values = elements(parent, name)
    finite = tuple(number for number in map(_finite, values) if number is not None)
    return finite if values and len(finite) == len(values) else None


def _member(parent: Node, name: str, kind: type[_T]) -> _T | None:
    value = parent.get(name)
    if value is not None and not isinstance(value, kind):
        raise _wrong(name, _KINDS[kind])
    return value


def _finite(value: object) -> float | None:
    """A float of a JSON number. A bool's class is its own, though it is an int to `isinstance`."""
    try:
        return float(value) if (type(value) is float or type(value) is int) and isfinite(value) else None
    except OverflowError:
        return None


def _wrong(name: str, what: str) -> MalformedResult:
    return MalformedResult(f"The result has not the documented shape: {name} should be {what}.")
