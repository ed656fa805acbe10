"""Series: what is measured. Their samples live in a partitioned table that only `store` touches."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from opsportal.partitions import PartitionedTable

SAMPLES = PartitionedTable("metrics_sample", "time", "day")


class Series(models.Model):
    """One metric with one set of labels."""

    name = models.CharField(max_length=200)
    labels = models.JSONField(default=dict)
    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the name and the sorted labels.")
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "series"
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["name"], name="series_name"),
            GinIndex(fields=["labels"], name="series_labels_gin", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        inside = ",".join(f'{name}="{value}"' for name, value in sorted(self.labels.items()))
        return f"{self.name}{{{inside}}}"
