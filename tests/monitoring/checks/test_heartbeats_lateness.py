"""Pings into runs, and runs into a standing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.checks.choices import PingKind
from monitoring.checks.heartbeats.lateness import Expectation, Judgement, Standing, judge
from monitoring.checks.heartbeats.pairing import Ping, duration_of, runs_of
from monitoring.checks.heartbeats.schedule import Cron, Every, Schedule

START, SUCCESS, FAIL = PingKind.START, PingKind.SUCCESS, PingKind.FAIL

T0 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
A, B = uuid4(), uuid4()
HOURLY = Every(timedelta(hours=1))


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def ping(minutes: float, kind: str = SUCCESS, run_id: UUID | None = None) -> Ping:
    return Ping(at(minutes), kind, run_id)


def judged(pings: list[Ping], now: float, schedule: Schedule = HOURLY) -> Judgement:
    """With 5 minutes of grace and 20 for a run, watched since 08:00."""
    expectation = Expectation(schedule, timedelta(minutes=5), timedelta(minutes=20), T0)
    return judge(runs_of(pings), expectation, at(now))


STANDINGS = [
    ([], 30, Standing.WAITING),
    ([], 62, Standing.IN_GRACE),
    ([], 66, Standing.OVERDUE),
    ([ping(0)], 60, Standing.IN_TIME),
    ([ping(0)], 65, Standing.IN_GRACE),
    ([ping(0)], 65.1, Standing.OVERDUE),
    ([ping(0, FAIL)], 1, Standing.FAILED),
    ([ping(0, FAIL), ping(1)], 2, Standing.IN_TIME),
    ([ping(0, FAIL), ping(1, START)], 2, Standing.FAILED),
    ([ping(0), ping(50, START)], 66, Standing.RUNNING),
    ([ping(0), ping(50, START)], 70.1, Standing.HUNG),
    ([ping(0, START, A), ping(1, START, B), ping(2, SUCCESS, B)], 30, Standing.IN_TIME),
    ([ping(0, START, A), ping(1, START, B), ping(2, SUCCESS, A)], 10, Standing.RUNNING),
    ([ping(0, START, A), ping(1, START, B), ping(2, SUCCESS, A)], 30, Standing.HUNG),
    ([ping(0, START), ping(15, START)], 30, Standing.RUNNING),
    ([ping(0, START, A), ping(2, FAIL, B)], 30, Standing.HUNG),
]


@pytest.mark.parametrize(("pings", "now", "standing"), STANDINGS)
def test_pings_have_a_standing(pings: list[Ping], now: float, standing: Standing) -> None:
    assert judged(pings, now).standing == standing


def test_a_cron_job_is_expected_after_its_last_start_not_its_end() -> None:
    long_run = [ping(0.1, START), ping(58, SUCCESS)]
    judgement = judged(long_run, 61, Cron("0 * * * *", "UTC"))
    assert (judgement.standing, judgement.expected_at) == (Standing.IN_GRACE, at(60))


def test_an_end_belongs_to_the_start_of_its_id() -> None:
    before = [ping(0, START, A), ping(1, START, B), ping(2, START)]
    assert duration_of(before, ping(10, SUCCESS, A)) == timedelta(minutes=10)
    assert duration_of(before, ping(10, FAIL)) == timedelta(minutes=8)
    assert duration_of(before, ping(10, FAIL, uuid4())) is None


some_pings = st.lists(
    st.tuples(st.integers(0, 500), st.sampled_from([START, SUCCESS, FAIL]), st.sampled_from([None, A, B])), max_size=20
)


@given(some_pings)
def test_no_run_is_open_after_its_end(drawn: list[tuple[int, str, UUID | None]]) -> None:
    pings = [ping(minutes, kind, run_id) for minutes, kind, run_id in sorted(drawn, key=lambda one: one[0])]
    runs = runs_of(pings)
    assert all(start.kind == START for start in runs.open_starts)
    assert len({start.run_id for start in runs.open_starts}) == len(runs.open_starts)
    if pings and pings[-1].kind == SUCCESS:
        assert all(start.run_id != pings[-1].run_id for start in runs.open_starts)


@given(some_pings, st.integers(501, 2000), st.integers(0, 2000))
def test_silence_never_mends_anything(drawn: list[tuple[int, str, UUID | None]], now: int, later: int) -> None:
    pings = [ping(minutes, kind, run_id) for minutes, kind, run_id in sorted(drawn, key=lambda one: one[0])]
    down = {Standing.OVERDUE, Standing.HUNG, Standing.FAILED}
    if judged(pings, now).standing in down:
        assert judged(pings, now + later).standing in down
