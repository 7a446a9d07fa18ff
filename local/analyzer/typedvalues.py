"""What a text on a form means: a date, a time, a phone number, a number. None when it can't be told."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DATE_FORMS = (
    *("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d"),
    *("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y"),
)
DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2}[ -][A-Za-z]{3,9}\.?[ -]\d{4}"
)
TIME = re.compile(r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp])?\.?[Mm]?", re.ASCII)
NUMBER = re.compile(r"\(?-?\s*[$€£¥]?\s*-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\)?(?![\d./-])|\(?-?[$€£¥]?-?\.\d+\)?")
PHONE = re.compile(r"\+?\d?[\s.-]?\(?\d{3}\)?[\s.-]{0,2}\d{3}[\s.-]\d{4}\b|\b\d{10}\b")
PHONE_DIGITS = 10
NOON = 12
HOURS = 24


def as_date(text: str) -> str | None:
    """ISO; of 3/4/2020 the month comes first, unless that is no month."""
    found = DATE.search(text)
    plain = re.sub(r"[,]|(?<=[a-z])\.", "", found[0]) if found else ""
    for form in DATE_FORMS:
        try:
            return date.isoformat(datetime.strptime(plain, form).date())  # noqa: DTZ007 - a day has no zone here
        except ValueError:
            continue
    return None


def as_time(text: str) -> str | None:
    """`13:05:00`."""
    found = TIME.search(text)
    if not found:
        return None
    hour, half = int(found[1]), (found[4] or "").lower()
    hour = hour % NOON + (NOON if half == "p" else 0) if half else hour
    return f"{hour:02}:{found[2]}:{found[3] or '00'}" if hour < HOURS else None


def as_phone(text: str) -> str | None:
    """E.164, of ten digits a North American number."""
    found = PHONE.search(text)
    digits = re.sub(r"\D", "", found[0]) if found else ""
    if len(digits) == PHONE_DIGITS:
        return f"+1{digits}"
    return f"+{digits}" if len(digits) > PHONE_DIGITS else None


def as_number(text: str) -> float | None:
    """The first number; a minus sign or brackets around it make it negative."""
    found = NUMBER.search(text)
    if not found:
        return None
    number = float(re.sub(r"[^\d.]", "", found[0]))
    return -number if "-" in found[0] or found[0].startswith("(") else number


def as_integer(text: str) -> int | None:
    """The first number, if it is whole."""
    number = as_number(text)
    return int(number) if number is not None and number == int(number) else None


MEANINGS: Mapping[str, Callable[[str], object]] = {
    "string": str,
    "address": str,
    "date": as_date,
    "time": as_time,
    "phoneNumber": as_phone,
    "number": as_number,
    "currency": as_number,
    "integer": as_integer,
}


def meaning(kind: str, text: str) -> object:
    """What the text means as a field of this type."""
    understand = MEANINGS.get(kind)
    return understand(text) if understand else None
