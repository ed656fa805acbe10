"""When jobs are expected, changes of the clock included."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.checks.heartbeats.schedule import Cron, Every, cron_error

BERLIN = "Europe/Berlin"
ZONES = [
    "UTC",
    BERLIN,
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",
]
LINES = ["30 2 * * *", "0 * * * *", "*/15 * * * *", "0,30 1-3 * * *", "5 4 * * sun", "0 0 1 * *", "15 2 31 3,10 *"]
GRACE = timedelta(minutes=5)
times = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_interval_is_counted_from_the_last_sign_of_life() -> None:
    assert Every(timedelta(hours=1)).expected_after(utc("2026-11-23T08:00"), GRACE) == utc("2026-11-23T09:00")


@given(times, st.sampled_from(LINES), st.sampled_from(ZONES))
def test_the_next_time_comes_strictly_after(time: datetime, line: str, zone: str) -> None:
    assert Cron(line, zone).next_after(time) > time


@given(times, st.sampled_from(LINES), st.sampled_from(ZONES), st.integers(0, 90_000))
def test_later_questions_never_get_earlier_answers(time: datetime, line: str, zone: str, seconds: int) -> None:
    cron = Cron(line, zone)
    assert cron.next_after(time + timedelta(seconds=seconds)) >= cron.next_after(time)


@given(times, st.sampled_from(LINES), st.sampled_from(ZONES))
def test_a_job_that_runs_on_time_is_never_expected_before_its_next_run(time: datetime, line: str, zone: str) -> None:
    cron = Cron(line, zone)
    ran_at = cron.next_after(time)
    assert cron.expected_after(ran_at, GRACE) == cron.next_after(ran_at)


@given(times, st.sampled_from(ZONES))
def test_a_nightly_job_runs_once_in_every_night_of_any_zone(time: datetime, zone: str) -> None:
    cron = Cron("30 2 * * *", zone)
    first = cron.next_after(time)
    gap = cron.next_after(first) - first
    assert timedelta(hours=22, minutes=29) <= gap <= timedelta(hours=25, minutes=1)


def test_a_night_without_half_past_two_runs_the_job_when_the_clock_has_moved_on() -> None:
    fire = Cron("30 2 * * *", BERLIN).next_after(utc("2026-03-28T12:00"))
    assert fire.astimezone(ZoneInfo(BERLIN)).isoformat() == "2026-03-29T03:00:00+02:00"


def test_a_night_with_two_half_past_twos_runs_the_job_once() -> None:
    cron = Cron("30 2 * * *", BERLIN)
    first = cron.next_after(utc("2026-10-24T12:00"))
    assert (first, cron.next_after(first)) == (utc("2026-10-25T00:30"), utc("2026-10-26T01:30"))


def test_asking_in_the_second_of_two_equal_hours_does_not_go_back_in_time() -> None:
    second_ten_past_two = utc("2026-10-25T01:10")
    assert Cron("30 2 * * *", BERLIN).next_after(second_ten_past_two) == utc("2026-10-26T01:30")


def test_a_sign_of_life_a_little_early_answers_the_coming_time() -> None:
    assert Cron("0 1 * * *", "UTC").expected_after(utc("2026-11-23T00:58"), GRACE) == utc("2026-11-24T01:00")


def test_a_sign_of_life_just_after_a_time_answers_that_one_however_near_the_next_is() -> None:
    assert Cron("*/5 * * * *", "UTC").expected_after(utc("2026-11-23T01:01"), GRACE) == utc("2026-11-23T01:05")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("* * * *", "a cron line has five fields (minute hour day month weekday), this has 4"),
        ("61 * * * *", "not a cron line (Bad minute)"),
        ("0 0 30 2 *", "not a cron line"),
    ],
)
def test_a_wrong_line_is_told_what_is_wrong(line: str, words: str) -> None:
    assert (cron_error(line, "UTC") or "").startswith(words)
