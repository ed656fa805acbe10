"""Places and words of the calendar's bars."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.oncall.bars import LANE_PX, Names, Row, days_of, moment, now_at, rotation_words, rows_of, when
from alerts.oncall.calendar_range import Shown, shown
from alerts.oncall.rotation import Restriction, Rotation
from alerts.oncall.timeline import Cover, Plan

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = datetime(2026, 11, 22, 23, tzinfo=UTC)  # Monday in Vienna
NAMES = Names({1: "Ada", 2: "Otto"})
DAY = timedelta(days=1)


def week(day: str = "2026-11-23") -> Shown:
    return shown({"span": "week", "from": day}, "Europe/Vienna", NOW)


def daily() -> Rotation:
    return Rotation("daily", 1, START, None, VIENNA, (1, 2))


def rows(*covers: Cover) -> dict[str, Row]:
    return {row.kind: row for row in rows_of(Plan((daily(),), covers), ["Primary"], week(), NAMES)}


def test_seven_days_of_equal_width() -> None:
    assert [day.width for day in days_of(week(), NOW)] == ["14.286%"] * 7


def test_the_day_of_the_change_is_an_hour_longer_or_shorter() -> None:
    assert [days_of(week(day), NOW)[6].width for day in ("2026-10-25", "2026-03-29")] == ["14.793%", "13.772%"]


def test_today_is_marked_and_the_present_has_its_place() -> None:
    assert [day.words for day in days_of(week(), NOW) if day.is_today] == ["24"]
    assert (now_at(week(), NOW), now_at(week("2026-12-07"), NOW)) == ("22.024%", "")


def test_a_bar_lies_where_its_shift_is() -> None:
    first, second, *_ = rows()["layer"].bars
    assert [(bar.left, bar.width, bar.who) for bar in (first, second)] == [
        ("0.000%", "14.286%", "Ada"),
        ("14.286%", "14.286%", "Otto"),
    ]


def test_overrides_that_overlap_lie_below_one_another() -> None:
    both = [Cover(START, START + DAY, 1), Cover(START + DAY / 2, START + 2 * DAY, None, replaces=2)]
    row = rows(*both)["overrides"]
    assert (row.height, [bar.top for bar in row.bars]) == (2 * LANE_PX, [0, LANE_PX])
    assert [bar.who for bar in row.bars] == ["Ada for everybody", "Nobody for Otto"]


def test_an_override_before_what_is_shown_is_left_out() -> None:
    assert "overrides" not in rows(Cover(START - DAY, START, 1))


def test_a_narrow_bar_has_its_first_word_or_none() -> None:
    layer = Rotation("hourly", 3, START, None, VIENNA, (1,))
    short = Rotation("hourly", 1, START, None, VIENNA, (1, 2))
    names = Names({1: "Ada Lovelace", 2: "Otto"})
    found = rows_of(Plan((layer, short)), ["Long", "Short"], week(), names)
    assert {row.name: row.bars[0].label for row in found if row.kind == "layer"} == {"Long": "Ada", "Short": ""}


def test_what_holds_comes_first_and_the_layer_that_wins_above_the_others() -> None:
    plan = Plan((daily(), daily()), (Cover(START, START + DAY, 1),))
    found = rows_of(plan, ["Primary", "Nights"], week(), NAMES)
    assert [row.name for row in found] == ["On call", "Overrides", "Nights", "Primary"]


def test_spans_in_words() -> None:
    assert when(START, START + DAY / 3, VIENNA) == "Mon 23 Nov 00:00 to 08:00 (8 h)"
    assert when(START, START + 1.5 * DAY, VIENNA) == "Mon 23 Nov 00:00 to Tue 24 Nov 12:00 (1 d 12 h)"
    assert moment(START, VIENNA) == "Mon 23 Nov 00:00"


@pytest.mark.parametrize(
    ("kind", "length", "restrictions", "words"),
    [
        ("weekly", 1, (), "weekly"),
        ("hourly", 8, (), "every 8 hours"),
        ("daily", 2, (Restriction(None, START.time(), NOW.time()),), "every 2 days, restricted"),
    ],
)
def test_rotations_in_words(kind: str, length: int, restrictions: tuple[Restriction, ...], words: str) -> None:
    assert rotation_words(Rotation(kind, length, START, None, VIENNA, (1,), restrictions)) == words


def test_colours_follow_the_names() -> None:
    assert [NAMES.colour(person) for person in (1, 2, 99)] == [1, 2, 8]
