"""When enough has happened within a window. Pure."""

from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Hit(NamedTuple):
    """Events of one label set: when, what is counted apart (or the number of the step), how many. `fresh`: not looked at before."""

    at: datetime
    value: str
    hits: int
    fresh: bool


class Reached(NamedTuple):
    """Whether it was enough, and how much there was."""

    enough: bool
    amount: float


def counted(hits: Sequence[Hit], window: timedelta, enough: int, distinct: bool, now: datetime) -> Reached:
    """Whether a window (end - window, end] holds `enough` hits, or distinct values: the one that ends now, or one that ends at a fresh hit.

    A hit that came late counts in the window of its own time, so that none is passed over. `hits` ascend in time.
    """
    within: deque[Hit] = deque()
    values: Counter[str] = Counter()
    best, total = 0, 0
    for hit in hits:
        if hit.at > now:
            break
        within.append(hit)
        values[hit.value] += hit.hits
        total += hit.hits
        total -= _leave(within, values, hit.at - window)
        amount = len(values) if distinct else total
        if hit.fresh and amount >= enough:
            best = max(best, amount)
    total -= _leave(within, values, now - window)
    present = len(values) if distinct else total
    return Reached(present >= enough or best >= enough, float(max(present, best)))


def _leave(within: deque[Hit], values: Counter[str], until: datetime) -> int:
    """Take out what happened up to `until`; how many hits that were."""
    gone = 0
    while within and within[0].at <= until:
        hit = within.popleft()
        gone += hit.hits
        values[hit.value] -= hit.hits
        if not values[hit.value]:
            del values[hit.value]
    return gone


def in_sequence(hits: Sequence[Hit], window: timedelta, steps: int, now: datetime) -> Reached:
    """Whether steps 0, 1, … happened in this order within a window that has not passed, or that a fresh hit completed.

    Each step is paired with the latest run of the steps before it, which is the one that ends soonest.
    """
    begun: list[datetime | None] = [None] * steps  # when the latest run that reached the step began
    enough, furthest = False, 0
    for hit in hits:
        if hit.at > now:
            break
        step = int(hit.value)
        start = hit.at if step == 0 else begun[step - 1]
        if start is None or hit.at - start >= window:
            continue
        begun[step] = start
        if step == steps - 1 and (hit.fresh or now - hit.at < window):
            enough = True
        furthest = max(furthest, step + 1)
    return Reached(enough, float(steps if enough else furthest))
