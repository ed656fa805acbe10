"""Every series gets a source, and the samples of the plain table become hot rows, which the compactor then makes blocks of.

A partition at a time, each in a transaction of its own, so that it goes on where it was stopped.
"""

import numpy as np
from django.db import migrations, transaction
from psycopg import sql

SOURCES = """
CREATE TEMPORARY TABLE placed AS
SELECT id, kind, name, (row_number() OVER (PARTITION BY kind, name ORDER BY id) - 1) / 500 AS part FROM (
    SELECT id,
        CASE WHEN labels ? 'service' AND labels ? 'check' THEN 'check' WHEN labels ? 'machine' THEN 'agent' ELSE 'portal' END AS kind,
        CASE WHEN labels ? 'service' AND labels ? 'check' THEN (labels->>'service') || '/' || (labels->>'check')
            WHEN labels ? 'machine' THEN labels->>'machine' ELSE COALESCE(labels->>'engine', '') END AS name
    FROM metrics_series WHERE target_id IS NULL) s;
INSERT INTO metrics_source (kind, name, created_at, active_count, refused)
SELECT kind, name, now(), count(*), 0 FROM placed GROUP BY kind, name ON CONFLICT (kind, name) DO NOTHING;
INSERT INTO metrics_target (source_id, part, series_count)
SELECT s.id, p.part, count(*) FROM placed p JOIN metrics_source s USING (kind, name) GROUP BY s.id, p.part
ON CONFLICT (source_id, part) DO NOTHING;
UPDATE metrics_series m SET target_id = t.id
FROM placed p JOIN metrics_source s USING (kind, name) JOIN metrics_target t ON t.source_id = s.id AND t.part = p.part
WHERE m.id = p.id;
DROP TABLE placed;
"""
PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'metrics_sample'::regclass ORDER BY 1"
SAMPLES = """
SELECT min(m.time), max(m.time), s.target_id, count(*), string_agg(int8send(m.series_id), ''::bytea),
    string_agg(timestamptz_send(m.time), ''::bytea), string_agg(float8send(m.value), ''::bytea)
FROM {} m JOIN metrics_series s ON s.id = m.series_id GROUP BY s.target_id, date_trunc('hour', m.time)
"""
COPY = 'COPY metrics_hot (time, last, target_id, samples, ids, times, "values") FROM STDIN (FORMAT binary)'
TYPES = ["timestamptz", "timestamptz", "int4", "int4", "bytea", "bytea", "bytea"]
EPOCH_MS = 946_684_800_000
MOST_ROWS = 500


def place_series(apps, schema_editor):
    with transaction.atomic(), schema_editor.connection.cursor() as cursor:
        cursor.execute(SOURCES)


def move_samples(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        partitions = [name.strip('"') for (name,) in cursor.fetchall()]
    for partition in partitions:
        with transaction.atomic():
            move_partition(schema_editor.connection, partition)


def move_partition(connection, partition):
    with connection.cursor() as own:
        with connection.connection.cursor(f"move_{partition}") as reading:
            reading.execute(sql.SQL(SAMPLES).format(sql.Identifier(partition)))
            while rows := reading.fetchmany(MOST_ROWS):
                with own.copy(COPY) as copy:
                    copy.set_types(TYPES)
                    for first, last, target_id, samples, ids, times, values in rows:
                        copy.write_row((first, last, target_id, samples, *turned(ids, times, values)))
        own.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(partition)))


def turned(ids, times, values):
    """From the order of bytes that PostgreSQL sends to the one of hot rows; times from microseconds since 2000 to ms since 1970."""
    when = np.frombuffer(times, dtype=">i8") // 1000 + EPOCH_MS
    return (
        np.frombuffer(ids, dtype=">i8").astype("<i8").tobytes(),
        when.astype("<i8").tobytes(),
        np.frombuffer(values, dtype=">u8").astype("<u8").tobytes(),
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("metrics", "0003_store")]
    operations = [
        migrations.RunPython(place_series, migrations.RunPython.noop),
        migrations.RunPython(move_samples, migrations.RunPython.noop),
    ]
