"""When a rule is evaluated. Pure."""

import math
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def phase_s(unit: str, interval_s: float) -> float:
    """The place of a unit within its interval, the same for ever, in whole seconds.

    Units of one interval spread evenly over it, and those that share a second are asked together.
    """
    number = int.from_bytes(blake2b(unit.encode(), digest_size=8).digest())
    return float(math.floor(number / 2**64 * interval_s))


def latest(unit: str, interval_s: float, now: datetime) -> datetime:
    """The last time of the unit's grid (k * interval + phase) that is not after `now`."""
    phase = phase_s(unit, interval_s)
    turns = math.floor(((now - EPOCH).total_seconds() - phase) / interval_s)
    return _at(turns, interval_s, phase, now)


def following(unit: str, interval_s: float, after: datetime) -> datetime:
    """The first time of the grid after a moment."""
    phase = phase_s(unit, interval_s)
    turns = math.floor(((after - EPOCH).total_seconds() - phase) / interval_s) + 1
    found = _at(turns, interval_s, phase, after)
    return found if found > after else _at(turns + 1, interval_s, phase, after)


def _at(turns: int, interval_s: float, phase: float, near: datetime) -> datetime:
    return EPOCH + timedelta(seconds=turns * interval_s + phase)


def rounds(unit: str, interval_s: float, due: datetime, now: datetime) -> tuple[datetime, int]:
    """What to evaluate of what is due since `due`: the time of the evaluation, and how many rounds before it were missed.

    Nothing is caught up: of several rounds the latest counts. Asked for between two times of the grid, it is evaluated as of then.
    """
    at = latest(unit, interval_s, now)
    if at <= due:
        return due, 0
    return at, math.floor((at - due).total_seconds() / interval_s + 1e-6)
