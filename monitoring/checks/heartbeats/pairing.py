"""Runs out of pings: which start belongs to which end. Pure; pings come oldest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from monitoring.checks.choices import PingKind


class Ping(NamedTuple):
    """What a job said, and when. `kind` is start, success or fail; lines of log are no part of a run."""

    time: datetime
    kind: str
    run_id: UUID | None = None
    exit_code: int | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class Runs:
    """What follows from a job's pings: its last end with that run's start, where known, and the runs still open,
    oldest first."""

    end: Ping | None
    end_started_at: datetime | None
    open_starts: tuple[Ping, ...]


def runs_of(pings: Iterable[Ping]) -> Runs:
    """Pair every end with its start.

    A run with an id ends with the end of that id. An end without an id ends the last start without one; a second such
    start takes the place of the first (the job was started anew). A success ends every run begun before the one that
    succeeded: whatever became of those, the job has worked since.
    """
    opened: dict[UUID | None, Ping] = {}
    end: Ping | None = None
    end_started_at: datetime | None = None
    for ping in pings:
        if ping.kind == PingKind.START:
            opened.pop(ping.run_id, None)
            opened[ping.run_id] = ping
            continue
        start = opened.pop(ping.run_id, None)
        end, end_started_at = ping, start.time if start else None
        if ping.kind == PingKind.SUCCESS:
            since = start.time if start else ping.time
            opened = {run_id: other for run_id, other in opened.items() if other.time > since}
    return Runs(end, end_started_at, tuple(opened.values()))


def duration_of(before: Sequence[Ping], end: Ping) -> timedelta | None:
    """How long the run that `end` ends has taken, given the pings before it; None when its start is not known."""
    start = next((other for other in runs_of(before).open_starts if other.run_id == end.run_id), None)
    return end.time - start.time if start else None
