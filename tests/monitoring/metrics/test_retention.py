from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from monitoring.metrics import ingest, store
from monitoring.metrics.actions import store_hourly
from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.index import series_index
from monitoring.metrics.ingest import Reason
from monitoring.metrics.models import MetricSource, RunningTotal, Series, StoreState
from monitoring.metrics.retention import counts_renew, kept_days, series_remove, tiers_expire
from monitoring.metrics.tiers import RAW
from opsportal.partitions import existing
from tests.monitoring.metrics.samples import NODE, NOON, NOON_MS, add, labels_of, scatter, select


def test_raw_samples_are_kept_as_the_setting_says_until_somebody_says_otherwise(db: None, settings: Settings) -> None:
    settings.SAMPLES_KEPT_DAYS = 12
    assert kept_days() == {"raw": 12, "1m": 0, "10m": 90, "1h": 800}
    StoreState.objects.update_or_create(pk=1, defaults={"raw_days": 7, "hour_days": 0, "minute_days": 3})
    assert kept_days() == {"raw": 7, "1m": 3, "10m": 90, "1h": 0}


def test_days_that_are_over_are_dropped_whole(db: None) -> None:
    for days in range(3):
        add([(labels_of(1), NOON_MS + days * 86_400_000, days + 1)])
    compact(NOON + timedelta(days=5), Deadline(60))
    assert tiers_expire(NOON + timedelta(days=32)) == ["metrics_block_20260302", "metrics_block_20260303"]
    assert len(existing(RAW.blocks)) == 1
    assert len(select().times) == 1


def age(days: int) -> None:
    Series.objects.update(last_seen_at=timezone.now() - timedelta(days=days))


def test_series_of_which_nothing_is_left_are_removed(db: None) -> None:
    [series_id] = ingest.resolve(NODE, [labels_of(1)]).ids.tolist()
    RunningTotal.objects.create(series_id=series_id, total=1, time_ms=1)
    assert len(series_index.match([]).ids) == 1
    age(900)
    assert series_remove(timezone.now()) == 1
    assert MetricSource.objects.get().series_count == 0
    assert len(series_index.match([]).ids) == 0


def test_series_that_may_have_roll_ups_left_are_not_removed(db: None) -> None:
    ingest.resolve(NODE, [labels_of(1)])
    age(790)
    assert series_remove(timezone.now()) == 0


def test_an_id_that_was_kept_too_long_is_refused_and_its_identity_makes_a_new_one(db: None) -> None:
    ids = ingest.resolve(NODE, [labels_of(1)]).ids
    age(900)
    series_remove(timezone.now())
    store.forget()
    receipt = ingest.append(ids, np.array([ingest._now_ms()]), np.ones(1))
    assert receipt.refusals[0].reason == Reason.UNKNOWN
    assert ingest.resolve(NODE, [labels_of(1)]).ids[0] > ids[0]


@pytest.mark.parametrize("through", ["resolve", "append"])
def test_whoever_uses_an_old_series_keeps_it(db: None, through: str) -> None:
    ids = ingest.resolve(NODE, [labels_of(1)]).ids
    age(900)
    store.forget()
    if through == "resolve":
        ingest.resolve(NODE, [labels_of(1)])
    else:
        ingest.append(ids, np.array([ingest._now_ms()]), np.ones(1))
    assert series_remove(timezone.now()) == 0


def test_a_source_whose_series_are_no_longer_sent_has_room_again(db: None, settings: Settings) -> None:
    settings.METRICS_SERIES_PER_SOURCE = 2
    ingest.resolve(NODE, [labels_of(1), labels_of(2)])
    age(3)
    counts_renew(timezone.now())
    assert MetricSource.objects.get().active_count == 0
    assert ingest.resolve(NODE, [labels_of(3)]).refusals == ()


def test_schemas_that_nobody_uses_go_and_those_of_hot_samples_stay(db: None) -> None:
    scatter(range(3))
    for second in range(2):
        add((labels_of(n), NOON_MS + second * 1000, second) for n in range(3))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO metrics_schema (id, target_id, ids) VALUES (1, 1, '{1}')")
        cursor.execute("UPDATE metrics_schema SET used_at = now() - interval '2 days'")
        store_hourly(now=NOON + timedelta(hours=1))
        cursor.execute("SELECT count(*), min(cardinality(ids)) FROM metrics_schema")
        assert cursor.fetchone() == (1, 3)
