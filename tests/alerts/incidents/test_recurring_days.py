from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.incidents.recurring_days import DAYS, RuleError, rule_parse

FIRST = datetime(2026, 1, 30, 2, 30)
VIENNA = ZoneInfo("Europe/Vienna")


def starts(text: str, count: int = 4) -> list[str]:
    found = rule_parse(text, FIRST, VIENNA).between(FIRST, FIRST + timedelta(days=4000))
    return [f"{one:%Y-%m-%d}" for one in islice(found, count)]


def test_the_first_sunday_of_each_month() -> None:
    assert starts("FREQ=MONTHLY;BYDAY=1SU", 3) == ["2026-02-01", "2026-03-01", "2026-04-05"]


def test_the_last_workday_of_each_month() -> None:
    assert starts("RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 3) == [
        "2026-01-30",
        "2026-02-27",
        "2026-03-31",
    ]


def test_a_day_that_a_month_does_not_have_is_left_out() -> None:
    assert starts("FREQ=MONTHLY") == ["2026-01-30", "2026-03-30", "2026-04-30", "2026-05-30"]


def test_every_other_week_counts_from_the_first() -> None:
    assert starts("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR") == ["2026-01-30", "2026-02-09", "2026-02-13", "2026-02-23"]


def test_weekdays_with_and_without_numbers_may_stand_together() -> None:
    assert starts("FREQ=MONTHLY;BYDAY=1MO,SU", 3) == ["2026-02-01", "2026-02-02", "2026-02-08"]


def test_until_may_be_a_day_or_an_instant() -> None:
    assert starts("FREQ=DAILY;UNTIL=20260131") == ["2026-01-30", "2026-01-31"]
    assert starts("FREQ=DAILY;UNTIL=20260131T013000Z") == ["2026-01-30", "2026-01-31"], "02:30 in Vienna"
    assert starts("FREQ=DAILY;UNTIL=20260131T012959Z") == ["2026-01-30"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FREQ=DAILY;FOO=1", "'FOO=1' is no part of a rule"),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ is there twice"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20260101", "COUNT and UNTIL are both there"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL: '0' is not a number from 1"),
        ("FREQ=WEEKLY;BYDAY=1SU", "with FREQ=WEEKLY write SU"),
        ("FREQ=MONTHLY;BYDAY=XX", "BYDAY: 'XX' is not a day"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY: '0' is not a number from -31 to 31 but 0"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO goes with FREQ=YEARLY"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS chooses among"),
        ("FREQ=DAILY;UNTIL=20261301", "UNTIL: '20261301' is no time"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "names no time within 50 years"),
        ("FREQ=DAILY;COUNT=10000;BYMONTH=2", "take longer than 50 years"),
        (
            "FREQ=DAILY;BYHOUR=1,2,3,4;BYMINUTE=" + ",".join(map(str, range(60))) + ";BYSECOND=1,2,3,4,5,6,7",
            "more than 1500 starts a day",
        ),
    ],
)
def test_what_is_no_rule_is_refused_with_the_part_and_the_fix(text: str, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        rule_parse(text, FIRST, VIENNA)


def some(least: int, most: int) -> st.SearchStrategy[str]:
    numbers = st.lists(st.integers(least, most).filter(bool), min_size=1, max_size=3, unique=True)
    return numbers.map(lambda found: ",".join(map(str, found)))


PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"])},
    optional={
        "INTERVAL": st.integers(1, 5).map(str),
        "BYMONTH": some(1, 12),
        "BYMONTHDAY": some(-31, 31),
        "BYYEARDAY": some(-366, 366),
        "BYWEEKNO": some(-53, 53),
        "BYDAY": st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True).map(",".join),
        "BYHOUR": some(1, 23),
        "BYMINUTE": some(1, 59),
        "BYSETPOS": some(-3, 3),
        "WKST": st.sampled_from(DAYS),
        "COUNT": st.integers(1, 20).map(str),
    },
)


@settings(deadline=None)
@given(PARTS, st.integers(0, 60 * 24 * 900), st.sampled_from(["", "1", "-1", "2"]))
def test_starts_are_those_that_dateutil_finds(parts: dict[str, str], minutes: int, ordinal: str) -> None:
    """But for BYSETPOS of weeks: dateutil cuts the first week at its first day, RFC 5545 does not."""
    assume(parts["FREQ"] != "WEEKLY" or "BYSETPOS" not in parts)
    assume(parts["FREQ"] != "HOURLY" or "BYYEARDAY" not in parts)  # it tries every hour up to the year 9999
    if parts["FREQ"] in ("MONTHLY", "YEARLY") and "BYDAY" in parts and "BYWEEKNO" not in parts:
        parts["BYDAY"] = ",".join(ordinal + day for day in parts["BYDAY"].split(","))
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    first = datetime(2023, 1, 1) + timedelta(minutes=minutes)
    end = first + timedelta(days=900)
    try:
        rule = rule_parse(text, first, ZoneInfo("UTC"))
    except RuleError:
        assume(False)
    expected = [one for one in islice(rrulestr(text, dtstart=first).xafter(first, inc=True), 8) if one < end]
    assert list(islice(rule.between(first, end), 8)) == expected


def test_a_rule_is_asked_in_bounded_time_however_old_it_is() -> None:
    old = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    rule = rule_parse("FREQ=HOURLY", old, VIENNA)
    assert next(rule.between(FIRST, FIRST + timedelta(days=1))).hour == 3
