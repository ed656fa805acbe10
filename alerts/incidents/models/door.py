"""Who may send alerts with a key of its own, and what is remembered of what was sent."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from alerts.incidents.choices import KeyKind

WEEK_S = 604_800


class IntegrationKey(models.Model):
    """Lets one sender in, at the door of its kind. Only a digest of the key itself is stored, so it can be shown once, when it is made."""

    name = models.CharField(max_length=80, unique=True, help_text="Who sends with it, such as Jenkins.")
    slug = models.SlugField(
        max_length=120, unique=True, editable=False, help_text="The label `integration` of its alerts."
    )
    kind = models.CharField(max_length=12, choices=KeyKind.choices)
    mapping = models.JSONField(
        default=dict, blank=True, help_text="Which part of a payload becomes what; what is not said is as usual."
    )
    ends_after_s = models.PositiveIntegerField(
        "ends after (s)",
        default=WEEK_S,
        validators=[MinValueValidator(60), MaxValueValidator(31_536_000)],
        help_text="An alert that nobody resolves is over so long after it was last sent.",
    )
    rate_per_minute = models.PositiveIntegerField(
        "requests a minute", default=600, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    enabled = models.BooleanField(default=True)
    prefix = models.CharField(max_length=8, editable=False, help_text="How the key begins, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sealed_secret = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class OpenAlert(models.Model):
    """An alert that a key has sent and not yet resolved: what its deduplication key stands for. `dedup`: hex of a digest."""

    key = models.ForeignKey(IntegrationKey, on_delete=models.CASCADE, related_name="open_alerts")
    dedup = models.CharField(max_length=32)
    labels = models.JSONField()
    annotations = models.JSONField(default=dict)
    generator_url = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    acknowledge_at = models.DateTimeField(
        null=True, help_text="It was acknowledged before it was in an incident: when to look for one."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "dedup"], name="open_alert_once")]
        indexes = [
            models.Index(
                fields=["acknowledge_at"], name="open_alert_acknowledge", condition=Q(acknowledge_at__isnull=False)
            )
        ]


class RememberedAnswer(models.Model):
    """What a request with an Idempotency-Key was answered. `digest`: hex, of its address and body."""

    scope = models.CharField(max_length=160, help_text="Who asked: key:7 or user:ada.")
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.TextField(help_text="JSON, as it was answered.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "name"], name="remembered_answer_once")]
