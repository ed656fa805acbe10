"""What is decided beforehand: the tree, receivers, and what keeps alerts quiet."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from alerts.oncall.models import is_time_zone


def telling_labels() -> list[str]:
    return ["instance", "host", "hostname", "node", "device", "pod", "database", "service"]


class IncidentSettings(models.Model):
    """How incidents are made: one row. The last fields are the reducer's own: `revision` grows with each change of what it goes by."""

    resolve_timeout_s = models.PositiveIntegerField(
        "resolve timeout (s)",
        default=300,
        validators=[MinValueValidator(1)],
        help_text="An alert sent without an end is over when it was not sent again for so long.",
    )
    reopen_window_s = models.PositiveIntegerField(
        "reopen window (s)",
        default=600,
        help_text="What fires again so soon after its incident was resolved opens that incident again; so does what still fires so long "
        "after somebody resolved it by hand.",
    )
    silence_reminder_s = models.PositiveIntegerField(
        "reminder of silences (s)", default=900, help_text="How long before a silence ends its creator is reminded."
    )
    prompt_ends = models.BooleanField(
        "tell at once when quiet ends",
        default=True,
        help_text="What still fires when a silence or maintenance ends is told then; otherwise with its group's next interval, as "
        "Alertmanager does.",
    )
    correlate = models.BooleanField(default=True, help_text="Whether groups of alerts join one incident.")
    correlation_window_s = models.PositiveIntegerField(
        "correlation window (s)",
        default=300,
        help_text="How long after an incident's latest alert others may join it by dependency.",
    )
    together_window_s = models.PositiveIntegerField(
        "together window (s)", default=120, help_text="Alerts that start so close to each other start together."
    )
    telling_labels = models.JSONField(
        default=telling_labels,
        help_text="Labels that say what is at fault: alerts that start together and agree in one are one incident.",
    )
    revision = models.PositiveBigIntegerField(default=1, editable=False)
    tree_digest = models.CharField(max_length=32, blank=True, editable=False)
    reroute_from = models.BigIntegerField(
        null=True, editable=False, help_text="Alerts with a higher id are routed anew."
    )

    class Meta:
        verbose_name = verbose_name_plural = "settings of incidents"
        constraints = [models.CheckConstraint(name="incident_settings_once", condition=Q(id=1))]

    def __str__(self) -> str:
        return "Settings of incidents"


class TimeInterval(models.Model):
    """A named set of times, as Alertmanager writes them: `intervals` is its list of time intervals."""

    name = models.CharField(max_length=120, unique=True)
    intervals = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Receiver(models.Model):
    """Who is told of a group: channels directly, and escalation policies for people."""

    name = models.CharField(max_length=120, unique=True)
    per_incident = models.BooleanField(
        "once per incident",
        default=True,
        help_text="Its channels are told of the incident, once, whatever groups join it; otherwise of each group, as Alertmanager does.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ReceiverTarget(models.Model):
    """One of: a channel, told as Alertmanager tells its integrations; a policy, which pages people for the incident."""

    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="targets")
    channel = models.ForeignKey("delivery.Channel", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    policy = models.ForeignKey(
        "oncall.EscalationPolicy", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    send_resolved = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="receiver_target_is_one",
                condition=Q(channel__isnull=False, policy__isnull=True) | Q(channel__isnull=True, policy__isnull=False),
                violation_error_message="Choose a channel or a policy, one of them.",
            )
        ]

    def __str__(self) -> str:
        return str(self.channel or self.policy)


class Route(models.Model):
    """A node of the routing tree, with Alertmanager's rules. Null: inherited. The root has no parent and no matchers.

    `matchers`: a list of strings such as `severity=~"critical|error"`. Durations in seconds.
    """

    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120, blank=True)
    matchers = models.JSONField(default=list, blank=True)
    receiver = models.ForeignKey(Receiver, on_delete=models.PROTECT, null=True, blank=True)
    group_by = models.JSONField(null=True, blank=True, help_text='Label names; ["..."]: each alert by itself.')
    group_wait_s = models.FloatField("group wait (s)", null=True, blank=True, validators=[MinValueValidator(0)])
    group_interval_s = models.FloatField(
        "group interval (s)", null=True, blank=True, validators=[MinValueValidator(0.1)]
    )
    repeat_interval_s = models.FloatField(
        "repeat interval (s)", null=True, blank=True, validators=[MinValueValidator(0.1)]
    )
    goes_on = models.BooleanField("continue", default=False, help_text="Look at the routes after it too.")
    mute_times = models.ManyToManyField(TimeInterval, blank=True, related_name="muting")
    active_times = models.ManyToManyField(TimeInterval, blank=True, related_name="activating")

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["parent"], name="route_root_once", condition=Q(parent__isnull=True), nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name or ", ".join(self.matchers) or ("Everything" if self.parent_id else "Root")


class InhibitionRule(models.Model):
    """While a source fires, the targets that agree in the labels `equal` are not told."""

    name = models.CharField(max_length=120, unique=True)
    source_matchers = models.JSONField(default=list)
    target_matchers = models.JSONField(default=list)
    equal = models.JSONField(default=list, blank=True)
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Silence(models.Model):
    """For a while, what matches is not told. `uuid` is its name in Alertmanager's API."""

    uuid = models.UUIDField(unique=True)
    matchers = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    created_by = models.CharField(max_length=150)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    comment = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-ends_at"]
        constraints = [
            models.CheckConstraint(
                name="silence_ends_after_start",
                condition=Q(ends_at__gte=F("starts_at")),
                violation_error_message="ends_at: the end must come after the start.",
            )
        ]

    def __str__(self) -> str:
        return self.comment[:80] or str(self.uuid)


class RecurringMaintenance(models.Model):
    """Planned work that comes again: what matches is not told while it lasts, what still fires at its end is told then.

    `recurrence`: an RRULE (RFC 5545) or five cron fields, for the starts of the windows, in `time_zone`.
    """

    name = models.CharField(max_length=120, unique=True)
    matchers = models.JSONField()
    recurrence = models.CharField(max_length=500)
    first_at = models.DateTimeField(help_text="The first window's start, and RRULE's DTSTART.")
    duration_s = models.PositiveIntegerField("duration (s)")
    time_zone = models.CharField(max_length=60, default="UTC", validators=[is_time_zone])
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
