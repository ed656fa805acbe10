from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0006_full_pages")]
    operations = [
        migrations.AddField(
            model_name="metricsource",
            name="refusal_told_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        )
    ]
