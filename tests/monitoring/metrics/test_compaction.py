from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection

from monitoring.metrics import cutting
from monitoring.metrics.actions import store_tick
from monitoring.metrics.compaction import Deadline, compact, waiting
from monitoring.metrics.ingest import Source
from monitoring.metrics.promql.storage import Matcher
from monitoring.metrics.retention import hot_partitions_drop, hot_partitions_make
from monitoring.metrics.tiers import HOT
from opsportal.database import conninfo
from opsportal.partitions import existing
from tests.monitoring.metrics.samples import NOON, NOON_MS, Bits, add, labels_of, later, select, stored

COPY_OF_A_TICK = """
INSERT INTO metrics_hot (time, last, target_id, samples, schema_id, "values")
SELECT time + interval '9 minutes', last + interval '9 minutes', target_id, samples, schema_id, "values"
FROM metrics_hot WHERE schema_id IS NOT NULL LIMIT 1
"""
MIDNIGHT = NOON + timedelta(hours=12)


def feed(first_minute: int, minutes: int, series: range = range(3)) -> Bits:
    """A tick a minute."""
    wanted: Bits = {}
    for minute in range(first_minute, first_minute + minutes):
        rows = [(labels_of(n), NOON_MS + minute * 60_000, 10_000 + minute * 100 + n) for n in series]
        add(rows)
        wanted |= {(labels, time): value for labels, time, value in rows}
    return wanted


def counts() -> tuple[int, int, int]:
    """Hot rows, blocks of an hour, blocks of a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM metrics_hot), (SELECT count(*) FROM metrics_hour),"
            " (SELECT count(*) FROM metrics_block)"
        )
        hot, hours, days = cursor.fetchone()
        return hot, hours, days


def run(now: datetime, seconds: float = 60) -> None:
    compact(now, Deadline(seconds))


def test_an_hour_is_closed_when_it_is_over(db: None) -> None:
    wanted = feed(0, 60)
    run(later(61))
    assert counts()[1] == 0
    run(later(63))
    assert counts() == (0, 1, 0)
    assert stored(select()) == wanted


def test_the_present_hour_stays_hot(db: None) -> None:
    feed(0, 90)
    run(later(90))
    assert [one.hour for one in waiting()] == [later(60)]


def test_what_comes_late_waits_for_the_late_window_and_is_merged(db: None) -> None:
    wanted = feed(0, 60, range(2))
    run(later(63))
    wanted |= feed(10, 5, range(5, 7))
    run(later(64))
    assert counts()[0] > 0
    run(later(60 + 60 + 3))
    assert counts() == (0, 1, 0)
    assert stored(select()) == wanted


def test_the_block_has_the_first_word(db: None) -> None:
    wanted = feed(0, 60)
    run(later(63))
    add([(labels_of(1), NOON_MS, 4711)])
    assert stored(select()) == wanted
    run(later(200))
    assert stored(select()) == wanted


def test_a_finished_day_is_merged(db: None) -> None:
    wanted = feed(0, 5) | feed(120, 5) | feed(719, 1)
    run(MIDNIGHT + timedelta(minutes=10))
    assert counts() == (0, 3, 0)
    run(MIDNIGHT + timedelta(minutes=63))
    assert counts() == (0, 0, 1)
    assert stored(select()) == wanted


def test_what_comes_after_the_merge_joins_the_day(db: None) -> None:
    wanted = feed(0, 5)
    run(MIDNIGHT + timedelta(hours=2))
    wanted |= feed(300, 5)
    run(MIDNIGHT + timedelta(hours=3))
    assert counts() == (0, 0, 1)
    assert stored(select()) == wanted


def test_much_at_once_is_closed_before_its_hour_is_over(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.metrics.compaction.MANY_SAMPLES", 100)
    wanted = feed(0, 50)
    run(later(50))
    assert counts() == (0, 1, 0)
    wanted |= feed(50, 5)
    run(later(55))
    assert counts()[0] > 0
    assert stored(select()) == wanted


def test_a_run_ends_at_its_deadline_and_says_that_more_is_left(db: None) -> None:
    feed(0, 5)
    assert compact(later(120), Deadline(0)).left


@pytest.fixture
def other() -> Iterator[psycopg.Connection]:
    with psycopg.connect(conninfo()) as database:
        yield database


@pytest.mark.django_db(transaction=True)
def test_only_one_process_compacts_at_a_time(other: psycopg.Connection) -> None:
    feed(0, 5)
    other.execute("SELECT pg_advisory_xact_lock(hashtext('metrics compaction'))")
    assert compact(later(120), Deadline(60)).busy
    other.rollback()
    assert compact(later(120), Deadline(60)).hours == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_written_and_not_committed_yet_is_left_for_the_next_time(other: psycopg.Connection) -> None:
    wanted = feed(0, 5)
    other.execute(COPY_OF_A_TICK)
    run(later(120))
    assert counts() == (0, 1, 0)
    assert stored(select()) == wanted
    other.commit()
    assert len(stored(select())) == len(wanted) + 3
    run(later(200))
    assert counts() == (0, 1, 0)
    assert len(stored(select())) == len(wanted) + 3


def test_empty_partitions_of_hours_that_are_over_are_dropped(db: None) -> None:
    hot_partitions_make(NOON)
    wanted = feed(0, 5) | feed(60, 5)
    run(later(63))
    assert hot_partitions_drop(later(180)) == ["metrics_hot_2026030212"]
    assert "metrics_hot_2026030213" in existing(HOT)
    assert stored(select()) == wanted


def test_a_tick_makes_partitions_and_notes_what_was_done(db: None) -> None:
    feed(0, 5)
    store_tick(now=later(65))
    with connection.cursor() as cursor:
        cursor.execute("SELECT compacted_at, facts->'last_tick'->>'hours' FROM metrics_state")
        assert cursor.fetchone() == (later(65), "1")
    assert "metrics_hot_2026030213" in existing(HOT)


def test_a_clock_that_jumps_back_loses_nothing(db: None) -> None:
    wanted = feed(0, 60)
    run(later(600))
    wanted |= feed(-30, 30)
    run(later(-10))
    run(later(700))
    assert stored(select()) == wanted


def test_a_target_that_changes_what_it_sends_is_read_whole(db: None) -> None:
    wanted: Bits = {}
    for minute in range(0, 120, 2):
        wanted |= feed(minute, 1, range(minute % 7, minute % 7 + 5))
        if minute == 70:
            run(later(70))
    run(later(300))
    assert stored(select()) == wanted


def test_series_say_when_they_were_last_seen(db: None) -> None:
    feed(0, 5)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE metrics_series SET last_seen_at = %s", [NOON - timedelta(days=3)])
    run(later(63))
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT last_seen_at FROM metrics_series")
        assert cursor.fetchall() == [(later(4),)]


def test_a_header_that_is_longer_than_a_row_is_read_whole(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "LARGEST", 1000)
    at = {n: NOON_MS + n * n * 7 % 3_600_000 for n in range(499)}
    wanted: Bits = {(labels_of(n), at[n]): 4711 * n * n for n in at}
    add([(labels, time, value) for (labels, time), value in wanted.items()])
    run(later(63))
    with connection.cursor() as cursor:
        cursor.execute("SELECT header_bytes FROM metrics_hour WHERE part = 0")
        assert cursor.fetchone()[0] > 1000
    assert stored(select()) == wanted
    run(MIDNIGHT + timedelta(hours=2))
    assert stored(select()) == wanted
    assert stored(select(Matcher("n", "=", "77"))) == {
        key: value for key, value in wanted.items() if key[0] == labels_of(77)
    }


def test_a_damaged_block_holds_up_nobody_else(db: None) -> None:
    feed(0, 5)
    add([(labels_of(99), NOON_MS, 1)], Source("push", "other"))
    run(later(63))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE metrics_hour SET data = substring(data FROM 1 FOR 90) WHERE series = 3")
    feed(5, 1)
    add([(labels_of(99), NOON_MS + 1, 2)], Source("push", "other"))
    run(later(200))
    assert [one.samples for one in waiting()] == [3]  # of the damaged one: kept as they are
    assert len(select(Matcher("n", "=", "99")).times) == 2
