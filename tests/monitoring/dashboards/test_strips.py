from datetime import UTC, datetime, timedelta

from monitoring.dashboards import strips

NOW = datetime(2026, 5, 4, 10, 20, tzinfo=UTC)


def slot(places_ago: int, **seconds: float) -> strips.Rollup:
    start = datetime(2026, 5, 4, 10, 15, tzinfo=UTC) - timedelta(minutes=15 * places_ago)
    names = ("up_s", "degraded_s", "down_s", "unknown_s", "excluded_s")
    up_s, degraded_s, down_s, unknown_s, excluded_s = (seconds.get(name, 0.0) for name in names)
    return strips.Rollup(start, up_s, degraded_s, down_s, unknown_s, excluded_s, 10, 1.0, {"20": 10})


def test_a_strip_has_ninety_slots_the_newest_last() -> None:
    strip = strips.build([slot(0, up_s=300)], NOW)
    assert strip.letters == "-" * 89 + "u"
    assert strip.start == datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def test_one_second_down_paints_the_slot() -> None:
    assert strips.build([slot(1, up_s=899, down_s=1)], NOW).letters[-2] == "d"


def test_the_newest_slot_shows_the_present_status_until_a_roll_up_knows() -> None:
    assert strips.build([], NOW, "down").letters[-1] == "d"


def test_equal_neighbours_are_one_box() -> None:
    assert strips.runs("uuudduu") == [("u", "M0 0h3v1h-3zM5 0h2v1h-2z"), ("d", "M3 0h2v1h-2z")]


def test_the_line_breaks_where_nothing_was_measured() -> None:
    assert strips.spark([0.1, None, 0.1]).count("M") == 2


def test_the_words_begin_with_the_worst() -> None:
    strip = strips.build([slot(0, up_s=900), slot(1, down_s=900)], NOW)
    assert strip.label.startswith("Last 22 h 30 min: down 15 min, up 15 min")


def test_the_p95_comes_from_all_slots() -> None:
    assert strips.build([], NOW).p95_s is None
    assert strips.build([slot(0, up_s=900)], NOW).p95_s is not None
