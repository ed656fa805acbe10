"""Named times of day, week, month and year in which routes are muted or active, as Alertmanager 0.25 has them. Pure.

An interval is a mapping of `times`, `weekdays`, `days_of_month`, `months`, `years`, `location`; all that are given must hold, of each
one range is enough. Times include their start and not their end; ranges of days, months and years include both. Negative days count from
the month's end, and a range is clamped to the month. Source: timeinterval/timeinterval.go.
"""

import re
import zoneinfo
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
FIELDS = ("times", "weekdays", "days_of_month", "months", "years", "location")
MOST = 200  # intervals of a name, and ranges of a field
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)

Range = tuple[int, int]


class IntervalError(ValueError):
    """What is no time interval: says where and what to do."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Ranges with both ends, `times` in minutes of the day with the end left out; None: any."""

    times: tuple[Range, ...] | None = None
    weekdays: tuple[Range, ...] | None = None  # from 0, Sunday
    days_of_month: tuple[Range, ...] | None = None
    months: tuple[Range, ...] | None = None
    years: tuple[Range, ...] | None = None
    location: tzinfo = UTC

    def contains(self, at: datetime) -> bool:
        local = at.astimezone(self.location)
        return (
            _within(self.times, local.hour * 60 + local.minute, last_too=False)
            and _within(self.weekdays, local.isoweekday() % 7)
            and _within(self.months, local.month)
            and _within(self.years, local.year)
            and (self.days_of_month is None or _in_month(self.days_of_month, local))
        )


Intervals = tuple[Interval, ...]


def parse(intervals: object) -> Intervals:
    """A list of intervals in the form of Alertmanager's YAML. Raises IntervalError with the place of the first mistake."""
    if not isinstance(intervals, list):
        raise IntervalError('Write a list of intervals, such as [{"weekdays": ["saturday", "sunday"]}].')
    if len(intervals) > MOST:
        raise IntervalError(f"There are {len(intervals)} intervals; at most {MOST}.")
    return tuple(_interval(one, f"[{place}]") for place, one in enumerate(intervals))


def contains(intervals: Intervals, at: datetime) -> bool:
    """Is the instant in any of them?"""
    return any(one.contains(at) for one in intervals)


def muted(
    mute_times: Iterable[str], active_times: Iterable[str], by_name: Mapping[str, Intervals], at: datetime
) -> str:
    """Why a route with these intervals is not told at an instant; "" when it is. A name that is not in `by_name` holds no time."""
    active = list(active_times)
    if active and not any(contains(by_name.get(name, ()), at) for name in active):
        return f"outside of its active times {', '.join(active)}"
    for name in mute_times:
        if contains(by_name.get(name, ()), at):
            return f"in its mute times {name}"
    return ""


def _within(ranges: tuple[Range, ...] | None, value: int, *, last_too: bool = True) -> bool:
    return ranges is None or any(first <= value < last + last_too for first, last in ranges)


def _in_month(ranges: tuple[Range, ...], local: datetime) -> bool:
    days = monthrange(local.year, local.month)[1]
    for first, last in ranges:
        begin = first if first > 0 else days + first + 1
        end = last if last > 0 else days + last + 1
        if begin <= days and max(begin, -days) <= local.day <= min(end, days):
            return True
    return False


def _interval(written: object, place: str) -> Interval:
    if not isinstance(written, dict):
        raise IntervalError(f"{place}: write a mapping with some of {', '.join(FIELDS)}.")
    for name in written:
        if name not in FIELDS:
            raise IntervalError(f"{place}.{name}: there is no such field; the fields are {', '.join(FIELDS)}.")
    return Interval(
        times=_ranges(written.get("times"), f"{place}.times", _times),
        weekdays=_ranges(written.get("weekdays"), f"{place}.weekdays", _weekdays),
        days_of_month=_ranges(written.get("days_of_month"), f"{place}.days_of_month", _days),
        months=_ranges(written.get("months"), f"{place}.months", _months),
        years=_ranges(written.get("years"), f"{place}.years", _years),
        location=_location(written.get("location"), f"{place}.location"),
    )


def _ranges(written: object, place: str, reader: Callable[[Any, str], Range]) -> tuple[Range, ...] | None:
    if written is None:
        return None
    if not isinstance(written, list) or not written:
        raise IntervalError(f"{place}: write a list with at least one range, or leave it out for any.")
    if len(written) > MOST:
        raise IntervalError(f"{place}: there are {len(written)} ranges; at most {MOST}.")
    return tuple(reader(one, f"{place}[{number}]") for number, one in enumerate(written))


def _times(written: Any, place: str) -> Range:
    if not isinstance(written, dict) or set(written) != {"start_time", "end_time"}:
        raise IntervalError(f'{place}: write both, such as {{"start_time": "09:00", "end_time": "17:00"}}.')
    start, end = (_minute(written[name], f"{place}.{name}") for name in ("start_time", "end_time"))
    if start >= end:
        raise IntervalError(
            f"{place}: the start must come before the end; write a night as two, up to 24:00 and from 00:00."
        )
    return start, end


def _minute(written: object, place: str) -> int:
    if not isinstance(written, str) or not _TIME.fullmatch(written):
        raise IntervalError(f"{place}: {written!r} is no time of day; write HH:MM in quotes, from 00:00 to 24:00.")
    return int(written[:2]) * 60 + int(written[3:])


def _weekdays(written: Any, place: str) -> Range:
    first, last = _members(written, place, _named(WEEKDAYS, "a weekday, such as monday or monday:friday"))
    if first > last:
        raise IntervalError(
            f"{place}: the week begins with Sunday, so {written!r} goes backwards; write it as two ranges."
        )
    return first, last


def _days(written: Any, place: str) -> Range:
    first, last = _members(written, place, _number(-31, 31, "a day from 1 to 31, or from -1, the last, to -31"))
    if first < 0 < last:
        raise IntervalError(f"{place}: the end must be negative when the start is.")
    if (first if first > 0 else 31 + first) > (last if last > 0 else 31 + last):
        raise IntervalError(f"{place}: the end {last} always comes before the start {first}; swap them.")
    return first, last


def _months(written: Any, place: str) -> Range:
    words = "a month, such as january, 1 or january:march"
    first, last = _members(written, place, _named(MONTHS, words, start=1, other=_number(1, 12, words)))
    return _forward(first, last, place)


def _years(written: Any, place: str) -> Range:
    first, last = _members(written, place, _number(-9999, 9999, "a year, such as 2030 or 2030:2032", zero=True))
    return _forward(first, last, place)


def _forward(first: int, last: int, place: str) -> Range:
    if first > last:
        raise IntervalError(f"{place}: the end comes before the start; swap them, or write two ranges.")
    return first, last


_Reader = Callable[[str, str], int]


def _members(written: object, place: str, reader: _Reader) -> Range:
    """Both ends of "a" or "a:b"."""
    if isinstance(written, bool) or not isinstance(written, (str, int)):
        raise IntervalError(f'{place}: write a text such as "a" or "a:b".')
    parts = str(written).lower().split(":")
    if len(parts) > 2:
        raise IntervalError(f"{place}: {written!r} has more than one colon; a range is written start:end.")
    return reader(parts[0], place), reader(parts[-1], place)


def _number(least: int, most: int, words: str, *, zero: bool = False) -> _Reader:
    def read(text: str, place: str) -> int:
        if not _NUMBER.fullmatch(text) or not least <= int(text) <= most or (int(text) == 0 and not zero):
            raise IntervalError(f"{place}: {text!r} is not {words}.")
        return int(text)

    return read


def _named(names: tuple[str, ...], words: str, start: int = 0, other: _Reader | None = None) -> _Reader:
    def read(text: str, place: str) -> int:
        if text in names:
            return names.index(text) + start
        if other is not None:
            return other(text, place)
        raise IntervalError(f"{place}: {text!r} is not {words}.")

    return read


def _location(written: object, place: str) -> tzinfo:
    if written is None or written == "":
        return UTC
    try:
        return zoneinfo.ZoneInfo(str(written))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise IntervalError(
            f"{place}: {written!r} is not a time zone; write one such as Europe/Vienna or UTC."
        ) from None
