"""Sources, targets, schemas, hot rows and blocks: the store that samples move into (0004 moves them)."""

import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from opsportal.partitions import create_default

HOT = """
CREATE SEQUENCE metrics_hot_sequence;
CREATE TABLE metrics_hot (
    time timestamptz NOT NULL,
    last timestamptz NOT NULL,
    sequence bigint NOT NULL DEFAULT nextval('metrics_hot_sequence'),
    schema_id bigint,
    target_id integer NOT NULL,
    samples integer NOT NULL,
    ids bytea,
    times bytea,
    "values" bytea NOT NULL
) PARTITION BY RANGE (time);
ALTER TABLE metrics_hot ALTER COLUMN ids SET STORAGE EXTERNAL, ALTER COLUMN times SET STORAGE EXTERNAL,
    ALTER COLUMN "values" SET STORAGE EXTERNAL;
CREATE INDEX metrics_hot_target ON metrics_hot (target_id, time);
COMMENT ON TABLE metrics_hot IS 'Samples that are in no block yet: one row a tick of a target, against its schema, or loose ones.';
"""
SCHEMA = """
CREATE TABLE metrics_schema (
    id bigint PRIMARY KEY,
    target_id integer NOT NULL,
    ids bigint[] NOT NULL,
    created_xact xid8 NOT NULL DEFAULT pg_current_xact_id(),
    used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX metrics_schema_target ON metrics_schema (target_id);
COMMENT ON TABLE metrics_schema IS 'Series of a target that come together; the id follows from the target and the ids.';
"""
BLOCKS = """
CREATE TABLE {table} (
    id bigint NOT NULL DEFAULT nextval('metrics_block_id'),
    target_id integer NOT NULL,
    start timestamptz NOT NULL,
    hours smallint NOT NULL,
    codec smallint NOT NULL,
    checksum bigint NOT NULL,
    series integer NOT NULL,
    samples integer NOT NULL,
    first_ms bigint NOT NULL,
    last_ms bigint NOT NULL,
    header_bytes integer NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    data bytea NOT NULL,
    PRIMARY KEY (target_id, start)
) PARTITION BY RANGE (start);
ALTER TABLE {table} ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE {table} IS 'Samples of the series of a target over a span, compressed; checksum is the CRC-32 of data.';
"""
TABLES = ("metrics_block", "metrics_rollup_1m", "metrics_rollup_10m", "metrics_rollup_1h")
HOURS = """
CREATE TABLE metrics_hour (LIKE metrics_block INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMMENTS, PRIMARY KEY (target_id, start));
COMMENT ON TABLE metrics_hour IS 'Blocks of an hour, until their day is merged into metrics_block.';
"""
KEYS = """
DO $$ DECLARE found record; BEGIN
    FOR found IN SELECT indexname FROM pg_indexes WHERE tablename = 'metrics_series' AND indexdef LIKE '%pattern_ops%' LOOP
        EXECUTE format('DROP INDEX %I', found.indexname);
    END LOOP;
END $$;
ALTER TABLE metrics_series ALTER COLUMN key TYPE bytea USING substring(decode(key, 'hex') FROM 1 FOR 16);
ALTER TABLE metrics_series ADD COLUMN created_xact xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX metrics_series_xact ON metrics_series (created_xact);
"""


def make_tables(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in (HOT, create_default("metrics_hot"), SCHEMA, "CREATE SEQUENCE metrics_block_id", KEYS):
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(BLOCKS.format(table=table))
        cursor.execute(HOURS)


def make_state(apps, schema_editor):
    apps.get_model("metrics", "StoreState").objects.create(id=1)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0002_sample_table")]
    operations = [
        migrations.CreateModel(
            name="MetricMetadata",
            fields=[
                ("metric", models.CharField(max_length=500, primary_key=True, serialize=False)),
                ("type", models.CharField(max_length=20)),
                ("help", models.TextField(blank=True)),
                ("unit", models.CharField(blank=True, max_length=100)),
            ],
            options={"verbose_name": "metric", "db_table": "metrics_metadata", "ordering": ["metric"]},
        ),
        migrations.CreateModel(
            name="MetricSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("active_count", models.IntegerField(default=0, help_text="Series seen within the last day, counted every hour.")),
                ("refused", models.BigIntegerField(default=0, help_text="New series that were refused at the cap.")),
                ("refused_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "source",
                "db_table": "metrics_source",
                "ordering": ["kind", "name"],
                "permissions": [("push_samples", "Can send samples"), ("query_metrics", "Can ask for samples")],
                "constraints": [models.UniqueConstraint(fields=("kind", "name"), name="metrics_source_once")],
            },
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("part", models.IntegerField()),
                ("series_count", models.IntegerField(default=0)),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="targets", to="metrics.metricsource")),
            ],
            options={
                "db_table": "metrics_target",
                "ordering": ["source", "part"],
                "constraints": [models.UniqueConstraint(fields=("source", "part"), name="metrics_target_once")],
            },
        ),
        migrations.CreateModel(
            name="StoreState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("raw_days", models.PositiveIntegerField(blank=True, help_text="Days; empty: SAMPLES_KEPT_DAYS.", null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name="raw samples")),
                ("minute_days", models.PositiveIntegerField(blank=True, help_text="Days; 0: not built, as when empty.", null=True, verbose_name="1-minute roll-up")),
                ("ten_minutes_days", models.PositiveIntegerField(blank=True, help_text="Days; 0: not built; empty: 90.", null=True, verbose_name="10-minute roll-up")),
                ("hour_days", models.PositiveIntegerField(blank=True, help_text="Days; 0: not built; empty: 800.", null=True, verbose_name="1-hour roll-up")),
                ("series_epoch", models.BigIntegerField(default=0)),
                ("compacted_at", models.DateTimeField(blank=True, null=True)),
                ("facts", models.JSONField(default=dict)),
            ],
            options={"verbose_name": "store of samples", "verbose_name_plural": "store of samples", "db_table": "metrics_state"},
        ),
        migrations.RemoveIndex(model_name="series", name="series_labels_gin"),
        migrations.AddIndex(
            model_name="series",
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["labels"], name="series_labels_gin", opclasses=["jsonb_path_ops"]),
        ),
        migrations.AlterField(model_name="series", name="name", field=models.CharField(max_length=500)),
        migrations.AddField(
            model_name="series",
            name="last_seen_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now, help_text="To within a day."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="series",
            name="target",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="series", to="metrics.target"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="series",
                    name="key",
                    field=models.BinaryField(help_text="First half of the SHA-256 of name and sorted labels.", max_length=16, unique=True),
                )
            ],
            database_operations=[migrations.RunPython(make_tables)],
        ),
        migrations.CreateModel(
            name="RunningTotal",
            fields=[
                ("series", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to="metrics.series")),
                ("total", models.FloatField()),
                ("time_ms", models.BigIntegerField()),
            ],
            options={"db_table": "metrics_runningtotal"},
        ),
        migrations.RunPython(make_state, migrations.RunPython.noop),
    ]
