"""When ticks come: a cron expression, its next moment in a time zone, and its longest silence.

Dagster ticks by itself, and reads the same expression; here it is known without Dagster as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

EXAMPLE: Final = "*/5 8-22 * * *"

_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTH: Final = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_FROM: Final = date(2024, 1, 1)
_CYCLE: Final = 8 * 366
"""Days in which every day of the calendar comes, 29 February too."""
_HOURS: Final = 24
_WORDS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class _Field(NamedTuple):
    """One of the five fields: what it counts, and from where to where."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


_FIELDS: Final = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 6, _WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """A cron expression, as written and as read."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """From 0, which is Sunday."""
    either: bool
    """Whether both kinds of days are given: a day of either kind will do then."""

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: str) -> "Cron":
        """Read an expression. Raises ValueError that says what is wrong with it."""
        written = " ".join(text.split())
        fields = _WORDS.get(written.lower(), written).lower().split(" ")
        if len(fields) != len(_FIELDS):
            raise ValueError(f"it has not five fields but {len(fields)}")
        either = "*" not in {fields[2], fields[4]}
        minutes, hours, days, months, weekdays = map(_values, _FIELDS, fields)
        cron = cls(written, minutes, hours, days, months, weekdays, either)
        if not cron._comes():
            raise ValueError("such a day never comes")
        return cron

    def next(self, after: float, zone: ZoneInfo) -> float:
        """Return its first moment after another one; both in seconds since 1970."""
        today = datetime.fromtimestamp(after, zone).date()
        days = (today + timedelta(days=number) for number in range(_CYCLE))
        moments = (at for day in days if self._is_on(day) for at in self._moments(day, zone))
        return next(at for at in moments if at > after)

    @cached_property
    def longest_gap(self) -> timedelta:
        """The longest time from one of its moments to the next, by the clock on the wall."""
        of_a_day = [timedelta(hours=h, minutes=m) for h, m in self._times()]
        days = [day for day in map(_day, range(_CYCLE)) if self._is_on(day)]
        overnight = max(later - day for day, later in pairwise(days))
        gaps = (later - earlier for earlier, later in pairwise(of_a_day))
        return max(overnight - of_a_day[-1] + of_a_day[0], *gaps, timedelta())

    def _comes(self) -> bool:
        return self.either or any(
            min(self.days) <= _LONGEST_MONTH.get(month, 31) for month in self.months
        )

    def _is_on(self, day: date) -> bool:
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        is_day = (of_month or of_week) if self.either else (of_month and of_week)
        return is_day and day.month in self.months

    def _times(self) -> list[tuple[int, int]]:
        return [(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]

    def _moments(self, day: date, zone: ZoneInfo) -> list[float]:
        """Return its moments of a day; those of every hour come twice where the hour does."""
        folds = (0, 1) if len(self.hours) == _HOURS else (0,)
        times = (time(h, m, tzinfo=zone, fold=fold) for h, m in self._times() for fold in folds)
        return sorted({datetime.combine(day, at).timestamp() for at in times})


def _day(number: int) -> date:
    return _FROM + timedelta(days=number)


def _values(field: _Field, text: str) -> frozenset[int]:
    """Return the values of a field. Raises ValueError where it cannot be read."""
    return frozenset(value for part in text.split(",") for value in _part(field, part))


def _part(field: _Field, text: str) -> Iterator[int]:
    match = re.fullmatch(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/([0-9]{1,2}))?", text, re.ASCII)
    step = int(match[4] or 1) if match else 0
    if not match or not 0 < step <= field.high - field.low or (match[2] and match[2] == match[3]):
        raise ValueError(f"{text!r} is no {field.name}")
    low = field.low if match[1] else _number(field, match[2])
    last = _number(field, match[3]) if match[3] else low
    high = field.high if match[1] or (match[4] and not match[3]) else last
    values = [*range(low, high + 1)] if low <= high else [*range(low, field.high + 1)]
    values += [] if low <= high else range(field.low, high + 1)
    return iter(values[::step])


def _number(field: _Field, text: str) -> int:
    """Return the value that a number or a name stands for; 7 is Sunday too."""
    if text in field.names:
        return field.low + field.names.index(text)
    number = int(text) if re.fullmatch("[0-9]{1,2}", text) else -1
    if number == len(_WEEKDAYS) and field.names == _WEEKDAYS:
        return 0
    if not field.low <= number <= field.high:
        raise ValueError(f"{text!r} is no {field.name}")
    return number
