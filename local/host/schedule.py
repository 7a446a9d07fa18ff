"""NCRONTAB schedules, the six fields of a timer trigger: second minute hour day month weekday, in UTC."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
DAYS_SEARCHED = 366 * 8
"""Far enough for 29 February."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values that each field allows; weekdays count from Sunday, 0."""

    seconds: list[int]
    minutes: list[int]
    hours: list[int]
    days: list[int]
    months: list[int]
    weekdays: list[int]

    def after(self, moment: datetime) -> datetime:
        """The first time that is later than `moment`; raises `ValueError` when there is none (30 February)."""
        for day in range(DAYS_SEARCHED):
            date = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=day)
            if self._allows_day(date):
                for hour, minute, second in itertools.product(self.hours, self.minutes, self.seconds):
                    if (time := date.replace(hour=hour, minute=minute, second=second)) > moment:
                        return time
        raise ValueError("no day fits")

    def _allows_day(self, date: datetime) -> bool:
        return date.month in self.months and date.day in self.days and date.isoweekday() % 7 in self.weekdays


def parse(text: str) -> Schedule:
    """The schedule in `text`; five fields mean second 0. Raises `ValueError`."""
    fields = text.casefold().split()
    if len(fields) == 5:  # noqa: PLR2004  (classic cron)
        fields = ["0", *fields]
    if len(fields) != 6:  # noqa: PLR2004
        raise ValueError(f"{text!r} has not six fields")
    second, minute, hour, day, month, weekday = fields
    return Schedule(
        _field(second, 0, 59),
        _field(minute, 0, 59),
        _field(hour, 0, 23),
        _field(day, 1, 31),
        _field(month, 1, 12, MONTHS),
        _field(weekday, 0, 6, WEEKDAYS),
    )


def _field(text: str, low: int, high: int, names: list[str] | None = None) -> list[int]:
    """The values of `*`, `3`, `1-5`, `*/10`, `5/10` and lists of these."""
    values: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = (f"{low}-{high}" if span == "*" else span).partition("-")
        begin = _number(first, low, names)
        end = _number(last, low, names) if last else high if step else begin
        if not low <= begin <= end <= high:
            raise ValueError(f"{part!r} is not within {low} and {high}")
        values.update(range(begin, end + 1, int(step or 1)))
    return sorted(values)


def _number(text: str, low: int, names: list[str] | None) -> int:
    return names.index(text) + low if names and text in names else int(text)
