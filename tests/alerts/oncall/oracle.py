"""Who is on call, decided for each minute by reading the clock: slow, without any arithmetic of shifts. Written from docs/on-call.md.

The clock is read at every minute of UTC of a few days, and at every second of a minute in which it is set. From these readings follow, for
each minute: `shown`, the latest time that the clock has shown by then, so that a wall time was reached (its first occurrence, or the step
over it) if it is not after `shown`; and `to_come`, so that the last occurrence of a wall time (or the step over it) is still to come if it
is after `to_come`: the clock is before it, or will show it or something earlier again. Arrays of minutes hold sets of people as bits.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import count

import numpy as np
from dateutil.relativedelta import relativedelta
from numpy.typing import NDArray

from alerts.oncall.rotation import Restriction, Rotation
from alerts.oncall.timeline import Plan

Minutes = NDArray[np.int64]
NOON = datetime(1970, 1, 1)
PAD = timedelta(hours=26)  # a clock was never set back by more than a day


@dataclass(frozen=True)
class Watch:
    """The readings of a zone's clock from `start` on; arrays over minutes of microseconds, UTC and wall time."""

    start: datetime
    minutes: Minutes
    shown: Minutes
    to_come: Minutes


def micro(moment: datetime) -> int:
    """Microseconds since 1970, of what is written, whatever the zone."""
    return (moment.replace(tzinfo=None) - NOON) // timedelta(microseconds=1)


def ahead(instant: datetime, zone: tzinfo) -> int:
    """By how many microseconds the clock is ahead of UTC."""
    offset = instant.astimezone(zone).utcoffset() or timedelta()
    return (offset.days * 86_400 + offset.seconds) * 1_000_000


def watch(zone: tzinfo, start: datetime, minutes: int) -> Watch:
    """Read the clock. `start` is a full minute of UTC."""
    begin, total = start - PAD, minutes + 2 * (PAD // timedelta(minutes=1))
    instants = [begin + timedelta(minutes=number) for number in range(total)]
    utc = micro(begin) + 60_000_000 * np.arange(total)
    read = (utc + np.array([ahead(instant, zone) for instant in instants])).tolist()
    latest = list(read)
    again = [*read[1:], read[-1]]  # the least that is read after a minute's first instant
    for number in range(1, total):
        if read[number] - read[number - 1] != 60_000_000:
            seconds = [micro((instants[number - 1] + timedelta(seconds=s)).astimezone(zone)) for s in range(1, 60)]
            latest[number] = max(read[number], *(one + 999_999 for one in seconds))
            again[number - 1] = min(read[number], *seconds)
    shown = np.maximum.accumulate(np.array(latest))
    later = np.minimum.accumulate(np.array(again)[::-1])[::-1]
    to_come = np.minimum(np.array(read), later - 1)
    part = slice(PAD // timedelta(minutes=1), total - PAD // timedelta(minutes=1))
    return Watch(start, utc[part], shown[part], to_come[part])


def between(seen: Watch, first: datetime, last: datetime) -> NDArray[np.bool_]:
    """The minutes from the first occurrence of one wall time to the last one of another."""
    return (micro(first) <= seen.shown) & (micro(last) > seen.to_come)


def people_of_layer(layer: Rotation, seen: Watch) -> Minutes:
    """Bits of the people of one layer, for each minute."""
    out = np.zeros(len(seen.minutes), dtype=np.int64)
    if not layer.members:
        return out
    anchor = layer.starts_at.astimezone(layer.zone).replace(tzinfo=None, fold=0)
    for number in count():
        first, last = (anchor + turns(layer, number + n) for n in (0, 1))
        if micro(first) > seen.shown[-1]:
            break
        if micro(last) > seen.to_come[0]:
            out |= np.where(between(seen, first, last), 1 << layer.members[number % len(layer.members)], 0)
    alive = micro(layer.starts_at) <= seen.minutes
    if layer.ends_at is not None:
        alive &= seen.minutes < micro(layer.ends_at)
    return np.where(alive & allowed(layer.restrictions, seen), out, 0)


def turns(layer: Rotation, number: int) -> relativedelta:
    units = layer.length * number
    return {
        "hourly": relativedelta(hours=units),
        "daily": relativedelta(days=units),
        "weekly": relativedelta(weeks=units),
        "monthly": relativedelta(months=units),
    }[layer.kind]


def allowed(restrictions: tuple[Restriction, ...], seen: Watch) -> NDArray[np.bool_]:
    if not restrictions:
        return np.ones(len(seen.minutes), dtype=bool)
    out = np.zeros(len(seen.minutes), dtype=bool)
    day = (NOON + timedelta(microseconds=int(seen.to_come[0]))).date() - timedelta(days=3)
    while micro(datetime.combine(day, datetime.min.time())) <= seen.shown[-1]:
        for one in restrictions:
            if one.weekday is None or one.weekday == day.weekday():
                out |= between(seen, *span(one, day))
        day += timedelta(days=1)
    return out


def span(one: Restriction, day: date) -> tuple[datetime, datetime]:
    over_midnight = one.end <= one.start
    return datetime.combine(day, one.start), datetime.combine(day + timedelta(days=over_midnight), one.end)


def people_of_plan(plan: Plan, zone: tzinfo, start: datetime, minutes: int) -> Minutes:
    """Bits of who is on call in each minute that begins at `start` plus so many."""
    seen = watch(zone, start, minutes)
    out = np.zeros(minutes, dtype=np.int64)
    for layer in plan.layers:
        theirs = people_of_layer(layer, seen)
        out = np.where(theirs != 0, theirs, out)
    for cover in sorted(plan.covers, key=lambda one: one.order):
        holds = (micro(cover.start.astimezone(UTC)) <= seen.minutes) & (seen.minutes < micro(cover.end.astimezone(UTC)))
        comes = 0 if cover.person is None else 1 << cover.person
        leaves = ~0 if cover.replaces is None else 1 << cover.replaces
        if cover.replaces is not None:
            holds &= out & leaves != 0
        out = np.where(holds, out & ~leaves | comes, out)
    return out
