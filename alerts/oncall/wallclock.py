"""Between instants and the times that a wall clock shows. Pure.

An instant is an aware datetime in UTC, a wall time a naive one. Where the clock was set back a wall time comes twice, where it was set
forward some never come:

- `first_instant(wall)` is when the clock shows `wall` for the first time, or steps over it.
- `last_instant(wall)` is when the clock shows `wall` for the last time, or steps over it.

Both are the same instant for nearly every wall time; for one that does not exist both are the moment of the step, which is the next
instant that exists. Both grow with `wall`. (zoneinfo tells the two readings of a wall time by `fold`, PEP 495. No two steps of the IANA
database are closer than four days, so there are never three.)
"""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from math import ceil, floor

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall_time(instant: datetime, zone: tzinfo) -> datetime:
    """What the clock shows at an instant; naive."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def first_instant(wall: datetime, zone: tzinfo) -> datetime:
    """The first time the clock shows `wall`; in UTC."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if early <= late:
        return early
    return step_between(late, early, zone)


def last_instant(wall: datetime, zone: tzinfo) -> datetime:
    """The last time the clock shows `wall`; in UTC."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if early <= late:
        return late
    return step_between(late, early, zone)


@lru_cache(maxsize=4096)
def step_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The instant, to the second, from which the clock shows the offset it has at `after`, by halving."""
    offset = after.astimezone(zone).utcoffset()
    low, high = floor(before.timestamp()), ceil(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        same = (EPOCH + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset
        low, high = (low, middle) if same else (middle, high)
    return EPOCH + timedelta(seconds=high)
