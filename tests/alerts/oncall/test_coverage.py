"""Hours, shifts, nights and weekends of each person, and what is uncovered."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.oncall.coverage import Coverage, coverage
from alerts.oncall.rotation import Restriction, Rotation
from alerts.oncall.timeline import Plan, final

ADA, OTTO = 1, 2
VIENNA = ZoneInfo("Europe/Vienna")
MONDAY = datetime(2026, 6, 1, tzinfo=VIENNA).astimezone(UTC)
WEEK = timedelta(weeks=1)


def of(plan: Plan, weeks: int = 2, start: datetime = MONDAY) -> Coverage:
    end = (start.astimezone(VIENNA) + weeks * WEEK).astimezone(UTC)
    return coverage(final(plan, start, end), VIENNA, start, end)


def weekly(*members: int, start: datetime = MONDAY, restrictions: tuple[Restriction, ...] = ()) -> Rotation:
    return Rotation("weekly", 1, start, None, VIENNA, members, restrictions)


def test_two_people_share_two_weeks() -> None:
    found = of(Plan((weekly(ADA, OTTO),)))
    assert [(load.person, load.hours, load.shifts, load.weekends) for load in found.people] == [
        (ADA, 168.0, 1, 1),
        (OTTO, 168.0, 1, 1),
    ]


def test_a_night_that_two_share_counts_for_both() -> None:
    [ada, otto] = of(Plan((weekly(ADA, OTTO),))).people  # handed over at midnight
    assert (ada.nights, ada.night_hours, otto.nights, otto.night_hours) == (8, 56.0, 8, 56.0)


def test_weekend_hours_are_those_from_saturday_to_monday() -> None:
    [ada] = of(Plan((weekly(ADA),)), weeks=1).people
    assert (ada.weekends, ada.weekend_hours) == (1, 48.0)


def test_the_week_of_the_change_has_an_hour_more() -> None:
    start = datetime(2026, 10, 19, tzinfo=VIENNA).astimezone(UTC)
    [ada] = of(Plan((weekly(ADA, start=start),)), 1, start).people
    assert (ada.hours, ada.weekend_hours) == (169.0, 49.0)


def test_uncovered_time_is_told_as_gaps_hours_and_share() -> None:
    office = tuple(Restriction(day, time(8), time(20)) for day in range(7))
    found = of(Plan((weekly(ADA, restrictions=office),)), weeks=1)
    assert (len(found.gaps), found.gap_hours, found.uncovered_ratio) == (8, 84.0, 0.5)


def test_whoever_has_most_stands_first() -> None:
    found = of(Plan((weekly(ADA, OTTO, OTTO),)), weeks=3)
    assert [load.person for load in found.people] == [OTTO, ADA]
