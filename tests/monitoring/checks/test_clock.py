from datetime import UTC, datetime, timedelta

from monitoring.checks.engine.clock import DatabaseClock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)


def test_the_offset_is_taken_in_the_middle_of_the_question() -> None:
    clock = DatabaseClock()
    clock.note(NOON, NOON + 501 * MS, NOON + 2 * MS)
    assert clock.offset == 500 * MS


def test_a_slow_answer_does_not_move_the_clock() -> None:
    clock = DatabaseClock()
    clock.note(NOON, NOON + 1 * MS, NOON + 2 * MS)
    clock.note(NOON, NOON + 1 * MS, NOON + 200 * MS)
    assert clock.offset == timedelta(0)


def test_a_clock_that_was_set_is_followed_when_the_old_measures_are_gone() -> None:
    clock = DatabaseClock()
    clock.note(NOON, NOON + 1 * MS, NOON + 2 * MS)
    for _ in range(30):
        clock.note(NOON, NOON + 3600_003 * MS, NOON + 6 * MS)
    assert clock.offset == 3600_000 * MS
