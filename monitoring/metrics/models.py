"""Who sends, what is measured, what metrics are, and how long it is kept. Samples live in tables that only this room's SQL touches."""

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models


class MetricSource(models.Model):
    """Who sends samples: the unit of the cap on series. `kind` and `name` are those of `ingest.Source`.

    A source with many series has several parts, a row each, whose series share rows and blocks: the *targets* of the store. Part 0 is
    always there, and counts for the whole.
    """

    id = models.AutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=300)
    part = models.IntegerField(default=0)
    series_count = models.IntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    active_count = models.IntegerField(default=0, help_text="Series seen within the last day, counted every hour.")
    refused = models.BigIntegerField(default=0, help_text="New series that were refused at the cap.")
    refused_at = models.DateTimeField(null=True, blank=True)
    refusal_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "metrics_source"
        verbose_name = "source"
        ordering = ["kind", "name", "part"]
        constraints = [models.UniqueConstraint(fields=["kind", "name", "part"], name="metrics_source_once")]
        permissions = [("push_samples", "Can send samples"), ("query_metrics", "Can ask for samples")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" + (f"#{self.part}" if self.part else "")


class Series(models.Model):
    """One metric with one set of labels. The database's `created_xact` says which transaction made it (see `index`)."""

    name = models.CharField(max_length=500)
    labels = models.JSONField(default=dict)
    key = models.UUIDField(unique=True, help_text="First half of the SHA-256 of name and sorted labels.")
    target = models.ForeignKey(MetricSource, on_delete=models.PROTECT, related_name="series", db_index=False)
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now_add=True, help_text="To within a day.")

    class Meta:
        verbose_name_plural = "series"
        ordering = ["id"]
        indexes = [
            GinIndex(fields=["labels"], name="series_labels_gin", opclasses=["jsonb_path_ops"], fastupdate=False),
        ]

    def __str__(self) -> str:
        inside = ",".join(f'{name}="{value}"' for name, value in sorted(self.labels.items()))
        return f"{self.name}{{{inside}}}"


class MetricMetadata(models.Model):
    """What a metric is, in the words of whoever sent it last."""

    metric = models.CharField(max_length=500, primary_key=True)
    type = models.CharField(max_length=20)
    help = models.TextField(blank=True)
    unit = models.CharField(max_length=100, blank=True)

    class Meta:
        db_table = "metrics_metadata"
        verbose_name = "metric"
        ordering = ["metric"]

    def __str__(self) -> str:
        return self.metric


class RunningTotal(models.Model):
    """The sum so far of a series that is sent as differences."""

    series = models.OneToOneField(Series, on_delete=models.CASCADE, primary_key=True)
    total = models.FloatField()
    time_ms = models.BigIntegerField()

    class Meta:
        db_table = "metrics_runningtotal"

    def __str__(self) -> str:
        return str(self.series_id)


class StoreState(models.Model):
    """One row about the whole store: how long its tiers are kept, and what was done last. `series_epoch` grows when series are removed."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    raw_days = models.PositiveIntegerField(
        "raw samples",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Days; empty: SAMPLES_KEPT_DAYS.",
    )
    minute_days = models.PositiveIntegerField(
        "1-minute roll-up", null=True, blank=True, help_text="Days; 0: not built, as when empty."
    )
    ten_minutes_days = models.PositiveIntegerField(
        "10-minute roll-up", null=True, blank=True, help_text="Days; 0: not built; empty: 90."
    )
    hour_days = models.PositiveIntegerField(
        "1-hour roll-up", null=True, blank=True, help_text="Days; 0: not built; empty: 800."
    )
    series_epoch = models.BigIntegerField(default=0)
    compacted_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "metrics_state"
        verbose_name = verbose_name_plural = "store of samples"

    def __str__(self) -> str:
        return "Store of samples"
