"""What a text means as a value of a field's type, in the service's normal form.

Dates are ISO, times `hh:mm:ss`, phone numbers E.164 (a number of ten digits is North American), selection marks
`selected` or `unselected`. A text that is not of the type has no meaning, as with the service, which then gives the
text alone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS = {"dmy": ("dmy",), "mdy": ("mdy",), "ymd": ("ymd",)}
NUMBERED = {"mdy": ("%m-%d-%Y", "%m-%d-%y"), "dmy": ("%d-%m-%Y", "%d-%m-%y"), "ymd": ("%Y-%m-%d",)}
NAMED = ("%d-%b-%Y", "%d-%B-%Y", "%b-%d-%Y", "%B-%d-%Y", "%d-%b-%y", "%b-%d-%y", "%Y-%b-%d")
TIMES = ("%H:%M:%S", "%H:%M", "%I:%M:%S%p", "%I:%M%p", "%I%p")
LOCAL_DIGITS, FEWEST_DIGITS, MOST_DIGITS = 10, 7, 15
SELECTION = ("selected", "unselected")


def meaning(text: str, kind: str, form: str = "not-specified") -> object:
    """The value of a text for a field of this type and format, or None."""
    if kind in READERS:
        return READERS[kind](text, form)
    return _string(text, form)


def _string(text: str, form: str) -> str:
    if form in {"no-whitespaces", "no-white-spaces"}:
        return "".join(text.split())
    return "".join(char for char in text if char.isalnum()) if form == "alphanumeric" else text


def _date(text: str, form: str) -> str | None:
    parts = "-".join(re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text)))
    orders = ORDERS.get(form, ("mdy", "ymd", "dmy"))
    for pattern in (*(one for order in orders for one in NUMBERED[order]), *NAMED):
        try:
            return datetime.strptime(parts, pattern).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    return None


def _time(text: str, _form: str) -> str | None:
    plain = re.sub(r"[\s.]", "", text).upper() if re.search(r"[aApP]\.?\s?[mM]", text) else text.replace(".", ":")
    for pattern in TIMES:
        try:
            return datetime.strptime(plain.strip(), pattern).replace(tzinfo=UTC).time().isoformat()
        except ValueError:
            continue
    return None


def _phone(text: str, _form: str) -> str | None:
    digits = re.sub(r"\D", "", re.split(r"(?i)ext|x\d", text)[0])
    if re.search(r"[A-Za-z]{3}", text) or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        return None
    if text.lstrip(" (").startswith("+"):
        return f"+{digits}"
    local = digits.removeprefix("1")
    return f"+1{local}" if len(local) == LOCAL_DIGITS else None


def _number(text: str, form: str) -> float | None:
    plain = re.sub(r"[^\d.,()-]", "", text)
    is_negative = "-" in plain or plain.startswith("(")
    plain = re.sub(r"[()-]", "", plain)
    decimal = "," if form == "decimal-comma-separated" or re.fullmatch(r"(\d+|\d{1,3}(\.\d{3})+),\d\d?", plain) else "."
    plain = plain.replace("." if decimal == "," else ",", "").replace(",", ".").rstrip(".")
    if not re.fullmatch(r"\d*\.?\d+", plain) or re.search(r"[A-Za-z]{4}", text):
        return None
    return -float(plain) if is_negative else float(plain)


def _integer(text: str, form: str) -> int | None:
    number = _number(text, form)
    return int(number) if number is not None and number == int(number) else None


def _mark(text: str, _form: str) -> str | None:
    return text if text in SELECTION else None


READERS: dict[str, Callable[[str, str], object]] = {
    "date": _date,
    "time": _time,
    "phoneNumber": _phone,
    "number": _number,
    "currency": _number,
    "integer": _integer,
    "selectionMark": _mark,
}
