"""Entries of an iCalendar file as spans with the words that say who. Pure.

Each VEVENT is read by itself, so that a broken one is told by its line and the rest is read. Times without a zone are the schedule's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Event as VEvent

from alerts.oncall.calendars.repeating import RuleError, instant_key, rule_of, times
from alerts.oncall.wallclock import first_instant, last_instant

MOST_BYTES = 512 * 1024
MOST_EVENTS = 2_000
MOST_ENTRIES = 1_000
LONGEST = timedelta(days=366)
YEARS = range(1970, 2200)
Event = Any  # a VEVENT as icalendar reads it: properties by name, of some thirty types


@dataclass(frozen=True, slots=True)
class Found:
    """One span of a file. `key` names it among all spans of all files: the same entry has it again next time."""

    line: int
    key: str
    start: datetime
    end: datetime
    summary: str
    addresses: tuple[str, ...]


@dataclass(slots=True)
class Reading:
    """What a file holds that ends after now; `faults` are (line, words)."""

    entries: list[Found] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    past: int = 0


ONCE = ("DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "UID", "SUMMARY", "STATUS")


class EntryError(Exception):
    """What is wrong with one entry, in words."""


def read(content: bytes, zone: tzinfo, now: datetime, until: datetime) -> Reading:
    """Entries that have a part between `now` and `until`, repeated ones written out. Never raises for what the file holds."""
    reading = Reading()
    if len(content) > MOST_BYTES:
        return Reading(faults=[(0, f"The file has more than {MOST_BYTES // 1024} KB; export a shorter time.")])
    text = content.decode("utf-8-sig", errors="replace").replace("\x00", "")
    if "BEGIN:VCALENDAR" not in text.upper():
        return Reading(faults=[(1, "This is not an iCalendar file: it does not begin with BEGIN:VCALENDAR.")])
    spans: dict[str, Found] = {}
    for number, (line, block) in enumerate(_blocks(text)):
        if number == MOST_EVENTS or len(spans) > MOST_ENTRIES:
            reading.faults.append((line, "The file holds too many entries from here on; export a shorter time."))
            break
        try:
            _take(line, block, zone, (now, until), spans, reading)
        except (EntryError, RuleError) as error:
            reading.faults.append((line, str(error)))
    ahead = [one for one in spans.values() if one.end > now]
    reading.past += len(spans) - len(ahead)
    reading.entries = sorted(ahead, key=lambda one: (one.start, one.line))[:MOST_ENTRIES]
    return reading


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Each VEVENT with the number of its first line."""
    block: list[str] | None = None
    began = 0
    for number, line in enumerate(text.splitlines(), 1):
        word = line.strip().upper()
        if word == "BEGIN:VEVENT":
            block, began = [], number
        if block is not None:
            block.append(line)
        if word == "END:VEVENT" and block is not None:
            yield began, "\r\n".join(block) + "\r\n"
            block = None


def _take(
    line: int, block: str, zone: tzinfo, span: tuple[datetime, datetime], into: dict[str, Found], reading: Reading
) -> None:
    event = _parsed(block)
    start, home = _moment(event, "DTSTART", zone)
    length = _length(event, start, home)
    uid = str(event.get("UID") or f"{start.isoformat()} {event.get('SUMMARY', '')}")
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    if event.get("RECURRENCE-ID") is not None:  # one time of a repeated entry, moved or cancelled
        starts = {_key(uid, instant_key(_day_or_time(event["RECURRENCE-ID"], "RECURRENCE-ID"), home)): start}
    elif event.get("RRULE") is not None:
        starts = {} if cancelled else _repeated(event, uid, start, home, length, span)
    else:
        starts = {uid: start}
    for key, begins in starts.items():
        found = _found(line, key, begins, length, home, event)
        if cancelled:
            into.pop(key, None)
        elif found.end <= span[0]:
            reading.past += 1
        elif found.start < span[1]:
            into[key] = found


def _parsed(block: str) -> Event:
    try:
        event = VEvent.from_ical(block)
    except ValueError as error:
        raise EntryError(f"The entry cannot be read: {str(error)[:200]}") from None
    for name, words in event.errors:
        if name in (*ONCE, "EXDATE"):
            raise EntryError(f"{name} cannot be read: {str(words)[:200]}")
    if doubled := [name for name in ONCE if isinstance(event.get(name), list)]:
        raise EntryError(f"The entry has {doubled[0]} more than once.")
    return event


def _moment(event: Event, name: str, zone: tzinfo) -> tuple[datetime, tzinfo]:
    """A wall time and the zone it is of."""
    value = event.get(name)
    if value is None:
        raise EntryError(f"The entry has no {name}.")
    moment = _day_or_time(value, name)
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time()), zone
    if moment.tzinfo is not None:
        return moment.replace(tzinfo=None, fold=0), _known(moment.tzinfo)
    if named := value.params.get("TZID"):
        raise EntryError(f"The time zone {named!r} is not known; use a name such as Europe/Vienna, or UTC.")
    return moment, zone


def _day_or_time(value: Any, name: str) -> date | datetime:
    moment = getattr(value, "dt", None)
    if not isinstance(moment, date):
        raise EntryError(f"{name} is not a time.")
    if moment.year not in YEARS:
        raise EntryError(f"{name} is not between {YEARS[0]} and {YEARS[-1]}.")
    return moment


def _known(zone: tzinfo) -> tzinfo:
    """The zone by its name in the IANA database, whatever library read it."""
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    return ZoneInfo(name) if name else zone


def _length(event: Event, start: datetime, home: tzinfo) -> timedelta:
    """How long by the wall clock."""
    if event.get("DTEND") is not None:
        end, other = _moment(event, "DTEND", home)
        if other is not home:
            end = end.replace(tzinfo=other).astimezone(home).replace(tzinfo=None, fold=0)
        length = end - start
    elif isinstance(duration := getattr(event.get("DURATION"), "dt", None), timedelta):
        length = duration
    elif not isinstance(event["DTSTART"].dt, datetime):
        length = timedelta(days=1)
    else:
        raise EntryError("The entry has neither DTEND nor DURATION.")
    if not timedelta() < length <= LONGEST:
        raise EntryError(f"The end has to come after the start, by {LONGEST.days} days at most.")
    return length


def _repeated(
    event: Event, uid: str, start: datetime, home: tzinfo, length: timedelta, span: tuple[datetime, datetime]
) -> dict[str, datetime]:
    rule = rule_of(event["RRULE"], start, home)
    after, before = (moment.astimezone(home).replace(tzinfo=None, fold=0) for moment in span)
    left_out = set(_exceptions(event, home))
    starts: dict[str, datetime] = {}
    for moment in times(start, rule, after - length - timedelta(days=1), before):
        instant = first_instant(moment, home)
        if instant not in left_out:
            starts[_key(uid, instant)] = moment
        if len(starts) > MOST_ENTRIES:
            raise EntryError(f"The entry repeats more than {MOST_ENTRIES} times; export a shorter time.")
    return starts


def _exceptions(event: Event, home: tzinfo) -> Iterator[datetime]:
    given = event.get("EXDATE")
    for group in given if isinstance(given, list) else [given] if given is not None else []:
        for one in getattr(group, "dts", ()):
            yield instant_key(_day_or_time(one, "EXDATE"), home)


def _key(uid: str, instant: datetime) -> str:
    return f"{uid}/{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _found(line: int, key: str, begins: datetime, length: timedelta, home: tzinfo, event: Event) -> Found:
    people = event.get("ATTENDEE") or []
    addresses = [str(one) for one in (people if isinstance(people, list) else [people])]
    return Found(
        line=line,
        key=key,
        start=first_instant(begins, home),
        end=last_instant(begins + length, home),
        summary=str(event.get("SUMMARY", "")).strip()[:200],
        addresses=tuple(one.lower().removeprefix("mailto:") for one in addresses[:20]),
    )
