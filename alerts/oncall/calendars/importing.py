"""A calendar's entries as overrides: looked at first, then stored."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from alerts.oncall.actions.common import schedule_changed, subject_of
from alerts.oncall.calendars.entries import Found, read
from alerts.oncall.calendars.people import meant
from alerts.oncall.models import Override, Schedule
from monitoring.events.announcing import announce
from opsportal.writing import Person
from security.access.models import User

AHEAD = timedelta(days=400)
NEW, CHANGED, KNOWN = "new", "changed", "as it was"


@dataclass(frozen=True, slots=True)
class Planned:
    """One override to be; `state` is NEW, CHANGED or KNOWN, `override` the one there is."""

    entry: Found
    user: User
    state: str
    override: Override | None = None


@dataclass(slots=True)
class Preview:
    """What an import would do. `faults` are (line, words), by line; entries that are over are only counted."""

    planned: list[Planned] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    past: int = 0

    def count(self, state: str) -> int:
        return sum(one.state == state for one in self.planned)


def preview(*, schedule: Schedule, content: bytes, now: datetime) -> Preview:
    """What importing the file would do; stores nothing. At most six statements."""
    reading = read(content, ZoneInfo(schedule.time_zone), now, now + AHEAD)
    keys = [uid_of(entry) for entry in reading.entries]
    known = {one.uid: one for one in Override.objects.filter(schedule=schedule, uid__in=keys)}
    found = Preview(faults=list(reading.faults), past=reading.past)
    for entry, who in zip(reading.entries, meant(reading.entries), strict=True):
        if who.user is None:
            found.faults.append((entry.line, who.words))
        else:
            found.planned.append(_planned(entry, who.user, known.get(uid_of(entry))))
    found.faults.sort()
    return found


def uid_of(entry: Found) -> str:
    return entry.key[:300]


def _planned(entry: Found, user: User, stored: Override | None) -> Planned:
    if stored is None:
        return Planned(entry, user, NEW)
    same = (stored.user_id, stored.starts_at, stored.ends_at) == (user.pk, entry.start, entry.end)
    return Planned(entry, user, KNOWN if same else CHANGED, stored)


def _moved(override: Override, to: Planned) -> Override:
    override.user, override.reason = to.user, to.entry.summary
    override.starts_at, override.ends_at = to.entry.start, to.entry.end
    return override


@transaction.atomic
def overrides_import(*, schedule: Schedule, content: bytes, now: datetime, by: Person = None) -> Preview:
    """Store what `preview` shows of the file: each entry puts its person on call in place of everybody. What it did.

    Entries with faults are left out. Overrides of an earlier import that the file no longer has stay.
    """
    Schedule.objects.select_for_update().get(pk=schedule.pk)
    found = preview(schedule=schedule, content=content, now=now)
    fresh = [
        Override(
            schedule=schedule,
            user=one.user,
            starts_at=one.entry.start,
            ends_at=one.entry.end,
            reason=one.entry.summary,
            uid=uid_of(one.entry),
            created_by_id=by.pk if by else None,
        )
        for one in found.planned
        if one.override is None
    ]
    Override.objects.bulk_create(fresh)
    moved = [_moved(one.override, one) for one in found.planned if one.override and one.state == CHANGED]
    Override.objects.bulk_update(moved, ["user", "starts_at", "ends_at", "reason"])
    if fresh or moved:
        schedule_changed(schedule)
        announce(
            kind="alerts.schedule.imported",
            subject=subject_of(schedule),
            summary=f"{len(fresh)} new and {len(moved)} changed overrides of {schedule} were imported from a calendar",
            by=by,
            payload={"new": len(fresh), "changed": len(moved), "left_out": len(found.faults)},
        )
    return found
