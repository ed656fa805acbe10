"""Who is told, and when: schedules, escalation policies, personal rules, running escalations."""

import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from alerts.delivery.choices import Urgency
from alerts.oncall.choices import EscalationState, RotationKind, StepOutcome
from monitoring.events.choices import Severity


def is_time_zone(name: str) -> None:
    """Raises ValidationError for what is not in the IANA time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name!r} is not a time zone; write one such as Europe/Vienna or UTC.")


class Team(models.Model):
    """People who answer for something together."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """Who is on call when: layers over each other, the later one wins where it has somebody; overrides win over all."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[is_time_zone])
    gaps_next_at = models.DateTimeField(null=True, editable=False, help_text="When gaps are looked for next.")
    gaps_warned = models.JSONField(
        default=dict, editable=False, help_text="{until, gaps: [[start, end]]} of that look."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Layer(models.Model):
    """One rotation. `restrictions`: a list of {"weekday": 0 to 6 or null, "start": "HH:MM", "end": "HH:MM"}; empty: always.

    A shift lasts `length` units of `rotation`, the first one begins at `starts_at` in the schedule's zone.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120)
    rotation = models.CharField(max_length=10, choices=RotationKind.choices, default=RotationKind.WEEKLY)
    length = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(1000)])
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    restrictions = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["schedule", "position", "id"]

    def __str__(self) -> str:
        return f"{self.schedule} / {self.name}"


class LayerMember(models.Model):
    """The place of a person in a layer's rotation; somebody may have several."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="members")
    position = models.PositiveSmallIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["layer", "position"]
        constraints = [models.UniqueConstraint(fields=["layer", "position"], name="layer_place_once")]


class Override(models.Model):
    """For a while somebody else is on call. `replaces` null: for whoever it would be; `user` null: nobody (a hole on purpose).

    Overrides are applied in the order in which they were made, each to what those before it left. `uid` names the entry of the
    calendar it was imported from, so that the same file twice makes nothing twice.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: nobody.",
    )
    replaces = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: whoever is on call then.",
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=200, blank=True)
    uid = models.CharField(max_length=300, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                name="override_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="ends_at: the end must come after the start.",
            ),
            models.UniqueConstraint(fields=["schedule", "uid"], name="override_imported_once", condition=~Q(uid="")),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}: {self.user or 'nobody'}"


class Feed(models.Model):
    """A calendar program's way to a schedule, or to a person's own shifts on all of them (`schedule` null), by a token of `user`'s.

    Only a digest of the token is stored. The feed shows nothing that `user` may not look at when it is read.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feeds")
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, null=True, related_name="feeds")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the hour.")

    class Meta:
        ordering = ["user", "schedule"]
        constraints = [
            models.UniqueConstraint(fields=["user", "schedule"], name="feed_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.schedule or 'own shifts'} for {self.user}"


class EscalationPolicy(models.Model):
    """Whom to tell, step after step, until somebody acknowledges."""

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    description = models.TextField(blank=True)
    repeat = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(9)], help_text="How often the steps are gone through again."
    )
    acknowledge_timeout_s = models.PositiveIntegerField(
        "acknowledge timeout (s)", default=1800, help_text="After which an acknowledged incident pages again; 0: never."
    )
    is_default = models.BooleanField(
        "default", default=False, help_text="Used where another policy reached nobody. One policy is."
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "escalation policies"
        constraints = [
            models.UniqueConstraint(fields=["is_default"], name="policy_default_once", condition=Q(is_default=True))
        ]

    def __str__(self) -> str:
        return self.name


class PolicyStep(models.Model):
    """One tier. `wait_s` passes after it before the next one. `targets`: a list of {"kind", "slug"} as in choices.TargetKind
    (a person's slug is the user name). `round_robin`: one of the targets in turn, not all. `only_between`: {"time_zone", "weekdays",
    "start", "end"} or null; `least_severity`: skip for what is less severe."""

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    wait_s = models.PositiveIntegerField("wait (s)", default=300)
    targets = models.JSONField(default=list)
    round_robin = models.BooleanField(default=False)
    only_between = models.JSONField(null=True, blank=True)
    least_severity = models.CharField(max_length=10, choices=Severity.choices, blank=True)
    turn = models.PositiveBigIntegerField(default=0, editable=False, help_text="Round robin: turns taken so far.")

    class Meta:
        ordering = ["policy", "position"]
        constraints = [models.UniqueConstraint(fields=["policy", "position"], name="policy_step_once")]


class PersonalRule(models.Model):
    """By which of their contact methods a person is told, after how long. Ordered by `delay_s`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_rules")
    urgency = models.CharField(max_length=8, choices=Urgency.choices, default=Urgency.HIGH)
    contact = models.ForeignKey("delivery.ContactMethod", on_delete=models.CASCADE, related_name="rules")
    delay_s = models.PositiveIntegerField("delay (s)", default=0, validators=[MaxValueValidator(86_400)])

    class Meta:
        ordering = ["user", "urgency", "delay_s", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "urgency", "contact", "delay_s"], name="personal_rule_once")
        ]


class QuietHours(models.Model):
    """When a person is told only what is urgent; the rest waits until they end."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="quiet_hours"
    )
    time_zone = models.CharField(max_length=60, default="UTC", validators=[is_time_zone])
    start = models.TimeField()
    end = models.TimeField()


class Escalation(models.Model):
    """A policy at work on one subject (`incident:42`). `plan` is the policy as it was when this began.

    `step` is the next step to do, `lap` how often all were done. `next_step_at` null: nothing is due. `lap_told` and `lap_empty`: whether
    a step of this lap found somebody, found nobody. `episode` grows with every start and resumption of anything about the subject, so that
    keys of deliveries are new; `first_episode` is the one it began with.
    """

    subject = models.CharField(max_length=120)
    policy = models.ForeignKey(EscalationPolicy, on_delete=models.SET_NULL, null=True)
    plan = models.JSONField()
    message = models.JSONField()
    severity = models.CharField(max_length=10)
    urgency = models.CharField(max_length=8, choices=Urgency.choices)
    fair_key = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=EscalationState.choices, default=EscalationState.RUNNING)
    step = models.PositiveIntegerField(default=0)
    lap = models.PositiveIntegerField(default=0)
    lap_told = models.BooleanField(default=False)
    lap_empty = models.BooleanField(default=False)
    episode = models.PositiveIntegerField(default=0)
    first_episode = models.PositiveIntegerField(default=0)
    next_step_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    resumed_at = models.DateTimeField(help_text="When the present episode began.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        indexes = [
            models.Index(fields=["next_step_at"], name="escalation_due", condition=Q(next_step_at__isnull=False)),
            models.Index(fields=["subject"], name="escalation_subject"),
            models.Index(fields=["ended_at"], name="escalation_ended", condition=Q(ended_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "policy"], name="escalation_once", condition=~Q(state=EscalationState.OVER)
            )
        ]


class EscalationEntry(models.Model):
    """What a step did, for the timeline: whom it told and why them, or why nobody."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="entries")
    time = models.DateTimeField()
    episode = models.PositiveIntegerField()
    step = models.PositiveIntegerField()
    lap = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=StepOutcome.choices)
    summary = models.CharField(max_length=500)
    targets = models.JSONField(default=list)

    class Meta:
        ordering = ["escalation", "id"]


class Page(models.Model):
    """A person being told of one subject by their personal rules, later: a row per rule with a delay. `due_at` null: done, or void.

    `key` is that of the delivery which it becomes; `episode`, `lap` and `step` are those of the step that began it.
    """

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="pages")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey("delivery.ContactMethod", on_delete=models.CASCADE, related_name="+")
    why = models.CharField(max_length=500)
    key = models.CharField(max_length=250, unique=True)
    episode = models.PositiveIntegerField()
    lap = models.PositiveIntegerField()
    step = models.PositiveIntegerField()
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="page_due", condition=Q(due_at__isnull=False))]
