"""Looks once a day, and after every change, whether somebody is on call throughout the next 14 days.

A gap is warned of once: when it is first seen, or when a change makes a new one among days that were looked at before. A gap that comes
into view only because a day went by is warned of if there was none before; a schedule that has nobody at night by design would otherwise
warn every day.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Min, Q

from alerts.oncall.actions.common import SCHEDULES, subject_of
from alerts.oncall.models import Schedule
from alerts.oncall.queries import final_schedule
from alerts.oncall.rotation import Span, merged
from alerts.oncall.timeline import Stretch, gaps
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from opsportal.sweeps import Sweep
from security.access.models import User

AHEAD = timedelta(days=14)
EVERY = timedelta(days=1)
BATCH = 20


class Seen(NamedTuple):
    """What the look before found, as kept in Schedule.gaps_warned; `until` None: there was none."""

    until: datetime | None
    gaps: list[Span]


def gaps_sweep(now: datetime) -> datetime | None:
    """Look at the schedules that are due; when the next one is."""
    due = Q(gaps_next_at__isnull=True) | Q(gaps_next_at__lte=now)
    with transaction.atomic():
        found = list(Schedule.objects.select_for_update(skip_locked=True).filter(due).order_by("pk")[:BATCH])
        for schedule in found:
            gaps_look(schedule, now)
    if len(found) == BATCH:
        return now
    next_at: datetime | None = Schedule.objects.aggregate(at=Min("gaps_next_at"))["at"]
    return next_at


def gaps_look(schedule: Schedule, now: datetime) -> None:
    """Look ahead in one schedule, warn of what is new, and remember what was seen."""
    until = now + AHEAD
    active = frozenset(User.objects.filter(is_active=True).values_list("pk", flat=True))
    holes = gaps(present(final_schedule(schedule, now, until), active))
    if new := unheard_of(holes, seen_of(schedule.gaps_warned)):
        _warn(schedule, new, now)
    schedule.gaps_warned = kept(Seen(until, holes))
    schedule.gaps_next_at = now + EVERY
    Schedule.objects.filter(pk=schedule.pk).update(gaps_warned=schedule.gaps_warned, gaps_next_at=schedule.gaps_next_at)


def present(stretches: Sequence[Stretch], active: frozenset[int]) -> list[Stretch]:
    """Without those whose accounts are off: they cannot be told."""
    return [piece._replace(people=tuple(pk for pk in piece.people if pk in active)) for piece in stretches]


def unheard_of(holes: Sequence[Span], seen: Seen) -> list[Span]:
    """Those to warn of: no part of them was warned of, and they are new to a known day or the first of all."""
    new = [hole for hole in holes if not any(hole.start <= old.end and hole.end >= old.start for old in seen.gaps)]
    if seen.until is None or not seen.gaps:
        return new
    return [hole for hole in new if hole.start < seen.until]


def seen_of(stored: Any) -> Seen:
    if not stored:
        return Seen(None, [])
    return Seen(
        datetime.fromisoformat(stored["until"]),
        [Span(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in stored["gaps"]],
    )


def kept(seen: Seen) -> dict[str, Any]:
    """As JSON."""
    spans = merged(sorted(seen.gaps))
    return {
        "until": seen.until and seen.until.isoformat(),
        "gaps": [[span.start.isoformat(), span.end.isoformat()] for span in spans],
    }


def _warn(schedule: Schedule, holes: Sequence[Span], now: datetime) -> None:
    hours = sum((hole.end - hole.start for hole in holes), timedelta()) / timedelta(hours=1)
    first = holes[0].start.astimezone(UTC)
    when = "now" if holes[0].start <= now else f"from {first:%Y-%m-%d %H:%M} UTC"
    times = "once" if len(holes) == 1 else f"{len(holes)} times"
    event_emit(
        kind="alerts.schedule.gap",
        severity=Severity.WARNING,
        subject=subject_of(schedule),
        summary=f"Nobody is on call in {schedule} {times} within 14 days, first {when}: {hours:.1f} hours altogether",
        payload={"gaps": kept(Seen(None, list(holes)))["gaps"][:50]},
        time=now,
    )


SCHEDULE_SWEEPS: tuple[Sweep, ...] = (Sweep("gaps in schedules", gaps_sweep, wake=(SCHEDULES,), pause_s=60.0),)
