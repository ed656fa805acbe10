import numpy as np
import psycopg
import pytest
from django.db import transaction
from pytest_django import Settings

from monitoring.metrics import ingest, store
from monitoring.metrics.ingest import Metadata, Reason, Source
from monitoring.metrics.models import MetricMetadata, MetricSource, Series
from opsportal.database import conninfo
from tests.monitoring.metrics.samples import NODE, labels_of, select, stored

NONE = np.empty(0, dtype=np.int64)


def now_ms() -> int:
    return ingest._now_ms()


def append(ids: list[int], times: list[int], values: list[float], backfill: bool = False) -> ingest.Receipt:
    return ingest.append(np.array(ids), np.array(times), np.array(values, dtype=np.float64), backfill=backfill)


def test_one_identity_has_one_id_whoever_asks(db: None) -> None:
    first = ingest.resolve(NODE, [labels_of(1), labels_of(2), labels_of(1)]).ids
    store.forget()
    again = ingest.resolve(Source("push", "other"), [labels_of(2), labels_of(1)]).ids
    assert first.tolist() == [again[1], again[0], again[1]]
    assert Series.objects.count() == 2


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ((("a", "b"),), "no metric name"),
        ((("__name__", "m"), ("a", "")), "empty name or value"),
        ((("__name__", "m"), ("b", "1"), ("a", "1")), "not sorted"),
        ((("__name__", "m"), ("a", "1"), ("a", "2")), "there twice"),
        ((("__name__", "m"), ("a", "\x00")), "NUL"),
        ((("__name__", "m"), ("a", "\ud800")), "not valid UTF-8"),
        ((("__name__", "m"), ("a", "x" * 5000)), "5,000 bytes long"),
        ((("__name__", "m" * 600),), "600 bytes long"),
        ((("__name__", "m"), *((f"l{n:03}", "x") for n in range(70))), "71 labels"),
    ],
)
def test_an_identity_that_cannot_be_kept_is_refused_with_the_reason(db: None, labels: object, words: str) -> None:
    resolved = ingest.resolve(NODE, [labels_of(1), labels])  # type: ignore[list-item]
    assert resolved.ids[0] > 0
    assert resolved.ids[1] == -1
    [refusal] = resolved.refusals
    assert refusal.reason == Reason.INVALID
    assert words in refusal.detail


def test_a_full_source_keeps_its_series_and_gets_no_new_ones(db: None, settings: Settings) -> None:
    settings.METRICS_SERIES_PER_SOURCE = 3
    ingest.resolve(NODE, [labels_of(n) for n in range(2)])
    resolved = ingest.resolve(NODE, [labels_of(n) for n in range(5)])
    assert (resolved.ids >= 0).tolist() == [True, True, True, False, False]
    [refusal] = resolved.refusals
    assert (refusal.reason, refusal.count) == (Reason.CARDINALITY, 2)
    assert "scrape:node/a has 3 series" in refusal.detail
    assert MetricSource.objects.get().refused == 2


def test_a_full_source_leaves_others_alone(db: None, settings: Settings) -> None:
    settings.METRICS_SERIES_PER_SOURCE = 1
    ingest.resolve(NODE, [labels_of(1)])
    assert ingest.resolve(Source("push", "other"), [labels_of(2)]).refusals == ()


def test_a_large_source_is_cut_into_parts(db: None) -> None:
    ingest.resolve(NODE, [labels_of(n) for n in range(1203)])
    ingest.resolve(NODE, [labels_of(n) for n in range(1203, 1300)])
    counts = MetricSource.objects.order_by("part").values_list("part", "series_count")
    assert list(counts) == [(0, 500), (1, 500), (2, 300)]


def test_samples_that_are_too_old_are_refused_and_an_import_takes_them(db: None) -> None:
    ids, now = ingest.resolve(NODE, [labels_of(1)]).ids, now_ms()
    receipt = append([ids[0]] * 2, [now - 4_000_000, now], [1, 2])
    assert receipt.written == 1
    assert [refusal.reason for refusal in receipt.refusals] == [Reason.TOO_OLD]
    assert append([ids[0]], [now - 4_000_000], [1], backfill=True).written == 1


def test_samples_of_the_future_are_refused(db: None) -> None:
    ids, now = ingest.resolve(NODE, [labels_of(1)]).ids, now_ms()
    receipt = append([ids[0]] * 2, [now, now + 3_600_000], [1, 2], backfill=True)
    assert receipt.written == 1
    assert [(refusal.reason, refusal.count) for refusal in receipt.refusals] == [(Reason.TOO_NEW, 1)]


def test_the_first_value_of_a_time_is_kept(db: None) -> None:
    ids, now = ingest.resolve(NODE, [labels_of(1)]).ids, now_ms()
    append([ids[0], ids[0]], [now, now], [1, 2])
    append([ids[0]], [now], [3])
    found = select(start_ms=now - 1000, end_ms=now)
    assert found.values.tolist() == [1]


def test_refused_ids_are_passed_over(db: None) -> None:
    ids, now = ingest.resolve(NODE, [labels_of(1)]).ids, now_ms()
    assert append([-1, ids[0]], [now, now], [1, 2]).written == 1
    assert append([-1], [now], [1]).written == 0
    assert append([], [], []).written == 0


def test_the_samples_of_a_series_that_is_no_more_are_refused(db: None) -> None:
    receipt = append([10**9], [now_ms()], [1])
    assert receipt.written == 0
    assert receipt.refusals[0].reason == Reason.UNKNOWN


def test_arrays_of_different_lengths_are_an_error(db: None) -> None:
    with pytest.raises(ValueError, match="ids, times and values have 1, 0 and 0"):
        ingest.append(np.array([1]), NONE, np.empty(0))


@pytest.mark.django_db(transaction=True)
def test_what_a_rolled_back_transaction_resolved_is_not_remembered() -> None:
    with transaction.atomic():
        ingest.resolve(NODE, [labels_of(1)])
        transaction.set_rollback(True)
    ids = ingest.resolve(NODE, [labels_of(1)]).ids
    assert append(ids.tolist(), [now_ms()], [1]).written == 1
    assert Series.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_schema_of_a_rolled_back_transaction_is_written_again() -> None:
    ids, now = ingest.resolve(NODE, [labels_of(n) for n in range(3)]).ids, now_ms()
    ingest.append(ids, np.full(3, now - 2000), np.ones(3))
    with transaction.atomic():
        ingest.append(ids, np.full(3, now - 1000), np.ones(3))  # for the second time: now it is a schema
        transaction.set_rollback(True)
    ingest.append(ids, np.full(3, now), np.ones(3))
    assert len(stored(select(start_ms=now - 5000, end_ms=now))) == 6


@pytest.mark.django_db(transaction=True)
async def test_the_engine_writes_on_its_own_connection() -> None:
    async with await psycopg.AsyncConnection.connect(conninfo(), autocommit=True) as database:
        for turn in range(4):
            resolved = await ingest.aresolve(database, NODE, [labels_of(1), labels_of(2)])
            async with database.transaction():
                receipt = await ingest.aappend(
                    database, resolved.ids, np.full(2, now_ms() - turn * 1000), np.array([1.0, 2.0])
                )
            assert receipt.written == 2
        row = await (
            await database.execute("SELECT count(*) FILTER (WHERE schema_id IS NOT NULL) FROM metrics_hot")
        ).fetchone()
    assert row == (3,)


def test_the_last_word_on_a_metric_counts(db: None) -> None:
    ingest.metadata_write(NODE, [Metadata("m", "gauge", "Old.", "")])
    ingest.metadata_write(NODE, [Metadata("m", "counter", "New\x00.", "seconds"), Metadata("", "gauge", "", "")])
    [found] = MetricMetadata.objects.all()
    assert (found.type, found.help, found.unit) == ("counter", "New�.", "seconds")
