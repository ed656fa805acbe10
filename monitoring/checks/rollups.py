"""Seconds spent in each status, slot by slot. Pure; `rolling` reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.checks.choices import Status

SLOT_S = 900
HOUR_S = 3600
DAY_S = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

COLUMNS = {
    Status.UP: "up_s",
    Status.DEGRADED: "degraded_s",
    Status.DOWN: "down_s",
    Status.UNKNOWN: "unknown_s",
    Status.STALE: "unknown_s",
    Status.MAINTENANCE: "excluded_s",
    Status.PAUSED: "excluded_s",
    Status.PENDING: "excluded_s",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """A confirmed change of status at a time."""

    time: datetime
    before: Status
    after: Status


def slot_start(time: datetime, tier_s: int) -> datetime:
    """The start of the slot of `tier_s` seconds that holds `time`; slots are counted from the epoch, so days are UTC days."""
    seconds = int((time - EPOCH).total_seconds()) // tier_s * tier_s
    return EPOCH + timedelta(seconds=seconds)


def spent(start: datetime, end: datetime, turns: Sequence[Turn], last: Status) -> dict[str, float]:
    """Seconds per column in [start, end).

    `turns` are all changes from `start` on, in time order; `last` is the status after them, which is also the status throughout when
    there are none.
    """
    seconds = dict.fromkeys(COLUMNS.values(), 0.0)
    status, since = (turns[0].before if turns else last), start
    for turn in turns:
        if turn.time >= end:
            break
        seconds[COLUMNS[status]] += max((turn.time - since).total_seconds(), 0.0)
        status, since = turn.after, max(turn.time, since)
    seconds[COLUMNS[status]] += (end - since).total_seconds()
    return seconds
