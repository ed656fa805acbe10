"""The partitioned table of samples. Values are narrow on purpose: the next store keeps the same contract."""

from django.db import migrations

from opsportal.partitions import create_default

CREATE = """
CREATE TABLE metrics_sample (
    series_id bigint NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL
) PARTITION BY RANGE (time);
CREATE INDEX metrics_sample_series ON metrics_sample (series_id, time);
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial")]
    operations = [
        migrations.RunSQL(CREATE, "DROP TABLE metrics_sample"),
        migrations.RunSQL(create_default("metrics_sample"), migrations.RunSQL.noop),
    ]
