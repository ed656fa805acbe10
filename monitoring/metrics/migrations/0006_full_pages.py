"""Blocks in rows that fill pages, fewer tables and indexes: what is kept of samples besides the samples themselves takes half.

Blocks that are there stay as they are, in one row each; whatever replaces them is cut. Ids of targets and series stay.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models.deletion import PROTECT

TABLES = ("metrics_block", "metrics_rollup_1m", "metrics_rollup_10m", "metrics_rollup_1h")
ONLY_IN_FIRST = "hours codec checksum series samples first_ms last_ms header_bytes made_at".split()
ROWS = """
ALTER TABLE {table} ADD COLUMN part smallint NOT NULL DEFAULT 0, {nullable};
ALTER TABLE {table} DROP CONSTRAINT {table}_pkey;
ALTER TABLE {table} ADD PRIMARY KEY (part, target_id, start);
"""
# Partitions that are there may hold long values, which PLAIN forbids; those to come are made like their parent.
PLAIN = 'ALTER TABLE ONLY {table} ALTER COLUMN "{column}" SET STORAGE PLAIN'
# Rows that were written when they could be long: cut, so that a partition that is made later can take them.
CUT_LOOSE = """
WITH long AS (
    DELETE FROM metrics_hot_default WHERE schema_id IS NULL AND octet_length("values") > 320 * 8 RETURNING *
)
INSERT INTO metrics_hot_default (time, last, sequence, target_id, samples, ids, times, "values")
SELECT time, last, sequence, target_id, LEAST(320, samples - at), substring(ids FROM at * 8 + 1 FOR 2560),
    substring(times FROM at * 8 + 1 FOR 2560), substring("values" FROM at * 8 + 1 FOR 2560)
FROM long, generate_series(0, samples - 1, 320) at
"""
NEW_DEFAULT = """
ALTER TABLE metrics_hot DETACH PARTITION metrics_hot_default;
DROP TABLE metrics_hot_default;
CREATE TABLE metrics_hot_default (LIKE metrics_hot INCLUDING DEFAULTS INCLUDING STORAGE);
ALTER TABLE metrics_hot ATTACH PARTITION metrics_hot_default DEFAULT;
"""
NEW_HOURS = """
DROP TABLE metrics_hour;
CREATE TABLE metrics_hour (LIKE metrics_block INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMMENTS, PRIMARY KEY (part, target_id, start));
COMMENT ON TABLE metrics_hour IS 'Blocks of an hour, until their day is merged into metrics_block.';
"""
# A source and its parts in one table: the part 0 of each source counts for the whole.
SOURCES = """
ALTER TABLE metrics_target ADD COLUMN kind varchar(20), ADD COLUMN name varchar(300), ADD COLUMN created_at timestamptz,
    ADD COLUMN active_count integer NOT NULL DEFAULT 0, ADD COLUMN refused bigint NOT NULL DEFAULT 0, ADD COLUMN refused_at timestamptz;
INSERT INTO metrics_target (source_id, part, series_count)
SELECT s.id, 0, 0 FROM metrics_source s WHERE NOT EXISTS (SELECT FROM metrics_target t WHERE t.source_id = s.id AND t.part = 0);
UPDATE metrics_target t SET kind = s.kind, name = s.name, created_at = s.created_at FROM metrics_source s WHERE s.id = t.source_id;
UPDATE metrics_target t SET active_count = s.active_count, refused = s.refused, refused_at = s.refused_at
FROM metrics_source s WHERE s.id = t.source_id AND t.part = 0;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE metrics_target DROP COLUMN source_id, ALTER COLUMN kind SET NOT NULL, ALTER COLUMN name SET NOT NULL,
    ALTER COLUMN created_at SET NOT NULL, ALTER COLUMN active_count DROP DEFAULT, ALTER COLUMN refused DROP DEFAULT;
DROP TABLE metrics_source;
ALTER TABLE metrics_target RENAME TO metrics_source;
ALTER TABLE metrics_source RENAME CONSTRAINT metrics_target_pkey TO metrics_source_pkey;
ALTER SEQUENCE metrics_target_id_seq RENAME TO metrics_source_id_seq;
ALTER TABLE metrics_source ADD CONSTRAINT metrics_source_once UNIQUE (kind, name, part);
"""
INDEXES = """
ALTER TABLE metrics_series ALTER COLUMN key TYPE uuid USING encode(key, 'hex')::uuid;
DROP INDEX series_name;
DROP INDEX metrics_schema_target;
UPDATE metrics_metadata SET help = left(help, 1300) WHERE length(help) > 1300;
"""
# What fits in a page needs no TOAST table beside it, and a table of one row no index.
SHORT_ROWS = """
ALTER TABLE {table} {plain};
CREATE TABLE new_table (LIKE {table} INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMMENTS);
INSERT INTO new_table SELECT * FROM {table};
DROP TABLE {table};
ALTER TABLE new_table RENAME TO {table};
{key};
"""
SHORT = {
    "metrics_schema": (["ids"], "ALTER TABLE metrics_schema ADD PRIMARY KEY (target_id, id)"),
    "metrics_metadata": (["metric", "type", "help", "unit"], "ALTER TABLE metrics_metadata ADD PRIMARY KEY (metric)"),
    "metrics_state": (["facts"], "ALTER TABLE metrics_state ADD CHECK (id = 1)"),
}


def fill_pages(apps, schema_editor):
    nullable = ", ".join(f"ALTER COLUMN {column} DROP NOT NULL" for column in ONLY_IN_FIRST)
    with schema_editor.connection.cursor() as cursor:
        for table in (*TABLES, "metrics_hour"):
            cursor.execute(ROWS.format(table=table, nullable=nullable))
        for table in TABLES:
            cursor.execute(PLAIN.format(table=table, column="data"))
        for column in ("ids", "times", "values"):
            cursor.execute(PLAIN.format(table="metrics_hot", column=column))
        cursor.execute(CUT_LOOSE)
        for table, statements in (("metrics_hot_default", NEW_DEFAULT), ("metrics_hour", NEW_HOURS)):
            cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
            if not cursor.fetchone()[0]:
                cursor.execute(statements)


def join_sources(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SOURCES)
        cursor.execute(INDEXES)
        for table, (columns, key) in SHORT.items():
            plain = ", ".join(f"ALTER COLUMN {column} SET STORAGE PLAIN" for column in columns)
            cursor.execute(SHORT_ROWS.format(table=table, plain=plain, key=key))


class Migration(migrations.Migration):
    dependencies = [("metrics", "0005_drop_samples")]
    operations = [
        migrations.RunPython(fill_pages),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(join_sources)],
            state_operations=[
                migrations.RemoveConstraint("metricsource", "metrics_source_once"),
                migrations.AlterField("metricsource", "id", models.AutoField(primary_key=True, serialize=False)),
                migrations.AddField("metricsource", "part", models.IntegerField(default=0)),
                migrations.AddField("metricsource", "series_count", models.IntegerField(default=0)),
                migrations.AddConstraint(
                    "metricsource", models.UniqueConstraint(fields=("kind", "name", "part"), name="metrics_source_once")
                ),
                migrations.AlterModelOptions(
                    "metricsource",
                    {
                        "ordering": ["kind", "name", "part"],
                        "permissions": [("push_samples", "Can send samples"), ("query_metrics", "Can ask for samples")],
                        "verbose_name": "source",
                    },
                ),
                migrations.AlterField(
                    "series",
                    "target",
                    models.ForeignKey(
                        db_index=False, on_delete=PROTECT, related_name="series", to="metrics.metricsource"
                    ),
                ),
                migrations.DeleteModel("Target"),
                migrations.AlterField(
                    "series",
                    "key",
                    models.UUIDField(help_text="First half of the SHA-256 of name and sorted labels.", unique=True),
                ),
                migrations.RemoveIndex("series", "series_name"),
                migrations.AlterModelOptions("series", {"ordering": ["id"], "verbose_name_plural": "series"}),
            ],
        ),
    ]
