from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from monitoring.metrics.models import Series
from monitoring.metrics.store import Sample, Selector, labels_of, read, write

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = labels_of({"service": "shop", "check": "home"})
BLOG = labels_of({"service": "blog", "check": "home"})


def minute(n: float) -> datetime:
    return NOON + timedelta(minutes=n)


def test_what_is_written_is_read_back_exactly(db: None) -> None:
    values = [0.1, -1e300, 5e-324, 12345.678901234567]
    write(Sample("http_total_seconds", SHOP, minute(n), value) for n, value in enumerate(values))
    [series] = read(Selector("http_total_seconds", {"service": "shop"}), NOON, minute(10))
    assert series.points == [(minute(n), value) for n, value in enumerate(values)]


def test_the_end_is_exclusive_and_the_start_inclusive(db: None) -> None:
    write(Sample("m", SHOP, minute(n), n) for n in range(4))
    [series] = read(Selector("m", {}), minute(1), minute(3))
    assert [value for _, value in series.points] == [1, 2]


def test_a_step_gives_the_mean_of_each_slot_at_its_start(db: None) -> None:
    write(Sample("m", SHOP, minute(n), n) for n in range(4))
    [series] = read(Selector("m", {}), NOON, minute(4), step=timedelta(minutes=2))
    assert series.points == [(minute(0), 0.5), (minute(2), 2.5)]


def test_series_are_selected_by_their_labels(db: None) -> None:
    write([Sample("m", SHOP, NOON, 1), Sample("m", BLOG, NOON, 2), Sample("other", SHOP, NOON, 3)])
    assert [s.labels["service"] for s in read(Selector("m", {}), NOON, minute(1))] == ["blog", "shop"]
    assert [s.points[0][1] for s in read(Selector("m", {"service": "shop"}), NOON, minute(1))] == [1]


def test_one_identity_is_one_series(db: None) -> None:
    write([Sample("m", SHOP, NOON, 1)])
    write([Sample("m", SHOP, minute(1), 2)])
    assert Series.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_series_of_a_rolled_back_write_is_made_again() -> None:
    with transaction.atomic():
        write([Sample("m", SHOP, NOON, 1)])
        transaction.set_rollback(True)
    write([Sample("m", SHOP, NOON, 2)])
    [series] = read(Selector("m", {}), NOON, minute(1))
    assert series.points == [(NOON, 2.0)]


def test_a_sample_of_an_odd_year_is_kept(db: None) -> None:
    long_ago = datetime(1999, 1, 1, tzinfo=UTC)
    write([Sample("m", SHOP, long_ago, 1)])
    assert read(Selector("m", {}), long_ago, NOON)[0].points == [(long_ago, 1.0)]
