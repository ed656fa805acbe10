"""Made-up schedules around the nights on which a zone's clock is set, for property tests."""

import zoneinfo
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from hypothesis import strategies as st

from alerts.oncall.rotation import Restriction, Rotation
from alerts.oncall.timeline import Cover, Plan

ZONES = sorted(zoneinfo.available_timezones())
ODD_ZONES = [
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Europe/Dublin",
    "Asia/Gaza",
    "Africa/Monrovia",
]
FIRST, LAST = datetime(1890, 1, 1, tzinfo=UTC), datetime(2110, 1, 1, tzinfo=UTC)
LONGEST = {"hourly": 30, "daily": 10, "weekly": 5, "monthly": 7}
STEP = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
UP_TO_TWO_DAYS = st.integers(0, 48 * 60).map(lambda minutes: timedelta(minutes=minutes))
MOST_TURNS = {
    "hourly": 40,
    "daily": 60,
    "weekly": 60,
    "monthly": 30,
}  # that lie between the start of a layer and what is looked at
NEAR: st.SearchStrategy[int] = st.integers(-300, 300) | st.sampled_from([-60, -30, 0, 30, 60])
PEOPLE = st.integers(1, 5)


class Case(NamedTuple):
    zone: zoneinfo.ZoneInfo
    plan: Plan
    start: datetime
    minutes: int


@cache
def changes(name: str) -> list[datetime]:
    """The instants, to the minute, at which a zone's clock was or will be set."""
    zone, found = zoneinfo.ZoneInfo(name), []
    before, step = FIRST, timedelta(days=10)
    while before < LAST:
        after = before + step
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = before, after
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        before = after
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    name = draw(st.sampled_from(ZONES) | st.sampled_from(ODD_ZONES))
    zone, nights = zoneinfo.ZoneInfo(name), changes(name)
    kind = draw(st.integers(0, 5))
    if nights and kind > 1:
        middle = draw(st.sampled_from(nights))
    elif kind == 1:
        middle = datetime(draw(st.integers(1891, 2108)), draw(st.integers(1, 12)), 1, tzinfo=UTC) - draw(UP_TO_TWO_DAYS)
    else:
        middle = FIRST + timedelta(minutes=draw(st.integers(10_000, (LAST - FIRST) // timedelta(minutes=1) - 10_000)))
    start = middle - timedelta(minutes=draw(st.integers(0, 36 * 60) | st.integers(-10, 90)))
    layers = draw(st.lists(layer(zone, middle), min_size=1, max_size=3))
    covers = draw(st.lists(cover(middle), max_size=4))
    plan = Plan(tuple(layers), tuple(replace(one, order=number) for number, one in enumerate(covers)))
    return Case(zone, plan, start, 60 * draw(st.sampled_from([3, 24, 48, 72])))


@st.composite
def layer(draw: st.DrawFn, zone: zoneinfo.ZoneInfo, middle: datetime) -> Rotation:
    """A layer with a hand-off within a few hours of `middle` at times, and one that starts or ends near it at times."""
    kind = draw(st.sampled_from(sorted(LONGEST)))
    length = draw(st.integers(1, LONGEST[kind]))
    near = middle + timedelta(minutes=draw(NEAR))
    wall = draw(first_handoff(near.astimezone(zone).replace(tzinfo=None, fold=0), kind, length))
    seconds = draw(st.sampled_from([0, 0, 0, 17]))
    starts_at = wall.replace(tzinfo=zone, fold=draw(st.integers(0, 1))).astimezone(UTC).replace(second=seconds)
    ends_at = near + timedelta(minutes=draw(st.integers(1, 3000))) if draw(st.integers(0, 5)) == 0 else None
    return Rotation(
        kind=kind,
        length=length,
        starts_at=starts_at,
        ends_at=ends_at if ends_at is None or ends_at > starts_at else None,
        zone=zone,
        members=tuple(draw(st.lists(PEOPLE, min_size=int(draw(st.integers(0, 9)) > 0), max_size=4))),
        restrictions=tuple(draw(st.lists(restriction(near.astimezone(zone)), max_size=3)))
        if draw(st.booleans())
        else (),
    )


@st.composite
def first_handoff(draw: st.DrawFn, near: datetime, kind: str, length: int) -> datetime:
    """A wall time some turns before `near`; of months on a day that a shorter one has only as its last."""
    turns = length * draw(st.integers(0, MOST_TURNS[kind]))
    if kind != "monthly":
        return near - STEP[kind] * turns
    first = near - relativedelta(months=turns)
    last = (first.replace(day=1) + relativedelta(months=1) - timedelta(days=1)).day
    ends_its_month = (near + timedelta(days=1)).month != near.month
    return first.replace(day=draw(st.integers(first.day, last))) if ends_its_month else first


@st.composite
def restriction(draw: st.DrawFn, near: datetime) -> Restriction:
    weekday = st.none() | st.just(near.weekday()) | st.integers(0, 6)
    return Restriction(draw(weekday), draw(clock_time(near)), draw(clock_time(near)))


def clock_time(near: datetime) -> st.SearchStrategy[time]:
    """Often one of the hours in which this clock is set."""
    then = time(near.hour, near.minute)
    night = st.builds(time, st.integers(0, 4), st.sampled_from([0, 0, 30, 59]))
    return st.just(then) | night | st.builds(time, st.integers(0, 23), st.integers(0, 59))


@st.composite
def cover(draw: st.DrawFn, middle: datetime) -> Cover:
    start = middle + timedelta(minutes=draw(st.integers(-3000, 3000)))
    end = start + timedelta(minutes=draw(st.integers(1, 2000)))
    return Cover(start, end, draw(PEOPLE | st.none()), draw(st.none() | PEOPLE))
