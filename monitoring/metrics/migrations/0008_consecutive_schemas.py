"""Schemas of consecutive series are told by their ids, from 1 to 2^50: those of before that are in there by chance get others."""

from django.db import migrations

MOVE = """
UPDATE metrics_schema SET id = id - 9223372036854775807 - 1 WHERE id BETWEEN 0 AND 1125899906842623;
UPDATE metrics_hot SET schema_id = schema_id - 9223372036854775807 - 1 WHERE schema_id BETWEEN 0 AND 1125899906842623;
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0007_refusal_told_at")]
    operations = [migrations.RunSQL(MOVE, migrations.RunSQL.noop)]
