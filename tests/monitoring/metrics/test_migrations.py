"""The plain table of the first release, with samples in it, brought forward."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import orjson
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.models import MetricSource
from monitoring.metrics.store import Sample, Selector, labels_of, read, write

PLAIN = [("metrics", "0002_sample_table")]
NOW = [("metrics", "0005_drop_samples")]
TIMES = [datetime(2026, 3, day, 12, minute, tzinfo=UTC) for day in (1, 2) for minute in range(3)]
SHOP = {"service": "shop", "check": "home"}


@pytest.fixture
def plain_table(transactional_db: None) -> Iterator[None]:
    """As 0.1 had it."""
    forget_the_store()
    yield
    MigrationExecutor(connection).migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def forget_the_store() -> None:
    """Backwards is no way for people; for a test it is enough that the tables are those of then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'metrics\\_%' AND schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE IF EXISTS "{table}" CASCADE')
        cursor.execute("DROP SEQUENCE IF EXISTS metrics_hot_sequence, metrics_block_id CASCADE")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'metrics'")
    MigrationExecutor(connection).migrate(PLAIN)


def fill() -> None:
    with connection.cursor() as cursor:
        for number, (name, labels) in enumerate(
            [("check_status", SHOP), ("m", {"machine": "db-1"}), ("engine_runs", {})]
        ):
            key = sha256(orjson.dumps([name, sorted(labels.items())])).hexdigest()
            cursor.execute(
                "INSERT INTO metrics_series (name, labels, key, first_seen_at) VALUES (%s, %s::jsonb, %s, now()) RETURNING id",
                [name, orjson.dumps(labels).decode(), key],
            )
            [series_id] = cursor.fetchone()
            for place, time in enumerate(TIMES):
                cursor.execute("INSERT INTO metrics_sample VALUES (%s, %s, %s)", [series_id, time, number + place / 10])


def points(name: str) -> list[tuple[datetime, float]]:
    [found] = read(Selector(name, {}), TIMES[0], datetime(2026, 4, 1, tzinfo=UTC))
    return found.points


def test_samples_of_the_plain_table_are_read_as_before(plain_table: None) -> None:
    fill()
    MigrationExecutor(connection).migrate(NOW)
    for number, name in enumerate(["check_status", "m", "engine_runs"]):
        assert points(name) == [(time, number + place / 10) for place, time in enumerate(TIMES)]
    compact(datetime(2026, 3, 3, 12, tzinfo=UTC), Deadline(60))
    assert len(points("m")) == len(TIMES)
    sources = [str(source) for source in MetricSource.objects.all()]
    assert sources == ["agent:db-1", "check:shop/home", "portal:"]


def test_series_of_before_go_on_under_the_same_id(plain_table: None) -> None:
    fill()
    MigrationExecutor(connection).migrate(NOW)
    later = datetime(2026, 3, 5, tzinfo=UTC)
    write([Sample("check_status", labels_of(SHOP), later, 9.0)])
    assert points("check_status")[-1] == (later, 9.0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_series")
        assert cursor.fetchone() == (3,)
