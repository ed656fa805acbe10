"""When an entry of a calendar repeats: the part of RFC 5545's RRULE that rotas are written in. Pure.

FREQ DAILY and WEEKLY, with INTERVAL, COUNT or UNTIL, and for weeks BYDAY and WKST. Everything else is refused in words, rather than
understood by half. Wall times are naive. What lies before the span that is asked for is passed over by arithmetic.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"}
MOST_TIMES = 4_000


class RuleError(Exception):
    """A rule that is not taken, in words with the fix."""


class Rule(NamedTuple):
    """Every `interval` weeks on `weekdays`, or every `interval` days (None). `most` times, or `until` a wall time, inclusive."""

    interval: int
    weekdays: tuple[int, ...] | None
    week_start: int
    most: int | None
    until: datetime | None


def rule_of(parts: Mapping[str, list[Any]], first: datetime, zone: tzinfo) -> Rule:
    """Of an RRULE as icalendar reads it, for an entry that begins at `first`. Raises RuleError."""
    if strange := sorted(set(parts) - KNOWN):
        raise RuleError(f"{strange[0]} in RRULE is not taken; write the shifts out one by one.")
    frequency = str(_only(parts, "FREQ", ""))
    if frequency not in ("DAILY", "WEEKLY"):
        raise RuleError(
            f"FREQ={frequency} in RRULE is not taken: DAILY and WEEKLY are; write other shifts out one by one."
        )
    weekdays = None
    if frequency == "WEEKLY":
        weekdays = tuple(sorted({_weekday(day) for day in parts.get("BYDAY") or [first.weekday()]}))
    elif parts.get("BYDAY"):
        raise RuleError("BYDAY goes with FREQ=WEEKLY only.")
    interval, count = int(_only(parts, "INTERVAL", 1)), _only(parts, "COUNT", None)
    if not 1 <= interval <= 1_000 or (count is not None and not 1 <= int(count) <= MOST_TIMES):
        raise RuleError(f"INTERVAL has to be from 1 to 1000, and COUNT from 1 to {MOST_TIMES}.")
    until = _only(parts, "UNTIL", None)
    week_start = _weekday(_only(parts, "WKST", "MO"))
    return Rule(interval, weekdays, week_start, count and int(count), until and _until(until, zone))


def _only(parts: Mapping[str, list[Any]], name: str, default: Any) -> Any:
    values = parts.get(name)
    return values[0] if values else default


def _weekday(day: Any) -> int:
    if isinstance(day, int):
        return day
    if str(day).upper() not in DAYS:
        raise RuleError(f"{day} in RRULE is not taken; write a day such as MO, without a number.")
    return DAYS[str(day).upper()]


def _until(value: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time.max)
    return value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value


def times(first: datetime, rule: Rule, after: datetime, before: datetime) -> Iterator[datetime]:
    """Wall times at which the entry begins, those in [after, before)."""
    unit = timedelta(weeks=rule.interval) if rule.weekdays is not None else timedelta(days=rule.interval)
    begin, offsets = _period(first, rule)
    number = 0 if rule.most is not None else max((after - begin) // unit, 0)
    seen = 0
    while True:
        for offset in offsets:
            moment = begin + unit * number + offset
            if moment >= before or (rule.until is not None and moment > rule.until):
                return
            if moment < first:
                continue
            seen += 1
            if moment >= after:
                yield moment
            if seen == rule.most:
                return
        number += 1


def _period(first: datetime, rule: Rule) -> tuple[datetime, list[timedelta]]:
    """The beginning of the first week, and how far into a week the entry begins; for days the first time itself."""
    if rule.weekdays is None:
        return first, [timedelta()]
    begin = first - timedelta(days=(first.weekday() - rule.week_start) % 7)
    return begin, [timedelta(days=days) for days in sorted((day - rule.week_start) % 7 for day in rule.weekdays)]


def instant_key(moment: date | datetime, zone: tzinfo) -> datetime:
    """An EXDATE or RECURRENCE-ID as an instant, to compare."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
