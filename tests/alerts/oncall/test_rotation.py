"""Shifts of one layer: each written rule by name."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.oncall.rotation import Restriction, Rotation, Shift, handoff, shifts

ADA, OTTO, VERA = 1, 2, 3
VIENNA = ZoneInfo("Europe/Vienna")
SPRING, AUTUMN = datetime(2026, 3, 29), datetime(2026, 10, 25)  # 02:00 to 03:00 never comes; comes twice


def at(wall: datetime, fold: int = 0) -> datetime:
    return wall.replace(tzinfo=VIENNA, fold=fold).astimezone(UTC)


def rotation(kind: str, first: datetime, *members: int, **values: Any) -> Rotation:
    return Rotation(kind, values.pop("length", 1), at(first), values.pop("ends_at", None), VIENNA, members, **values)


def hours(found: list[Shift]) -> list[tuple[int, float]]:
    return [(shift.person, (shift.end - shift.start) / timedelta(hours=1)) for shift in found]


def whole_day(layer: Rotation, day: datetime) -> list[Shift]:
    return shifts(layer, at(day), at(day + timedelta(days=1)))


def test_members_take_turns_in_their_order() -> None:
    layer = rotation("weekly", datetime(2026, 6, 1, 9), ADA, OTTO, VERA)
    found = shifts(layer, at(datetime(2026, 6, 1)), at(datetime(2026, 6, 29, 9)))
    assert [shift.person for shift in found] == [ADA, OTTO, VERA, ADA]


def test_nobody_is_on_call_before_the_layer_starts_or_after_it_ends() -> None:
    layer = rotation("daily", datetime(2026, 6, 1, 9), ADA, ends_at=at(datetime(2026, 6, 2, 12)))
    found = shifts(layer, at(datetime(2026, 5, 1)), at(datetime(2026, 7, 1)))
    assert hours(found) == [(ADA, 24.0), (ADA, 3.0)]


def test_shifts_are_cut_to_what_is_asked_for() -> None:
    layer = rotation("daily", datetime(2026, 6, 1, 9), ADA, OTTO)
    noon = at(datetime(2026, 6, 1, 12))
    assert shifts(layer, noon, noon + timedelta(hours=1)) == [Shift(noon, noon + timedelta(hours=1), ADA)]


def test_a_daily_hand_off_keeps_its_wall_time_over_the_change() -> None:
    layer = rotation("daily", SPRING - timedelta(hours=15), ADA, OTTO)  # 09:00 of the day before
    found = shifts(layer, layer.starts_at, at(SPRING + timedelta(days=1, hours=9)))
    assert hours(found) == [(ADA, 23.0), (OTTO, 24.0)]


def test_a_shift_starts_at_the_first_and_ends_at_the_last_occurrence_so_that_both_are_on_call_between() -> None:
    layer = rotation("daily", AUTUMN + timedelta(hours=2, minutes=30, days=-1), ADA, OTTO)
    ada, otto = shifts(layer, layer.starts_at, at(AUTUMN + timedelta(days=1, hours=2, minutes=30)))
    half_past_two = AUTUMN + timedelta(hours=2, minutes=30)
    assert (otto.start, ada.end) == (at(half_past_two), at(half_past_two, fold=1))


def test_a_hand_off_that_does_not_exist_moves_to_the_next_instant_that_does() -> None:
    layer = rotation("daily", SPRING + timedelta(hours=2, minutes=30, days=-1), ADA, OTTO)
    ada, otto = shifts(layer, layer.starts_at, at(SPRING + timedelta(days=1)))
    assert ada.end == otto.start == at(SPRING + timedelta(hours=3))


def test_an_hour_that_is_left_out_is_a_shift_of_no_length() -> None:
    layer = rotation("hourly", SPRING, ADA, OTTO, VERA)  # 0 Ada, 1 Otto, 2 Vera, 3 Ada …
    found = shifts(layer, at(SPRING), at(SPRING + timedelta(hours=5)))
    assert hours(found) == [(ADA, 1.0), (OTTO, 1.0), (ADA, 1.0), (OTTO, 1.0)]


def test_an_hour_that_begins_or_ends_in_the_repeated_one_takes_two() -> None:
    layer = rotation("hourly", AUTUMN, ADA, OTTO, VERA)
    found = shifts(layer, at(AUTUMN), at(AUTUMN + timedelta(hours=4)))
    assert hours(found) == [(ADA, 1.0), (OTTO, 2.0), (VERA, 2.0), (ADA, 1.0)]
    assert (
        sum(length for _, length in hours(found)) == 5 + 1
    )  # the day has an hour more, and for one hour there are two


def test_hourly_rotations_follow_the_wall_clock() -> None:
    layer = rotation("hourly", SPRING, ADA, OTTO, VERA, length=8)  # 0, 8 and 16 o'clock, on every day
    day = SPRING + timedelta(days=30)
    assert [shift.start for shift in whole_day(layer, day)] == [at(day + timedelta(hours=h)) for h in (0, 8, 16)]


@pytest.mark.parametrize(("months", "day"), [(0, 31), (1, 28), (2, 31), (3, 30), (13, 29)])
def test_the_31st_is_the_last_day_of_a_shorter_month_and_31st_again_after_it(months: int, day: int) -> None:
    layer = rotation("monthly", datetime(2027, 1, 31, 9), ADA)
    found = handoff(layer, months)
    assert (found.month, found.day, found.hour) == ((months % 12) + 1, day, 9)


def test_months_may_be_taken_three_at_a_time() -> None:
    layer = rotation("monthly", datetime(2026, 1, 1), ADA, OTTO, length=3)
    found = shifts(layer, at(datetime(2026, 1, 1)), at(datetime(2027, 1, 1)))
    assert [(shift.person, shift.start) for shift in found][:2] == [
        (ADA, at(datetime(2026, 1, 1))),
        (OTTO, at(datetime(2026, 4, 1))),
    ]


def test_working_hours_leave_the_rest_of_the_shift_out() -> None:
    office = tuple(Restriction(day, time(9), time(17)) for day in range(5))
    layer = rotation("weekly", datetime(2026, 6, 1), ADA, OTTO, restrictions=office)
    found = shifts(layer, layer.starts_at, layer.starts_at + timedelta(weeks=2))
    assert hours(found) == [(ADA, 8.0)] * 5 + [(OTTO, 8.0)] * 5


def test_a_restriction_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = Restriction(4, time(22), time(6))
    layer = rotation("weekly", datetime(2026, 6, 1), ADA, restrictions=(friday_night,))
    [shift] = shifts(layer, layer.starts_at, layer.starts_at + timedelta(weeks=1))
    assert (shift.start, shift.end) == (at(datetime(2026, 6, 5, 22)), at(datetime(2026, 6, 6, 6)))


def test_a_restriction_with_one_time_twice_is_the_whole_day() -> None:
    saturday = Restriction(5, time(0), time(0))
    layer = rotation("weekly", datetime(2026, 6, 1), ADA, restrictions=(saturday,))
    [shift] = shifts(layer, layer.starts_at, layer.starts_at + timedelta(weeks=1))
    assert (shift.start, shift.end) == (at(datetime(2026, 6, 6)), at(datetime(2026, 6, 7)))


def test_a_restriction_starts_at_the_first_and_ends_at_the_last_occurrence() -> None:
    night = Restriction(None, time(2), time(2, 30))
    layer = rotation("weekly", datetime(2026, 10, 19), ADA, restrictions=(night,))
    [shift] = whole_day(layer, AUTUMN)
    assert hours([shift]) == [(ADA, 1.5)]


def test_a_range_in_a_hundred_years_costs_what_one_of_today_costs() -> None:
    layer = rotation("hourly", datetime(2026, 1, 1), ADA, OTTO)
    read: list[datetime] = []
    from_clock = VIENNA.utcoffset

    class Counting(ZoneInfo):
        def utcoffset(self, moment: Any) -> Any:
            read.append(moment)
            return from_clock(moment)

    far = datetime(2126, 1, 1, tzinfo=UTC)
    shifts(
        Rotation("hourly", 1, layer.starts_at, None, Counting("Europe/Vienna"), (ADA, OTTO)),
        far,
        far + timedelta(hours=3),
    )
    assert len(read) < 100


def test_a_layer_without_members_has_nobody() -> None:
    layer = rotation("daily", datetime(2026, 6, 1))
    assert whole_day(layer, datetime(2026, 6, 2)) == []
