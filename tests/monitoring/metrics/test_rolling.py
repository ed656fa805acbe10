"""Roll-ups beside the raw samples that they were made of."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from numpy.typing import NDArray

from monitoring.metrics import actions, ingest, reading
from monitoring.metrics.actions import store_hourly
from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.models import StoreState
from monitoring.metrics.promql.storage import Hints, Matcher, Selection
from monitoring.metrics.reading import PostgresStorage
from monitoring.metrics.rolling import Rolled, roll
from tests.monitoring.metrics.samples import NODE, NOON, labels_of

Array = NDArray[Any]
MIDNIGHT = NOON.replace(hour=0)  # a Monday
START_MS = int(MIDNIGHT.timestamp() * 1000)
DAY_MS, TEN_MS = 86_400_000, 600_000
DAYS = 3


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw samples of those days are over by now."""
    monkeypatch.setattr(reading, "kept_days_lately", lambda: {"raw": 1, "1m": 0, "10m": 4000, "1h": 8000})


def counter(days: range = range(DAYS)) -> tuple[Array, Array]:
    """A sample a minute; it starts again at zero now and then."""
    times = START_MS + np.arange(days.start * 1440, days.stop * 1440, dtype=np.int64) * 60_000
    minutes = (times - START_MS) // 60_000
    return times, (minutes % 1000).astype(np.float64) * 3 + 1


def feed(number: int, times: Array, values: Array) -> None:
    ids = ingest.resolve(NODE, [labels_of(number)]).ids
    ingest.append(np.repeat(ids, len(times)), times, values, backfill=True)


def settle(now: datetime | None = None) -> Rolled:
    now = now or MIDNIGHT + timedelta(days=10)
    compact(now, Deadline(60))
    return roll(now, Deadline(60))


def read(function: str, range_ms: int = 3_600_000, start_ms: int = START_MS, days: int = DAYS) -> Selection:
    end_ms = START_MS + days * DAY_MS - 1
    hints = Hints(start_ms, end_ms, 3_600_000, range_ms, function)
    return PostgresStorage().select([Matcher("__name__", "=", "m")], start_ms, end_ms, hints)


def buckets(values: Array) -> Array:
    return values.reshape(-1, 10)


@pytest.mark.parametrize(
    ("function", "of"), [("min_over_time", np.min), ("max_over_time", np.max), ("sum_over_time", np.sum)]
)
def test_a_roll_up_gives_what_the_function_needs(db: None, function: str, of: Any) -> None:
    times, values = counter()
    feed(1, times, values)
    settle()
    found = read(function)
    assert found.tier == "10m"
    assert found.times.tolist() == (times[::10] + TEN_MS - 1).tolist()
    np.testing.assert_allclose(found.values, of(buckets(values), axis=1), rtol=1e-12)


def test_increases_go_on_from_day_to_day_and_over_restarts(db: None) -> None:
    times, values = counter()
    feed(1, times, values)
    settle()
    found = read("rate")
    steps = np.diff(values)
    risen = np.where(steps < 0, values[1:], steps)
    assert found.values[-1] - found.values[0] == pytest.approx(risen[9:].sum())
    assert (np.diff(found.values) >= 0).all()


def test_the_answer_says_that_it_is_a_roll_up(db: None) -> None:
    feed(1, *counter())
    settle()
    said = "Raw samples are kept for 1 days: this was read from the 10 minutes roll-up."
    assert read("max_over_time").warnings == [said]


def test_an_instant_selector_finds_a_bucket_at_any_time_of_it(db: None) -> None:
    feed(1, *counter())
    settle()
    found = read("", range_ms=0)
    assert np.diff(found.times).max() <= 240_000 + 120_000
    assert found.tier == "10m"


def test_without_roll_ups_raw_samples_answer(db: None) -> None:
    feed(1, *counter())
    compact(MIDNIGHT + timedelta(days=10), Deadline(60))
    assert read("max_over_time").tier == "raw"


def test_days_that_are_not_rolled_up_yet_are_rolled_up_on_the_way(db: None) -> None:
    times, values = counter(range(9))
    feed(1, times, values)
    settle()  # the week of the last two days is not over
    found = read("max_over_time", days=9)
    np.testing.assert_allclose(found.values, buckets(values).max(axis=1))


def test_what_comes_late_changes_the_roll_up_of_its_day(db: None) -> None:
    times, values = counter()
    feed(1, times[times % TEN_MS != 0], values[times % TEN_MS != 0])
    settle()
    feed(1, times[times % TEN_MS == 0][:20], np.full(20, 9e6))
    assert settle().days >= 1
    assert read("max_over_time").values[:20].tolist() == [9e6] * 20


def test_a_week_is_rolled_up_when_it_is_over_for_long_enough(db: None) -> None:
    feed(1, *counter())
    assert settle(MIDNIGHT + timedelta(days=8, hours=23)).blocks == 0
    assert settle(MIDNIGHT + timedelta(days=9)).blocks == 2


def test_days_are_rolled_up_one_by_one_where_raw_samples_do_not_last_for_a_week(db: None) -> None:
    StoreState.objects.update_or_create(pk=1, defaults={"raw_days": 10})
    feed(1, *counter())
    assert settle(MIDNIGHT + timedelta(days=3)).days == 2  # the first day, in two tiers


def test_too_many_raw_samples_are_rolled_up_a_day_after_the_other(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    times, values = counter(range(10))
    feed(1, times, values)
    settle()
    monkeypatch.setattr(reading, "AFFORDABLE", 2000)
    found = read("rate", days=10)
    steps = np.diff(values)
    risen = np.where(steps < 0, values[1:], steps)
    assert found.tier == "10m"
    assert found.values[-1] - found.values[7 * 144] == pytest.approx(risen[7 * 1440 + 9 :].sum())


def test_nothing_is_done_twice(db: None) -> None:
    feed(1, *counter())
    assert settle().blocks == 2
    assert settle().blocks == 0


def test_a_tier_of_no_days_is_not_built(db: None) -> None:
    StoreState.objects.update_or_create(pk=1, defaults={"ten_minutes_days": 0})
    feed(1, *counter())
    settle()
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM metrics_rollup_10m), (SELECT count(*) FROM metrics_rollup_1h)")
        assert cursor.fetchone() == (0, 1)


def test_a_gauge_gives_means_and_keeps_no_increase(db: None) -> None:
    times, _ = counter()
    values = np.where(np.arange(len(times)) % 2 == 0, -1.0, 2.0)
    feed(1, times, values)
    settle()
    np.testing.assert_allclose(read("avg_over_time").values, np.full(len(times) // 10, 0.5))


def test_too_many_raw_samples_are_answered_by_a_roll_up(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "kept_days_lately", lambda: {"raw": 4000, "1m": 0, "10m": 4000, "1h": 8000})
    feed(1, *counter())
    settle()
    assert read("max_over_time").tier == "raw"
    monkeypatch.setattr(reading, "AFFORDABLE", 1000)
    found = read("max_over_time", start_ms=START_MS)
    assert found.tier == "10m"
    assert found.warnings == ["Raw samples would be too many: this was read from the 10 minutes roll-up."]


def test_a_day_is_rolled_up_before_its_raw_samples_are_dropped(db: None) -> None:
    StoreState.objects.update_or_create(pk=1, defaults={"raw_days": 1})
    times, values = counter()
    feed(1, times, values)
    now = MIDNIGHT + timedelta(days=DAYS + 1, hours=2)
    compact(now, Deadline(60))
    store_hourly(now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_block")
        assert cursor.fetchone() == (0,)
    np.testing.assert_allclose(read("max_over_time").values, buckets(values).max(axis=1))


def test_raw_samples_that_are_not_rolled_up_are_not_dropped(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "TICK_S", -1.0)
    feed(1, *counter())
    now = MIDNIGHT + timedelta(days=60)
    compact(now, Deadline(60))
    store_hourly(now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_block")
        assert cursor.fetchone() == (DAYS,)
