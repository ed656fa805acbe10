"""Spans of a day, on ordinary days and on the nights when the clock is changed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.oncall.windows import Window, after_quiet

VIENNA = ZoneInfo("Europe/Vienna")
ZONES = (
    "UTC",
    "Europe/Vienna",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
)


def window(start: str, end: str, zone: ZoneInfo = VIENNA, weekdays: tuple[int, ...] = ()) -> Window:
    return Window(zone, time.fromisoformat(start), time.fromisoformat(end), frozenset(weekdays))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_the_start_is_in_it_and_the_end_is_not() -> None:
    office = window("09:00", "17:00")
    assert office.end_of(at("2026-03-02T09:00:00+01:00")) == at("2026-03-02T17:00:00+01:00")
    assert office.end_of(at("2026-03-02T17:00:00+01:00")) is None


def test_an_end_before_the_start_is_on_the_next_day() -> None:
    night = window("22:00", "06:00")
    assert night.end_of(at("2026-03-03T05:59:00+01:00")) == at("2026-03-03T06:00:00+01:00")


def test_a_night_belongs_to_the_weekday_it_begins_on() -> None:
    friday_night = window("22:00", "06:00", weekdays=(4,))
    assert friday_night.end_of(at("2026-03-07T03:00:00+01:00")) is not None  # Saturday
    assert friday_night.end_of(at("2026-03-06T03:00:00+01:00")) is None  # Friday


def test_it_opens_on_the_next_of_its_weekdays() -> None:
    monday = window("09:00", "17:00", weekdays=(0,))
    assert monday.opens_at(at("2026-03-02T17:00:00+01:00")) == at("2026-03-09T09:00:00+01:00")


def test_it_opens_now_when_it_is_open() -> None:
    now = at("2026-03-02T10:00:00+01:00")
    assert window("09:00", "17:00").opens_at(now) == now


def test_an_end_that_does_not_exist_is_when_the_clock_is_put_forward() -> None:
    quiet = window("22:00", "02:30")  # 2026-03-29: 02:00 becomes 03:00
    assert quiet.end_of(at("2026-03-29T01:00:00+01:00")) == at("2026-03-29T03:00:00+02:00")


def test_an_end_that_comes_twice_is_the_later_one() -> None:
    quiet = window("22:00", "02:30")  # 2026-10-25: 03:00 becomes 02:00
    assert quiet.end_of(at("2026-10-25T01:00:00+02:00")) == at("2026-10-25T02:30:00+01:00")


def test_a_start_that_comes_twice_is_the_earlier_one() -> None:
    late = window("02:30", "04:00")
    assert late.opens_at(at("2026-10-25T00:00:00+02:00")) == at("2026-10-25T02:30:00+02:00")


def test_days_that_follow_on_one_another_end_together() -> None:
    weekend = window("00:00", "00:00", weekdays=(5, 6))
    assert weekend.end_of(at("2026-03-07T12:00:00+01:00")) == at("2026-03-09T00:00:00+01:00")


def test_it_says_itself_in_words() -> None:
    assert str(window("09:00", "17:00", weekdays=(0, 4))) == "Mon Fri 09:00 to 17:00 Europe/Vienna"
    assert str(window("22:00", "06:00")) == "daily 22:00 to 06:00 Europe/Vienna"


def test_outside_of_quiet_hours_nothing_waits() -> None:
    now = at("2026-03-02T10:00:00+01:00")
    assert after_quiet(window("22:00", "06:00"), now) == now
    assert after_quiet(None, now) == now


TIMES = st.times().map(lambda one: one.replace(microsecond=0))
MOMENTS = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)).map(
    lambda one: one.replace(tzinfo=UTC)
)


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), start=TIMES, end=TIMES, days=st.frozensets(st.integers(0, 6)), now=MOMENTS)
def test_what_opens_is_open_then_and_not_just_before(
    zone: str, start: time, end: time, days: frozenset[int], now: datetime
) -> None:
    span = Window(ZoneInfo(zone), start, end, days)
    opens = span.opens_at(now)
    assert opens >= now
    assert span.end_of(opens) is not None
    if opens > now:
        assert span.end_of(opens - timedelta(microseconds=1)) is None


@settings(deadline=None)
@given(zone=st.sampled_from(ZONES), start=TIMES, end=TIMES, now=MOMENTS)
def test_after_quiet_hours_it_is_not_quiet(zone: str, start: time, end: time, now: datetime) -> None:
    quiet = Window(ZoneInfo(zone), start, end)
    if start != end:
        assert quiet.end_of(after_quiet(quiet, now)) is None
