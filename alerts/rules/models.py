"""What to look for: rules, the groups they were imported in, and the state of each rule and label set."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from alerts.rules.choices import Category, Comparator, OnTrouble, Phase, RuleKind, Trouble
from alerts.rules.querysets import RuleQuerySet
from monitoring.events.choices import Severity

YEAR_S = 31_622_400
PERSON = settings.AUTH_USER_MODEL  # `settings` is a field of a rule


class RuleGroup(models.Model):
    """Rules that are evaluated one after the other (a Prometheus rule group), with its interval."""

    name = models.CharField(max_length=200)
    file = models.CharField(max_length=200, blank=True, help_text="Of the file it came from.")
    interval_s = models.FloatField(
        "interval (s)", default=60, validators=[MinValueValidator(1), MaxValueValidator(86_400)]
    )
    query_offset_s = models.FloatField(
        "query offset (s)",
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(YEAR_S)],
        help_text="Ask for values so long ago.",
    )
    limit = models.PositiveIntegerField(
        default=0, help_text="Most alerts, or recorded series, of one of its rules; 0: no limit."
    )
    labels = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["file", "name"]
        constraints = [models.UniqueConstraint(fields=["file", "name"], name="rule_group_once")]

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """One rule. `settings` holds what its kind needs, as the kind's form normalised it.

    `fingerprint` is of what decides which states there are (kind, settings, expression, labels): while it stays, an edit keeps them.
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
    for_s = models.FloatField(
        "for (s)",
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(YEAR_S)],
        help_text="Pending before it fires.",
    )
    keep_firing_for_s = models.FloatField(
        "keep firing for (s)", default=0, validators=[MinValueValidator(0), MaxValueValidator(YEAR_S)]
    )
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

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("run_alertrule", "Can switch rules on and off")]
        indexes = [models.Index(fields=["kind"], name="rule_kind", condition=Q(enabled=True))]

    def __str__(self) -> str:
        return self.name


class RuleThreshold(models.Model):
    """A number that rules share, so that it is changed in one place: the threshold of its rules, or the count of event rules."""

    name = models.SlugField(max_length=80, unique=True)
    description = models.CharField(max_length=200, blank=True)
    value = models.FloatField()
    unit = models.CharField(max_length=20, blank=True)
    rules = models.ManyToManyField(AlertRule, blank=True, related_name="thresholds")

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

    def __str__(self) -> str:
        return self.record


class RuleSchedule(models.Model):
    """When a unit (a rule by itself, or a group) is evaluated next, and how the last time went. A narrow table: updated twice a round.

    A claim sets `lease` and `lease_until` and leaves `next_at` alone; the result moves it on. Whoever wants a rule looked at now sets
    `next_at`, at any time: an evaluation under way does not swallow that. A result whose lease is gone is thrown away.
    """

    rule = models.OneToOneField(AlertRule, on_delete=models.CASCADE, null=True, related_name="schedule")
    group = models.OneToOneField(RuleGroup, on_delete=models.CASCADE, null=True, related_name="schedule")
    next_at = models.DateTimeField(null=True, help_text="Null: not evaluated by time.")
    lease = models.BigIntegerField(null=True)
    lease_until = models.DateTimeField(null=True)
    evaluations = models.PositiveBigIntegerField(default=0, help_text="How often it was evaluated: numbers them.")
    hits_upto = models.BigIntegerField(default=0, help_text="The last hit of an event rule that was looked at.")
    last_at = models.DateTimeField(null=True, help_text="The time of the last evaluation, which is on the unit's grid.")
    last_duration_s = models.FloatField(null=True)
    last_error = models.TextField(blank=True)
    missed = models.PositiveBigIntegerField(default=0, help_text="Rounds that were due and not evaluated.")

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="rule_due", condition=Q(next_at__isnull=False))]


class RuleState(models.Model):
    """What is known of one rule and label set. A row exists while it is not plainly inactive, or its series is remembered.

    Rows are written when something changes, not at every evaluation: `history` holds bits of the evaluations up to number
    `evaluation`, the newest last (1: it fired); the ones since then were like the last bit. `gone_at` null: the series was there.
    """

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="states")
    identity = models.CharField(max_length=32)
    labels = models.JSONField(help_text="Of the series and of the rule, without those every alert of the rule has.")
    phase = models.CharField(max_length=10, choices=Phase.choices)
    trouble = models.CharField(max_length=8, choices=Trouble.choices, blank=True)
    since = models.DateTimeField(help_text="When this phase began.")
    active_at = models.DateTimeField(null=True, help_text="When the condition became true.")
    fired_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True, help_text="When the series was first not returned.")
    gone_evaluation = models.PositiveBigIntegerField(default=0)
    value = models.FloatField(null=True, help_text="As of the last change or the last time it was told.")
    history = models.CharField(max_length=21, blank=True)
    evaluation = models.PositiveBigIntegerField(default=0)
    flapping = models.BooleanField(default=False)
    told = models.BooleanField(default=False, help_text="The incidents were told that it fires.")
    sent_at = models.DateTimeField(null=True, help_text="When it was last handed to the incidents.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "identity"], name="rule_state_once")]
        indexes = [models.Index(fields=["phase"], name="rule_state_active", condition=~Q(phase="inactive"))]


class RuleHit(models.Model):
    """Events that an event rule counts: those of one second, one label set and one value, as one look at the timeline found them."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="hits")
    labels = models.JSONField(default=dict)
    at = models.DateTimeField(help_text="When they happened; to the second.")
    value = models.CharField(max_length=200, blank=True, help_text="What is counted apart, or the step of a sequence.")
    hits = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [
            models.Index(fields=["rule", "id"], name="rule_hit_new"),
            models.Index(fields=["rule", "at"], name="rule_hit_window"),
        ]


class EventCursor(models.Model):
    """How far the timeline was read for the rules: one row. Rows are read in the order of their transactions, each once it is over."""

    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    read_at = models.DateTimeField()
