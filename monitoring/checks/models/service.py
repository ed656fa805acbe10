"""A service: the thing people care about; its checks say how it is."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from monitoring.checks.choices import Criticality
from monitoring.checks.querysets import MaintenanceWindowQuerySet, ServiceQuerySet


class Service(models.Model):
    """Something a team runs and answers for."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True, help_text="Names the service in addresses, labels and files.")
    description = models.TextField(blank=True)
    owner = models.CharField("owner team", max_length=80, blank=True, db_index=True, help_text="Who to call.")
    criticality = models.CharField(max_length=10, choices=Criticality.choices, default=Criticality.NORMAL)
    labels = models.JSONField(default=dict, blank=True, help_text='Free labels, such as {"env": "prod"}.')
    runbook_url = models.URLField("runbook URL", max_length=500, blank=True, help_text="What to do when it is down.")
    depends_on = models.ManyToManyField(
        "self", symmetrical=False, related_name="dependents", blank=True, help_text="Services it cannot work without."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [GinIndex(fields=["labels"], name="service_labels_gin", opclasses=["jsonb_path_ops"])]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dashboards:service", args=[self.slug])


class MaintenanceWindow(models.Model):
    """A planned span in which a service's failures are expected: it shows as in maintenance, and its checks go on running."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="maintenance_windows")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False
    )

    objects = MaintenanceWindowQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                name="maintenance_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="ends_at: the end must come after the start.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.service}: {self.reason}"
