"""What is wrong: alerts as they come in, the groups they are told in, incidents, and what keeps alerts quiet."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from alerts.incidents.choices import UNRESOLVED, EntryKind, IncidentState
from alerts.oncall.models import is_time_zone
from monitoring.events.choices import Severity


class Inbox(models.Model):
    """Alerts as they were accepted, one row a request: durable before the answer, taken in by the reducer in order."""

    id = models.BigAutoField(primary_key=True)
    received_at = models.DateTimeField()
    source = models.CharField(max_length=120, help_text="The door and who sent it, such as alertmanager:prometheus-1.")
    payload = models.JSONField(help_text="A list of alerts as intake.IncomingAlert writes them.")


class Alert(models.Model):
    """One episode of one label set, from its first firing to its end. At most one is firing for each `identity`.

    `identity`: hex of the first 16 bytes of BLAKE2b over the sorted labels, empty values left out.
    """

    id = models.BigAutoField(primary_key=True)
    identity = models.CharField(max_length=32)
    labels = models.JSONField()
    annotations = models.JSONField(default=dict)
    generator_url = models.TextField(blank=True)
    source = models.CharField(max_length=120)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    service = models.CharField(max_length=120, blank=True, help_text="Slug, from the label `service`.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="When it ends unless it is sent again; for a resolved one, when it ended.")
    updated_at = models.DateTimeField()
    is_firing = models.BooleanField(default=True)
    suppressed_by = models.JSONField(
        default=dict, blank=True, help_text="silences, inhibitors, maintenance: lists of ids."
    )

    class Meta:
        ordering = ["-starts_at", "-id"]
        indexes = [
            models.Index(fields=["ends_at"], name="alert_expiry", condition=Q(is_firing=True)),
            models.Index(fields=["-starts_at", "-id"], name="alert_order"),
            models.Index(fields=["service", "-starts_at"], name="alert_service"),
            GinIndex(fields=["labels"], name="alert_labels_gin", opclasses=["jsonb_path_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["identity"], name="alert_fires_once", condition=Q(is_firing=True))
        ]


class TimeInterval(models.Model):
    """A named set of times, as Alertmanager writes them: `intervals` is its list of time intervals."""

    name = models.CharField(max_length=120, unique=True)
    intervals = models.JSONField(default=list)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Receiver(models.Model):
    """Who is told of a group: channels directly, and escalation policies for people."""

    name = models.CharField(max_length=120, unique=True)

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


class Incident(models.Model):
    """Something is wrong, as people deal with it: one page, one acknowledgement, one end."""

    title = models.CharField(max_length=300)
    state = models.CharField(max_length=12, choices=IncidentState.choices, default=IncidentState.OPEN)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    severity_set = models.BooleanField(default=False, help_text="By a person: alerts no longer change it.")
    service = models.CharField(max_length=120, blank=True)
    root_cause = models.CharField(max_length=300, blank=True, help_text="The probable root.")
    root_reason = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    wake_at = models.DateTimeField(null=True, help_text="When an acknowledgement or a snooze ends.")
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="merged")
    firing_count = models.PositiveIntegerField(default=0)
    alert_count = models.PositiveIntegerField(default=0)
    postmortem = models.TextField(blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-id"]
        permissions = [("respond_incident", "Can acknowledge, snooze, resolve and comment")]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="incident_order"),
            models.Index(fields=["-opened_at", "-id"], name="incident_open", condition=Q(state__in=UNRESOLVED)),
            models.Index(fields=["wake_at"], name="incident_wake", condition=Q(wake_at__isnull=False)),
            models.Index(fields=["service", "-opened_at"], name="incident_service"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"


class IncidentEntry(models.Model):
    """One line of an incident's timeline. What was sent, and what each attempt answered, stands in the deliveries."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="entries")
    time = models.DateTimeField()
    kind = models.CharField(max_length=14, choices=EntryKind.choices)
    by = models.CharField(max_length=150, blank=True, help_text="Name of who did it; empty: the portal.")
    summary = models.TextField()
    payload = models.JSONField(default=dict)

    class Meta:
        ordering = ["time", "id"]
        indexes = [models.Index(fields=["incident", "time", "id"], name="incident_timeline")]


class Group(models.Model):
    """Alerts of one route that agree in its `group_by` labels, told together (Alertmanager's aggregation group).

    Rows with nothing firing and nothing left to tell are deleted. `next_flush_at`: when it is looked at next.
    """

    route_key = models.CharField(
        max_length=500, help_text="The path of matchers from the root, as Alertmanager writes it."
    )
    route = models.ForeignKey(Route, on_delete=models.SET_NULL, null=True)
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE)
    labels = models.JSONField()
    labels_key = models.CharField(max_length=32)
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True, related_name="groups")
    created_at = models.DateTimeField()
    flushed_at = models.DateTimeField(null=True)
    next_flush_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_flush_at"], name="group_due", condition=Q(next_flush_at__isnull=False))]
        constraints = [models.UniqueConstraint(fields=["route_key", "labels_key"], name="group_once")]


class Membership(models.Model):
    """An alert in a group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "alert"], name="membership_once")]


class IncidentAlert(models.Model):
    """An alert in an incident: kept for good, unlike its group."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="members")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="incidents")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "alert"], name="incident_alert_once")]


class Told(models.Model):
    """What a receiver's target was last told of a group (Alertmanager's notification log), and so what it is owed."""

    group_key = models.CharField(max_length=600, help_text="Route key and labels key: outlives the group's row.")
    target = models.ForeignKey(ReceiverTarget, on_delete=models.CASCADE)
    firing = models.JSONField(default=list, help_text="Identities of alerts told as firing.")
    resolved = models.JSONField(default=list)
    sequence = models.PositiveIntegerField(default=0, help_text="Notifications so far: part of their keys.")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group_key", "target"], name="told_once")]
