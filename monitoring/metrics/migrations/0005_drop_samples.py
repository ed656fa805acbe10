"""Every series has a target, and the plain table of samples is no more."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0004_move_samples")]
    operations = [
        migrations.AlterField(
            model_name="series",
            name="target",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="series", to="metrics.target"
            ),
        ),
        migrations.RunSQL("DROP TABLE metrics_sample", migrations.RunSQL.noop),
    ]
