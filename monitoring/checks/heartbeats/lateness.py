"""What a job's pings mean now: in time, late within its grace, overdue, failed, or started and not ended. Pure; the
clock is passed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitoring.checks.choices import PingKind
from monitoring.checks.heartbeats.pairing import Ping, Runs
from monitoring.checks.heartbeats.schedule import Cron, Schedule


class Standing(StrEnum):
    WAITING = "waiting"  # never heard of, and not expected yet
    IN_TIME = "in_time"
    RUNNING = "running"
    IN_GRACE = "in_grace"  # expected, and not overdue yet
    OVERDUE = "overdue"
    HUNG = "hung"  # started, and not ended in the time a run may take
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Expectation:
    """When a job is expected, how late it may be, how long a run may take, and since when it is watched."""

    schedule: Schedule
    grace: timedelta
    max_run: timedelta
    watched_since: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """`expected_at`: the next sign of life; `deadline`: when its absence, or a run's length, becomes a fault; `run`:
    the open run meant."""

    standing: Standing
    expected_at: datetime
    deadline: datetime
    run: Ping | None = None


def judge(runs: Runs, expectation: Expectation, now: datetime) -> Judgement:
    """The gravest that holds: a run that hangs, then a failure, then lateness.

    While a run is under way, only its own length counts. A failure stands until the next success: a new start does
    not mend it.
    """
    expected_at = expectation.schedule.expected_after(_reference(runs, expectation), expectation.grace)
    overdue_at = expected_at + expectation.grace
    oldest, newest = (runs.open_starts[0], runs.open_starts[-1]) if runs.open_starts else (None, None)
    if oldest and now > oldest.time + expectation.max_run:
        return Judgement(Standing.HUNG, expected_at, oldest.time + expectation.max_run, oldest)
    if runs.end and runs.end.kind == PingKind.FAIL:
        return Judgement(Standing.FAILED, expected_at, overdue_at, newest)
    if newest:
        return Judgement(Standing.RUNNING, expected_at, newest.time + expectation.max_run, newest)
    return Judgement(_standing(runs, expected_at, overdue_at, now), expected_at, overdue_at)


def _standing(runs: Runs, expected_at: datetime, overdue_at: datetime, now: datetime) -> Standing:
    if now > overdue_at:
        return Standing.OVERDUE
    if now > expected_at:
        return Standing.IN_GRACE
    return Standing.IN_TIME if runs.end else Standing.WAITING


def _reference(runs: Runs, expectation: Expectation) -> datetime:
    """The sign of life the next is counted from. A cron line names starts, so there the run's start counts where it
    is known."""
    if not runs.end:
        return expectation.watched_since
    if isinstance(expectation.schedule, Cron) and runs.end_started_at:
        return runs.end_started_at
    return runs.end.time
