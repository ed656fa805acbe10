"""Parts of dates. The figures of unreadable times are what promtool 2.42 says."""

import math
from calendar import monthrange
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.monitoring.metrics.promql.functions.arguments import NAMED, made, only, vector

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def of(name: str, seconds: float) -> float | None:
    return only(made(name, vector({NAMED: [seconds]})))


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))
def test_dates_are_those_of_the_calendar(naive_date: datetime) -> None:
    date = naive_date.replace(tzinfo=UTC, microsecond=0)
    seconds = (date - EPOCH) / timedelta(seconds=1)
    expected = {
        "minute": date.minute,
        "hour": date.hour,
        "day_of_week": date.isoweekday() % 7,
        "day_of_month": date.day,
        "day_of_year": date.timetuple().tm_yday,
        "days_in_month": monthrange(date.year, date.month)[1],
        "month": date.month,
        "year": date.year,
    }
    assert {name: of(name, seconds) for name in expected} == expected


@pytest.mark.parametrize("year", [1900, 1999, 2000, 2024, 2100])
def test_the_last_of_february_and_of_december(year: int) -> None:
    for month in (2, 12):
        last = datetime(year, month, monthrange(year, month)[1], 23, 59, 59, tzinfo=UTC).timestamp()
        assert (of("month", last), of("day_of_month", last)) == (month, monthrange(year, month)[1])


def test_fractions_of_a_second_are_cut_off_towards_zero() -> None:
    assert of("year", -0.5) == 1970
    assert of("hour", -1) == 23


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -math.inf, 1e300])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("year", 292277026596),
        ("month", 12),
        ("day_of_month", 4),
        ("day_of_week", 0),
        ("day_of_year", 339),
        ("days_in_month", 31),
        ("minute", 30),
    ],
)
def test_what_is_no_time_is_the_end_of_time(seconds: float, name: str, expected: float) -> None:
    assert of(name, seconds) == expected


def test_without_an_argument_the_step_is_meant() -> None:
    found = made("minute", times_ms=[59_999, 60_000, -1])
    assert found.labels == [()]
    assert found.values.tolist() == [[0, 1, 0]]
