"""Instants of wall times on the nights on which clocks are set."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.oncall.wallclock import first_instant, last_instant, wall_time

VIENNA = ZoneInfo("Europe/Vienna")


def utc(day: int, hour: int, minute: int = 0, month: int = 10, year: int = 2026, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_a_wall_time_of_an_ordinary_day_is_one_instant() -> None:
    noon = datetime(2026, 7, 1, 12)
    assert first_instant(noon, VIENNA) == last_instant(noon, VIENNA) == utc(1, 10, month=7)


def test_a_time_that_comes_twice_has_a_first_and_a_last_instant() -> None:
    twice = datetime(2026, 10, 25, 2, 30)
    assert (first_instant(twice, VIENNA), last_instant(twice, VIENNA)) == (utc(25, 0, 30), utc(25, 1, 30))


def test_a_time_that_does_not_exist_is_the_moment_of_the_change() -> None:
    never = datetime(2026, 3, 29, 2, 30)
    assert first_instant(never, VIENNA) == last_instant(never, VIENNA) == utc(29, 1, month=3)


def test_the_end_of_the_hour_that_comes_twice_comes_once() -> None:
    three = datetime(2026, 10, 25, 3)
    assert first_instant(three, VIENNA) == last_instant(three, VIENNA) == utc(25, 2)


def test_half_an_hour_is_left_out_on_lord_howe() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    never, after = datetime(2026, 10, 4, 2, 15), datetime(2026, 10, 4, 2, 30)
    assert first_instant(never, zone) == last_instant(never, zone) == first_instant(after, zone) == utc(3, 15, 30)


def test_a_day_that_samoa_left_out_is_the_midnight_after_it() -> None:
    zone = ZoneInfo("Pacific/Apia")
    assert first_instant(datetime(2011, 12, 30, 18), zone) == utc(30, 10, month=12, year=2011)


@pytest.mark.parametrize("second", [0, 29])
def test_a_change_of_odd_seconds_is_found_to_the_second(second: int) -> None:
    zone = ZoneInfo("Africa/Monrovia")  # 0:44:30 behind until 1972-01-07 00:00 by that clock
    never = datetime(1972, 1, 7, 0, 10, second)
    assert first_instant(never, zone) == utc(7, 0, 44, month=1, year=1972, second=30)


def test_the_clock_shows_a_naive_time() -> None:
    assert wall_time(utc(25, 1, 30), VIENNA) == datetime(2026, 10, 25, 2, 30)
