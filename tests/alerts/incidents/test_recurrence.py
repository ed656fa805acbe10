from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.recurrence import RecurrenceError, duration_check, next_start, parse, window_at, windows_between

VIENNA = "Europe/Vienna"
HOUR_S = 3600


def utc(*at: int) -> datetime:
    return datetime(*at, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_a_window_lasts_from_its_start_to_its_end_which_is_left_out() -> None:
    sundays = parse("FREQ=WEEKLY;BYDAY=SU", utc(2026, 3, 1, 2), "UTC")
    window = (utc(2026, 3, 8, 2), utc(2026, 3, 8, 3))
    moments = (utc(2026, 3, 8, 1, 59), window[0], utc(2026, 3, 8, 2, 59), window[1])
    assert [window_at(sundays, HOUR_S, at) for at in moments] == [None, window, window, None]


def test_five_cron_fields_are_starts_too() -> None:
    nights = parse("30 2 * * MON-FRI", utc(2026, 3, 1), VIENNA)
    assert next_start(nights, utc(2026, 3, 6, 12)) == utc(2026, 3, 9, 1, 30)


@pytest.mark.parametrize("text", ["FREQ=DAILY", "30 2 * * *"])
def test_a_start_that_the_clock_leaves_out_moves_to_the_next_instant_there_is(text: str) -> None:
    nightly = parse(text, utc(2026, 3, 1, 1, 30), VIENNA)
    assert next_start(nightly, utc(2026, 3, 28, 12)) == utc(2026, 3, 29, 1), "03:00, when 02:30 does not exist"
    assert window_at(nightly, HOUR_S, utc(2026, 3, 29, 1, 30)) == (utc(2026, 3, 29, 1), utc(2026, 3, 29, 2))


@pytest.mark.parametrize("text", ["FREQ=DAILY", "30 2 * * *"])
def test_of_a_start_that_comes_twice_the_first_counts(text: str) -> None:
    nightly = parse(text, utc(2026, 3, 1, 1, 30), VIENNA)
    first = utc(2026, 10, 25, 0, 30)
    assert next_start(nightly, utc(2026, 10, 24, 12)) == first
    assert next_start(nightly, first) == utc(2026, 10, 26, 1, 30)
    assert window_at(nightly, HOUR_S, utc(2026, 10, 25, 1, 29)) == (first, first + timedelta(hours=1))
    assert window_at(nightly, HOUR_S, utc(2026, 10, 25, 1, 30)) is None


def test_starts_keep_to_the_wall_s_clock_through_the_year() -> None:
    nightly = parse("FREQ=DAILY", utc(2026, 1, 1, 22), VIENNA)
    assert next_start(nightly, utc(2026, 7, 1)) == utc(2026, 7, 1, 21)


def test_no_window_is_before_the_first() -> None:
    assert window_at(parse("* * * * *", utc(2026, 3, 1), "UTC"), HOUR_S, utc(2026, 2, 28, 23, 59)) is None
    assert next_start(parse("FREQ=DAILY", utc(2026, 3, 1), "UTC"), utc(2025, 1, 1)) == utc(2026, 3, 1)


def test_of_windows_that_overlap_the_last_counts() -> None:
    hourly = parse("FREQ=HOURLY", utc(2026, 3, 1), "UTC")
    assert window_at(hourly, 3 * HOUR_S, utc(2026, 3, 2, 5, 30)) == (utc(2026, 3, 2, 5), utc(2026, 3, 2, 8))


def test_a_rule_that_is_over_has_no_window_and_no_start() -> None:
    twice = parse("FREQ=DAILY;COUNT=2", utc(2026, 3, 1), "UTC")
    assert window_at(twice, HOUR_S, utc(2026, 3, 3)) is None
    assert next_start(twice, utc(2026, 3, 2)) is None


def test_coming_windows_are_listed_up_to_a_number() -> None:
    daily = parse("FREQ=DAILY", utc(2026, 3, 1), "UTC")
    found = windows_between(daily, HOUR_S, utc(2026, 3, 2, 0, 30), utc(2026, 4, 1), most=3)
    assert [start.day for start, _ in found] == [2, 3, 4]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("every sunday", "write a rule such as FREQ=WEEKLY"),
        ("0 0 30 2 *", "is no cron line: Bad day-of-month"),
        ("0 0 0 0 0 0", "five cron fields"),
        ("FREQ=SECONDLY", "FREQ: 'SECONDLY' is not one of"),
    ],
)
def test_what_is_no_recurrence_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(RecurrenceError, match=words):
        parse(text, utc(2026, 1, 1), "UTC")


def test_a_zone_that_is_none_and_a_duration_beyond_bounds_are_refused() -> None:
    with pytest.raises(RecurrenceError, match="time_zone: 'Mars'"):
        parse("FREQ=DAILY", utc(2026, 1, 1), "Mars")
    with pytest.raises(RecurrenceError, match="duration_s"):
        duration_check(32 * 86_400)


ZONES = ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago"]
RULES = [
    "FREQ=DAILY",
    "FREQ=HOURLY;INTERVAL=5",
    "FREQ=WEEKLY;BYDAY=SU,SA;BYHOUR=1,2,3",
    "30 2 * * *",
    "0 */3 * * *",
    "15 1,2 * * SUN",
]


@given(st.sampled_from(ZONES), st.sampled_from(RULES), st.integers(0, 60 * 24 * 400), st.integers(1, 40))
def test_the_window_at_an_instant_is_the_last_that_was_to_start(zone: str, text: str, minutes: int, hours: int) -> None:
    recurrence = parse(text, datetime(2026, 1, 1, 2, 30, tzinfo=ZoneInfo(zone)), zone)
    now = utc(2026, 1, 10) + timedelta(minutes=minutes)
    start, latest = next_start(recurrence, now - timedelta(hours=hours)), None
    while start is not None and start <= now:
        latest, start = start, next_start(recurrence, start)
    expected = (latest, latest + timedelta(hours=hours)) if latest and now < latest + timedelta(hours=hours) else None
    assert window_at(recurrence, hours * HOUR_S, now) == expected
