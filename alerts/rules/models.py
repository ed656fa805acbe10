"""What to look for: rules, the groups they were imported in, and the state of each rule and label set."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from alerts.rules.choices import Category, Comparator, OnTrouble, Phase, RuleKind
from monitoring.events.choices import Severity

PERSON = settings.AUTH_USER_MODEL  # `settings` is a field of a rule


class RuleGroup(models.Model):
    """Rules that are evaluated one after the other (a Prometheus rule group), with its interval."""

    name = models.CharField(max_length=200)
    file = models.CharField(max_length=200, blank=True, help_text="Of the file it came from.")
    interval_s = models.FloatField("interval (s)", default=60, validators=[MinValueValidator(1)])
    query_offset_s = models.FloatField("query offset (s)", default=0)
    limit = models.PositiveIntegerField(default=0, help_text="Most alerts of a rule; 0: no limit.")
    labels = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["file", "name"]
        constraints = [models.UniqueConstraint(fields=["file", "name"], name="rule_group_once")]

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """One rule. `settings` holds what its kind needs, as the kind's form normalised it.

    `fingerprint` is of what decides its state (kind, settings, expression, labels): while it stays, an edit keeps the state.
    """

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=20, choices=Category.choices, default=Category.SYSTEM_HEALTH)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    kind = models.CharField(max_length=20, choices=RuleKind.choices, default=RuleKind.METRIC)
    group = models.ForeignKey(RuleGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    position = models.PositiveIntegerField(default=0, help_text="In its group.")
    expression = models.TextField(blank=True, help_text="PromQL, for kinds that have one.")
    comparator = models.CharField(max_length=8, choices=Comparator.choices, default=Comparator.PRESENT)
    threshold = models.FloatField(null=True, blank=True)
    recovery_threshold = models.FloatField(
        null=True, blank=True, help_text="Resolved only past this; empty: the threshold."
    )
    settings = models.JSONField(default=dict, blank=True)
    interval_s = models.FloatField(
        "evaluation interval (s)", default=60, validators=[MinValueValidator(1), MaxValueValidator(86_400)]
    )
    for_s = models.FloatField("for (s)", default=0, validators=[MinValueValidator(0)])
    keep_firing_for_s = models.FloatField("keep firing for (s)", default=0, validators=[MinValueValidator(0)])
    on_no_data = models.CharField(max_length=6, choices=OnTrouble.choices, default=OnTrouble.OK)
    on_error = models.CharField(max_length=6, choices=OnTrouble.choices, default=OnTrouble.KEEP)
    flap_detection = models.BooleanField(default=True)
    labels = models.JSONField(default=dict, blank=True)
    annotations = models.JSONField(default=dict, blank=True)
    runbook_url = models.URLField("runbook URL", max_length=500, blank=True)
    owner = models.CharField("owner team", max_length=80, blank=True)
    policy = models.ForeignKey("oncall.EscalationPolicy", on_delete=models.SET_NULL, null=True, blank=True)
    enabled = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1, editable=False)
    fingerprint = models.CharField(max_length=32, editable=False)
    created_by = models.ForeignKey(PERSON, on_delete=models.SET_NULL, null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RecordingRule(models.Model):
    """A query whose answer is written as a new series."""

    group = models.ForeignKey(RuleGroup, on_delete=models.CASCADE, related_name="recordings")
    position = models.PositiveIntegerField(default=0)
    record = models.CharField(max_length=250)
    expression = models.TextField()
    labels = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["group", "position"]


class RuleSchedule(models.Model):
    """When a unit (a rule by itself, or a group) is evaluated next, and how the last time went."""

    rule = models.OneToOneField(AlertRule, on_delete=models.CASCADE, null=True, related_name="schedule")
    group = models.OneToOneField(RuleGroup, on_delete=models.CASCADE, null=True, related_name="schedule")
    next_at = models.DateTimeField(null=True, help_text="Null: not evaluated by time.")
    lease = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    last_duration_s = models.FloatField(null=True)
    last_error = models.TextField(blank=True)
    missed = models.PositiveBigIntegerField(default=0, help_text="Rounds that were due and not evaluated.")

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="rule_due", condition=Q(next_at__isnull=False))]


class RuleState(models.Model):
    """What is known of one rule and label set. A row exists while it is not plainly inactive, or its history matters.

    `history`: bits of the last 21 evaluations, the newest last, as text of 0 and 1.
    """

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="states")
    identity = models.CharField(max_length=32)
    labels = models.JSONField()
    phase = models.CharField(max_length=10, choices=Phase.choices)
    trouble = models.CharField(max_length=8, blank=True, help_text="no_data, error or empty.")
    since = models.DateTimeField(help_text="When this phase began.")
    active_at = models.DateTimeField(null=True, help_text="When the condition became true.")
    fired_at = models.DateTimeField(null=True)
    last_true_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(help_text="When the series was last returned.")
    value = models.FloatField(null=True)
    history = models.CharField(max_length=21, blank=True)
    flapping = models.BooleanField(default=False)
    sent_at = models.DateTimeField(null=True, help_text="When it was last handed to the incidents.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "identity"], name="rule_state_once")]
        indexes = [models.Index(fields=["phase"], name="rule_state_active", condition=~Q(phase="inactive"))]
