"""The plain table of the first release, with samples in it, brought forward."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zlib import crc32

import numpy as np
import orjson
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from monitoring.metrics import ingest, store
from monitoring.metrics.block_rows import header_of
from monitoring.metrics.blocks import codec
from monitoring.metrics.blocks.columns import SeriesColumns
from monitoring.metrics.compaction import Deadline, compact
from monitoring.metrics.identities import key_of
from monitoring.metrics.models import MetricSource
from monitoring.metrics.moments import moment
from monitoring.metrics.store import Sample, Selector, read, write
from monitoring.metrics.tiers import HOT as HOT_TABLE
from monitoring.metrics.verifying import verify
from opsportal.partitions import ensure
from tests.monitoring.metrics.samples import NODE, Bits, bits, labels_of, select, stored

PLAIN = [("metrics", "0002_sample_table")]
ONE_ROW_A_BLOCK = [("metrics", "0005_drop_samples")]
NOW = [("metrics", "0008_consecutive_schemas")]
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
    write([Sample("check_status", store.labels_of(SHOP), later, 9.0)])
    assert points("check_status")[-1] == (later, 9.0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM metrics_series")
        assert cursor.fetchone() == (3,)


STORED = """
INSERT INTO metrics_source (kind, name, created_at, active_count, refused, refused_at) VALUES
    ('scrape', 'node/a', now(), 3, 4, now()), ('push', 'nobody', now(), 0, 9, now());
INSERT INTO metrics_target (id, source_id, part, series_count) VALUES (7, 1, 0, 500), (9, 1, 1, 1);
INSERT INTO metrics_schema (id, target_id, ids) VALUES (1025, 7, '{1,2}');
"""
SERIES = """
INSERT INTO metrics_series (id, name, labels, key, target_id, first_seen_at, last_seen_at)
VALUES (%s, 'm', jsonb_build_object('n', %s::text), %s, %s, now(), now())
"""
BLOCK = """
INSERT INTO {} (target_id, start, hours, codec, checksum, series, samples, first_ms, last_ms, header_bytes, data)
VALUES (7, %s, %s, 1, %s, 2, %s, %s, %s, %s, %s)
"""
HOT = """
INSERT INTO metrics_hot (time, last, target_id, samples, schema_id, ids, times, "values") VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
DAY = datetime(2026, 3, 2, tzinfo=UTC)
DAY_MS = int(DAY.timestamp() * 1000)


def store_as_before() -> Bits:
    """A day's block and one of an hour of two series, a tick, and a loose row of a thousand samples of a third."""
    random = np.random.default_rng(1)
    wanted: Bits = {}
    with connection.cursor() as cursor:
        cursor.execute(STORED)
        for number, target in ((1, 7), (2, 7), (3, 9)):
            cursor.execute(SERIES, [number, number, key_of(labels_of(number)).bytes, target])
        cursor.execute("SELECT setval('metrics_series_id_seq', 3)")
        cursor.execute(
            "CREATE TABLE metrics_block_20260302 PARTITION OF metrics_block FOR VALUES FROM ('2026-03-02') TO ('2026-03-03')"
        )
        for table, hours, first_ms, count in (
            ("metrics_block", 24, DAY_MS, 5760),
            ("metrics_hour", 1, DAY_MS + 86_400_000, 240),
        ):
            times = first_ms + np.arange(count, dtype=np.int64) * 15_000
            series = [SeriesColumns(number, times, random.random(count)) for number in (1, 2)]
            data, (first, last) = codec.encode(series), (int(times[0]), int(times[-1]))
            header = header_of(data)
            cursor.execute(
                BLOCK.format(table), [moment(first), hours, crc32(data), 2 * count, first, last, header.length, data]
            )
            for one in series:
                wanted |= {
                    (labels_of(one.id), at): bit for at, bit in zip(times.tolist(), bits(one.values), strict=True)
                }
        tick, at = random.random(2), DAY_MS + 90_000_000
        cursor.execute(HOT, [moment(at), moment(at), 7, 2, 1025, None, None, tick.tobytes()])
        wanted |= {(labels_of(number), at): bit for number, bit in zip((1, 2), bits(tick), strict=True)}
        loose, times = random.random(1000), at + np.arange(1000, dtype=np.int64)
        ids = np.full(1000, 3, dtype=np.int64)
        cursor.execute(
            HOT, [moment(at), moment(at + 999), 9, 1000, None, ids.tobytes(), times.tobytes(), loose.tobytes()]
        )
        wanted |= {(labels_of(3), when): bit for when, bit in zip(times.tolist(), bits(loose), strict=True)}
    return wanted


def test_a_store_with_one_row_a_block_is_read_merged_and_sound_after_the_upgrade(plain_table: None) -> None:
    MigrationExecutor(connection).migrate(ONE_ROW_A_BLOCK)
    wanted = store_as_before()
    MigrationExecutor(connection).migrate(NOW)
    store.forget()
    assert stored(select()) == wanted
    ensure(HOT_TABLE, DAY + timedelta(hours=25))
    assert stored(select()) == wanted
    compact(DAY + timedelta(days=3), Deadline(60))
    assert stored(select()) == wanted
    assert [fault for progress in verify() for fault in progress.faults] == []


def test_sources_and_their_targets_are_one_table_after_the_upgrade(plain_table: None) -> None:
    MigrationExecutor(connection).migrate(ONE_ROW_A_BLOCK)
    store_as_before()
    MigrationExecutor(connection).migrate(NOW)
    store.forget()
    rows = MetricSource.objects.values_list("kind", "name", "part", "series_count", "active_count", "refused")
    assert list(rows) == [
        ("push", "nobody", 0, 0, 0, 9),
        ("scrape", "node/a", 0, 500, 3, 4),
        ("scrape", "node/a", 1, 1, 0, 0),
    ]
    assert set(MetricSource.objects.filter(name="node/a").values_list("id", flat=True)) == {7, 9}
    assert ingest.resolve(NODE, [labels_of(3), labels_of(4)]).ids[0] == 3
    assert MetricSource.objects.get(pk=9).series_count == 2
