from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.intervals import MONTHS, WEEKDAYS, IntervalError, contains, muted, parse

NIGHT = {"times": [{"start_time": "22:00", "end_time": "24:00"}, {"start_time": "00:00", "end_time": "06:00"}]}


def holds(interval: dict[str, Any], *at: int) -> bool:
    return contains(parse([interval]), datetime(*at, tzinfo=UTC))  # type: ignore[misc, arg-type]


def test_times_include_their_start_and_not_their_end() -> None:
    hours = {"times": [{"start_time": "09:00", "end_time": "17:00"}]}
    assert [holds(hours, 2026, 3, 2, *at) for at in ((8, 59), (9, 0), (16, 59), (17, 0))] == [False, True, True, False]


def test_a_day_ends_at_24_00() -> None:
    assert [holds(NIGHT, 2026, 3, 2, *at) for at in ((23, 59), (0, 0), (6, 0), (21, 59))] == [True, True, False, False]


def test_all_fields_must_hold() -> None:
    both = {"weekdays": ["monday"], "months": ["march"]}
    assert holds(both, 2026, 3, 2)
    assert not holds(both, 2026, 3, 3)
    assert not holds(both, 2026, 4, 6)


def test_the_location_says_which_wall_s_clock() -> None:
    night = {**NIGHT, "location": "Europe/Vienna"}
    assert holds(night, 2026, 7, 1, 20, 0)
    assert not holds(night, 2026, 1, 1, 20, 59)


def test_days_count_from_the_end_and_ranges_are_clamped_to_the_month() -> None:
    assert holds({"days_of_month": ["-1"]}, 2026, 2, 28)
    assert holds({"days_of_month": ["29:31"]}, 2026, 1, 31)
    assert not holds({"days_of_month": ["29:31"]}, 2026, 2, 28)
    assert holds({"days_of_month": ["-31:-30"]}, 2026, 1, 1)
    assert holds({"days_of_month": ["-31:-28"]}, 2026, 2, 1), "before the month's first day is its first"


def test_an_interval_without_fields_always_holds_and_a_list_without_intervals_never() -> None:
    assert contains(parse([{}]), datetime(2026, 1, 1, tzinfo=UTC))
    assert not contains(parse([]), datetime(2026, 1, 1, tzinfo=UTC))


def test_a_route_is_muted_in_its_mute_times_and_outside_of_its_active_times() -> None:
    named = {"nights": parse([NIGHT]), "mondays": parse([{"weekdays": ["monday"]}])}
    monday_night, tuesday_noon = datetime(2026, 3, 2, 23, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert muted(["nights"], [], named, monday_night) == "in its mute times nights"
    assert muted(["nights"], ["mondays"], named, tuesday_noon) == "outside of its active times mondays"
    assert muted(["nights"], ["mondays", "nights"], named, datetime(2026, 3, 2, 12, tzinfo=UTC)) == ""


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (
            {"times": [{"start_time": "9:00", "end_time": "10:00"}]},
            r"\[0\]\.times\[0\]\.start_time: '9:00' is no time of day",
        ),
        ({"times": [{"start_time": "10:00", "end_time": "10:00"}]}, r"\[0\]\.times\[0\]: the start must come before"),
        ({"times": [{"start_time": "10:00"}]}, r"times\[0\]: write both"),
        ({"times": []}, r"times: write a list with at least one"),
        ({"weekdays": ["friday:monday"]}, r"weekdays\[0\]: the week begins with Sunday"),
        ({"weekdays": ["mon"]}, r"'mon' is not a weekday"),
        ({"days_of_month": ["0"]}, r"'0' is not a day"),
        ({"days_of_month": ["-3:3"]}, r"must be negative"),
        ({"days_of_month": ["9:3"]}, r"always comes before"),
        ({"months": ["13"]}, r"months\[0\]: '13' is not a month"),
        ({"years": ["2030:2029"]}, r"years\[0\]: the end comes before"),
        ({"years": ["1:2:3"]}, r"more than one colon"),
        ({"location": "Mars/Base"}, r"location: 'Mars/Base' is not a time zone"),
        ({"hours": []}, r"\[0\]\.hours: there is no such field"),
        ("always", r"\[0\]: write a mapping"),
    ],
)
def test_what_is_no_interval_is_refused_with_its_place(interval: object, words: str) -> None:
    with pytest.raises(IntervalError, match=words):
        parse([interval])


def _range(names: list[Any]) -> st.SearchStrategy[list[Any]]:
    """The ends of a range, in order."""
    return st.lists(st.integers(0, len(names) - 1), min_size=2, max_size=2).map(
        lambda ends: [names[one] for one in sorted(ends)]
    )


INTERVALS = st.fixed_dictionaries(
    {},
    optional={
        "times": st.lists(st.integers(0, 1440), min_size=2, max_size=2, unique=True).map(sorted),
        "weekdays": _range(list(WEEKDAYS)),
        "days_of_month": st.one_of(_range(list(range(1, 32))), _range(list(range(-31, 0)))),
        "months": _range(list(MONTHS)),
        "years": _range(list(range(2024, 2028))),
        "location": st.sampled_from(["Europe/Vienna", "America/St_Johns", "Pacific/Apia", "UTC"]),
    },
)


def written(ends: dict[str, Any]) -> dict[str, Any]:
    texts: dict[str, Any] = {
        name: [f"{both[0]}:{both[1]}"] for name, both in ends.items() if name not in ("times", "location")
    }
    if "times" in ends:
        start, end = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in ends["times"])
        texts["times"] = [{"start_time": start, "end_time": end}]
    return texts | ({"location": ends["location"]} if "location" in ends else {})


def naive(ends: dict[str, Any], at: datetime) -> bool:
    """Every field by listing what it holds."""
    local = at.astimezone(ZoneInfo(ends.get("location", "UTC")))
    month = list(range(1, monthrange(local.year, local.month)[1] + 1))

    def listed(name: str, of: list[Any], value: Any) -> bool:
        return name not in ends or value in of[of.index(ends[name][0]) : of.index(ends[name][1]) + 1]

    def in_month(first: int, last: int) -> bool:
        if first > 0:
            return local.day in [day for day in month if first <= day <= last]
        return local.day - len(month) - 1 in range(first, last + 1)

    return (
        ("times" not in ends or local.hour * 60 + local.minute in range(*ends["times"]))
        and listed("weekdays", list(WEEKDAYS), f"{local:%A}".lower())
        and ("days_of_month" not in ends or in_month(*ends["days_of_month"]))
        and listed("months", list(MONTHS), f"{local:%B}".lower())
        and listed("years", list(range(2020, 2030)), local.year)
    )


@given(INTERVALS, st.integers(0, 60 * 24 * 1200))
def test_an_interval_holds_when_every_listed_field_holds(ends: dict[str, Any], minutes: int) -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    assert contains(parse([written(ends)]), at) is naive(ends, at)
