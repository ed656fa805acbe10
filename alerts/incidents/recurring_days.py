"""Rules of recurrence (RFC 5545, section 3.3.10) of days and times of day, asked day by day. Pure.

FREQ is YEARLY, MONTHLY, WEEKLY, DAILY or HOURLY. A day is judged by itself, whatever came before it, except for COUNT, whose last start is
found when the rule is read. Times are those of the wall's clock, without a zone.
"""

import re
import zoneinfo
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Literal

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_COUNT = 10_000
MOST_DAYS = 366 * 50  # within which COUNT must be reached, and a first start come
MOST_IN_A_DAY = 1_500
MOST_CHOSEN_FROM = 24  # a day, with BYSETPOS
_DAY = timedelta(days=1)
_BYDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?", re.ASCII)
_NUMBERS: Mapping[str, tuple[int, int]] = {  # part → least and most; from a negative least, zero is not allowed
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 59),
    "BYSETPOS": (-366, 366),
}
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_NUMBERS)

Frequency = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]


class RuleError(ValueError):
    """A text that is no rule: names the part and says what to do."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`weekdays`: (ordinal in the month or year or 0, weekday from Monday 0). `until`: the last start that may be."""

    freq: Frequency
    first: datetime
    interval: int = 1
    until: datetime | None = None
    week_start: int = 0
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    seconds: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()

    def between(self, begin: datetime, end: datetime) -> Iterator[datetime]:
        """Starts from `begin`, included, to `end`, excluded, in order; it looks at each day between."""
        day = max(begin, self.first).date()
        chosen: dict[date, set[datetime]] = {}
        while day <= end.date():
            for start in self._of_day(day, chosen):
                if start >= end or (self.until is not None and start > self.until):
                    return
                if start >= begin and start >= self.first:
                    yield start
            day += _DAY

    def _of_day(self, day: date, chosen: dict[date, set[datetime]]) -> list[datetime]:
        """The day's starts; `chosen` remembers, by the first day of a period, which of its starts are at `positions`."""
        if not self._has_day(day):
            return []
        times = self._times(day)
        if not self.positions:
            return times
        begin, end = _period_of(self.freq, day, self.week_start)
        if begin not in chosen:
            chosen[begin] = self._at_positions(begin, end)
        return [start for start in times if start in chosen[begin]]

    def _has_day(self, day: date) -> bool:
        if self.freq != "HOURLY" and (_period(self.freq, day, self.week_start) - self._first_period()) % self.interval:
            return False
        return all(part(self, day) for part in _DAY_PARTS)

    def _first_period(self) -> int:
        return _period(self.freq, self.first.date(), self.week_start)

    def _times(self, day: date) -> list[datetime]:
        hours = range(24) if self.freq == "HOURLY" and not self.hours else self.hours
        return [
            datetime.combine(day, time(hour, minute, second))
            for hour in hours
            if self.freq != "HOURLY" or self._has_hour(day, hour)
            for minute in self.minutes
            for second in self.seconds
        ]

    def _has_hour(self, day: date, hour: int) -> bool:
        hours = (day - self.first.date()).days * 24 + hour - self.first.hour
        return hours % self.interval == 0

    def _at_positions(self, begin: date, end: date) -> set[datetime]:
        days = (begin + number * _DAY for number in range((end - begin).days))
        starts = [start for day in days if self._has_day(day) for start in self._times(day)]
        size = len(starts)
        places = {place - 1 if place > 0 else size + place for place in self.positions}
        return {starts[place] for place in places if 0 <= place < size}


def rule_parse(text: str, first: datetime, zone: zoneinfo.ZoneInfo) -> Rule:
    """The rule of a text such as `FREQ=MONTHLY;BYDAY=1SU`; `first` is its DTSTART. Raises RuleError."""
    parts = _split(text)
    freq = _word(parts, "FREQ", FREQUENCIES, None)
    rule = Rule(
        freq=freq,  # type: ignore[arg-type]
        first=first,
        interval=_number(parts, "INTERVAL", 1, 1000) or 1,
        until=_until(parts.get("UNTIL"), zone),
        week_start=DAYS.index(_word(parts, "WKST", DAYS, "MO")),
        weekdays=_weekdays(parts.get("BYDAY"), freq),
        months=_numbers(parts, "BYMONTH"),
        month_days=_numbers(parts, "BYMONTHDAY"),
        year_days=_numbers(parts, "BYYEARDAY"),
        weeks=_numbers(parts, "BYWEEKNO"),
        hours=_numbers(parts, "BYHOUR"),
        minutes=_numbers(parts, "BYMINUTE") or (first.minute,),
        seconds=_numbers(parts, "BYSECOND") or (first.second,),
        positions=_numbers(parts, "BYSETPOS"),
    )
    _together(rule, parts)
    return _counted(_completed(rule), _number(parts, "COUNT", 1, MOST_COUNT))


def _split(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().removeprefix("RRULE:").rstrip(";").upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name not in _PARTS:
            raise RuleError(f"{part[:60]!r} is no part of a rule; the parts are {', '.join(_PARTS)}, with ; between.")
        if name in parts:
            raise RuleError(f"{name} is there twice; leave one out.")
        parts[name] = value
    if "FREQ" not in parts:
        raise RuleError(f"FREQ is missing: begin with FREQ= and one of {', '.join(FREQUENCIES)}.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleError("COUNT and UNTIL are both there; leave one out.")
    return parts


def _word(parts: Mapping[str, str], name: str, words: tuple[str, ...], default: str | None) -> str:
    value = parts.get(name, default)
    if value not in words:
        raise RuleError(f"{name}: {value!r} is not one of {', '.join(words)}.")
    return str(value)


def _number(parts: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    value = parts.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 9 and least <= int(value) <= most):
        raise RuleError(f"{name}: {value[:20]!r} is not a number from {least} to {most}.")
    return int(value)


def _numbers(parts: Mapping[str, str], name: str) -> tuple[int, ...]:
    least, most = _NUMBERS[name]
    found = set()
    for text in parts[name].split(",") if name in parts else ():
        number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,3}", text, re.ASCII) else None
        if number is None or not least <= number <= most or (number == 0 and least < 0):
            raise RuleError(
                f"{name}: {text[:20]!r} is not a number from {least} to {most}{' but 0' if least < 0 else ''}."
            )
        found.add(number)
    return tuple(sorted(found))


def _weekdays(value: str | None, freq: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for text in value.split(",") if value else ():
        parts = _BYDAY.fullmatch(text)
        if parts is None or (parts[1] and not 1 <= abs(int(parts[1])) <= 53):
            raise RuleError(f"BYDAY: {text[:20]!r} is not a day such as SU, 1SU (the first) or -1SU (the last).")
        if parts[1] and freq not in ("MONTHLY", "YEARLY"):
            raise RuleError(f"BYDAY: {text!r} counts days of a month or year; with FREQ={freq} write {parts[2]}.")
        found.add((int(parts[1] or 0), DAYS.index(parts[2])))
    return tuple(sorted(found))


def _until(value: str | None, zone: zoneinfo.ZoneInfo) -> datetime | None:
    """On the wall's clock; a day by itself is meant with all its hours."""
    if value is None:
        return None
    try:
        if not _UNTIL.fullmatch(value):
            raise ValueError
        read = datetime.fromisoformat(value)
        if "T" not in value:
            return read.replace(hour=23, minute=59, second=59)
        return read.astimezone(zone).replace(tzinfo=None) if read.tzinfo else read
    except (ValueError, OverflowError):
        raise RuleError(f"UNTIL: {value[:20]!r} is no time; write 20301231 or 20301231T220000Z.") from None


def _together(rule: Rule, parts: Mapping[str, str]) -> None:
    """Raises RuleError for parts that do not go together."""
    if rule.weeks and rule.freq != "YEARLY":
        raise RuleError("BYWEEKNO goes with FREQ=YEARLY only.")
    if rule.year_days and rule.freq not in ("YEARLY", "HOURLY"):
        raise RuleError("BYYEARDAY goes with FREQ=YEARLY only.")
    if rule.month_days and rule.freq == "WEEKLY":
        raise RuleError("BYMONTHDAY does not go with FREQ=WEEKLY; write FREQ=MONTHLY.")
    if rule.weeks and any(ordinal for ordinal, _ in rule.weekdays):
        raise RuleError("BYDAY with numbers does not go with BYWEEKNO.")
    if rule.positions and (
        rule.freq == "HOURLY" or not any(name.startswith("BY") for name in parts.keys() - {"BYSETPOS"})
    ):
        raise RuleError("BYSETPOS chooses among the days of another BY part, with FREQ=DAILY or rarer.")
    most = MOST_CHOSEN_FROM if rule.positions else MOST_IN_A_DAY
    if len(rule.hours or range(24)) * len(rule.minutes) * len(rule.seconds) > most:
        raise RuleError(f"The rule names more than {most} starts a day: leave out BYSECOND or BYMINUTE.")


def _completed(rule: Rule) -> Rule:
    """What the rule leaves open is as at its first start."""
    first = rule.first
    named = bool(rule.weekdays or rule.month_days or rule.year_days or rule.weeks)
    if rule.freq != "HOURLY" and not rule.hours:
        rule = replace(rule, hours=(first.hour,))
    if named or rule.freq in ("DAILY", "HOURLY"):
        return rule
    if rule.freq == "WEEKLY":
        return replace(rule, weekdays=((0, first.weekday()),))
    if rule.freq == "YEARLY" and not rule.months:
        rule = replace(rule, months=(first.month,))
    return replace(rule, month_days=(first.day,))


def _counted(rule: Rule, count: int | None) -> Rule:
    """With COUNT as the time of its last start. Raises RuleError for a rule that never comes."""
    starts = islice(rule.between(rule.first, rule.first + MOST_DAYS * _DAY), count or 1)
    number, last = 0, None
    for number, last in enumerate(starts, 1):  # noqa: B007 (the last one counts)
        pass
    if last is None:
        raise RuleError("The rule names no time within 50 years: its parts exclude each other.")
    if count and number < count:
        raise RuleError(f"COUNT: {count} starts take longer than 50 years; leave COUNT out.")
    return replace(rule, until=last) if count else rule


def _period(freq: str, day: date, week_start: int) -> int:
    """The number of the year, month, week or day that a day is in."""
    if freq == "YEARLY":
        return day.year
    if freq == "MONTHLY":
        return day.year * 12 + day.month
    if freq == "WEEKLY":
        return (day.toordinal() - 1 - week_start) // 7
    return day.toordinal()


def _period_of(freq: str, day: date, week_start: int) -> tuple[date, date]:
    """First day of the period that a day is in, and of the next."""
    if freq == "YEARLY":
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    if freq == "MONTHLY":
        first = day.replace(day=1)
        return first, first + monthrange(day.year, day.month)[1] * _DAY
    if freq == "WEEKLY":
        first = day - (day.weekday() - week_start) % 7 * _DAY
        return first, first + 7 * _DAY
    return day, day + _DAY


def _counts(wanted: tuple[int, ...], number: int, size: int) -> bool:
    """Is `number` of 1…size among the wanted, counted from the start or, negative, from the end?"""
    return not wanted or number in wanted or number - size - 1 in wanted


def _in_year(rule: Rule, day: date) -> bool:
    first, after = _period_of("YEARLY", day, 0)
    return _counts(rule.year_days, (day - first).days + 1, (after - first).days)


def _in_weeks(rule: Rule, day: date) -> bool:
    """Week 1 is the first with four days in the year; the days around New Year count for the year that has most of their week."""
    if not rule.weeks:
        return True
    year = next(one for one in (day.year + 1, day.year, day.year - 1) if day >= _first_week(one, rule.week_start))
    first = _first_week(year, rule.week_start)
    size = (_first_week(year + 1, rule.week_start) - first).days // 7
    return _counts(rule.weeks, (day - first).days // 7 + 1, size)


def _first_week(year: int, week_start: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - (fourth.weekday() - week_start) % 7 * _DAY


def _in_weekdays(rule: Rule, day: date) -> bool:
    return not rule.weekdays or any(_is_weekday(rule, day, ordinal, weekday) for ordinal, weekday in rule.weekdays)


def _is_weekday(rule: Rule, day: date, ordinal: int, weekday: int) -> bool:
    if day.weekday() != weekday or not ordinal:
        return day.weekday() == weekday
    span = "MONTHLY" if rule.freq == "MONTHLY" or rule.months else "YEARLY"
    first, after = _period_of(span, day, 0)
    return ((day - first).days // 7 + 1 if ordinal > 0 else -1 - ((after - day).days - 1) // 7) == ordinal


_DAY_PARTS: tuple[Callable[[Rule, date], bool], ...] = (
    lambda rule, day: not rule.months or day.month in rule.months,
    lambda rule, day: _counts(rule.month_days, day.day, monthrange(day.year, day.month)[1]),
    _in_year,
    _in_weeks,
    _in_weekdays,
)
