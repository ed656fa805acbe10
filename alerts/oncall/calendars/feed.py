"""On-call time as an iCalendar that calendar programs subscribe to. Pure.

RFC 5545, with REFRESH-INTERVAL and NAME of RFC 7986 beside the older X- names that Outlook and Google read. Times are in UTC. A UID says
schedule, person and start, so that an entry keeps it from one reading to the next while it stays where it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

PRODUCT = "-//Opsportal//On-call//EN"
REFRESH = timedelta(hours=1)
MONTHS_AHEAD = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody's unbroken time on call in one schedule; `changed_at` is when the schedule last changed."""

    schedule_id: int
    schedule: str
    person_id: int
    person: str
    start: datetime
    end: datetime
    changed_at: datetime
    url: str = ""


def window(now: datetime) -> tuple[datetime, datetime]:
    """What a feed holds: whole months of UTC, from the last one to six ahead, so that its edges move once a month."""
    return _month(now, -1), _month(now, MONTHS_AHEAD + 1)


def _month(now: datetime, ahead: int) -> datetime:
    years, month = divmod(now.astimezone(UTC).month - 1 + ahead, 12)
    return datetime(now.astimezone(UTC).year + years, month + 1, 1, tzinfo=UTC)


def calendar(name: str, entries: Iterable[Entry]) -> bytes:
    """The whole file."""
    found = Calendar()
    for key, value in (("prodid", PRODUCT), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", "PUBLISH")):
        found.add(key, value)
    found.add("name", name)
    found.add("x-wr-calname", name)
    found.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", "PT1H")
    for entry in entries:
        found.add_component(_event(entry))
    return bytes(found.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    start = entry.start.astimezone(UTC)
    event.add("uid", f"{entry.schedule_id}-{entry.person_id}-{start:%Y%m%dT%H%M%SZ}@oncall.opsportal")
    event.add("dtstamp", entry.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", start)
    event.add("dtend", entry.end.astimezone(UTC))
    event.add("summary", f"{entry.person} on call: {entry.schedule}")
    event.add("transp", "TRANSPARENT")  # on call is not busy
    if entry.url:
        event.add("url", entry.url)
    return event
