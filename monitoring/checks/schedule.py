"""When a check runs next. Pure."""

import math
from datetime import UTC, datetime, timedelta
from zlib import crc32

# A new check that fails is asked again this soon: somebody may be waiting to see whether it works.
FIRST_RETRY_S = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def phase_s(check_id: int, interval_s: float) -> float:
    """The check's own offset within its interval, the same for ever, so that checks of one interval spread evenly over it."""
    return crc32(check_id.to_bytes(8)) / 2**32 * interval_s


def next_run(check_id: int, interval_s: float, now: datetime) -> datetime:
    """The first time after `now` on the check's grid: k * interval + phase. A late run does not shift the runs that follow."""
    phase = phase_s(check_id, interval_s)
    seconds = (now - EPOCH).total_seconds()
    turns = math.floor((seconds - phase) / interval_s) + 1
    return EPOCH + timedelta(seconds=turns * interval_s + phase)


def next_try(check_id: int, interval_s: float, retry_interval_s: float | None, hard: bool, now: datetime) -> datetime:
    """As `next_run`, or sooner by the retry interval while a change is not confirmed."""
    planned = next_run(check_id, interval_s, now)
    if hard or retry_interval_s is None:
        return planned
    return min(planned, now + timedelta(seconds=retry_interval_s))
