"""A check: one question asked of a service again and again."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from monitoring.checks.choices import Impact
from monitoring.checks.probes.registry import kind_choices
from monitoring.checks.querysets import CheckQuerySet

DAY_S = 86_400


class Check(models.Model):
    """What is asked, how often, and what its answers mean. What came of it is in CheckState.

    `settings` holds the kind's own settings as its form normalised them; its secret ones are sealed in `sealed_secrets`.
    `thresholds` is a list of {"value", "comparator", "degraded", "down"} over the values the probe returns.
    `revision` grows with every edit, so that engine workers know when to load a check anew.
    """

    service = models.ForeignKey("checks.Service", on_delete=models.CASCADE, related_name="checks")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120)
    kind = models.CharField(max_length=20, choices=kind_choices)
    settings = models.JSONField(default=dict, blank=True)
    sealed_secrets = models.TextField(blank=True, editable=False)
    thresholds = models.JSONField(default=list, blank=True)
    interval_s = models.PositiveIntegerField(
        "interval (s)",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(31 * DAY_S)],
        help_text="Seconds from one run to the next.",
    )
    timeout_s = models.FloatField(
        "timeout (s)",
        default=10,
        validators=[MinValueValidator(0.05), MaxValueValidator(300)],
        help_text="A run never lasts longer.",
    )
    retry_interval_s = models.PositiveIntegerField(
        "retry interval (s)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Seconds to the next run while a fault is not confirmed yet; empty: the interval.",
    )
    failures_before_down = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="Failed runs in a row before the status changes.",
    )
    successes_before_up = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="Good runs in a row before it is up again.",
    )
    impact = models.CharField(
        max_length=10, choices=Impact.choices, default=Impact.DECIDES, help_text="When this check is down."
    )
    enabled = models.BooleanField(default=True)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Not run before this time.")
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CheckQuerySet.as_manager()

    class Meta:
        ordering = ["service__name", "name"]
        permissions = [("run_check", "Can run and pause checks")]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "slug"],
                name="check_slug_once_per_service",
                violation_error_message="slug: this service has a check of that slug already.",
            ),
            models.CheckConstraint(name="check_interval_positive", condition=Q(interval_s__gte=1)),
            models.CheckConstraint(
                name="check_retry_within_interval",
                condition=Q(retry_interval_s__isnull=True) | Q(retry_interval_s__lte=F("interval_s")),
                violation_error_message="retry_interval_s: must not be longer than the interval.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} / {self.name}"


class DatabaseTarget(models.Model):
    """A database registered once and used by many checks (`postgresql`, `sql`). Its DSN is sealed."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    sealed_dsn = models.TextField(editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
