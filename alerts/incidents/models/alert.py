"""Alerts as they come in, and the groups they are told in."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from alerts.incidents.models.configuration import Receiver, ReceiverTarget, Route
from alerts.incidents.models.incident import Incident
from alerts.incidents.querysets import AlertQuerySet
from monitoring.events.choices import Severity


class Inbox(models.Model):
    """Alerts as they were accepted, one row a request: durable before the answer, taken in by the reducer in order."""

    id = models.BigAutoField(primary_key=True)
    received_at = models.DateTimeField()
    source = models.CharField(max_length=120, help_text="The door and who sent it, such as alertmanager:prometheus-1.")
    payload = models.JSONField(help_text="A list of alerts as intake.IncomingAlert writes them.")
    is_broken = models.BooleanField(default=False, db_default=False, help_text="It could not be taken in; set aside.")


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
    ends_by_timeout = models.BooleanField(default=False, help_text="No sender said when it ends.")
    is_firing = models.BooleanField(default=True)
    suppressed_by = models.JSONField(
        default=dict, blank=True, help_text="silences, inhibitors, maintenance: lists of ids; muted: why."
    )
    suppressed_until = models.DateTimeField(
        null=True, help_text="When the last silence or maintenance over it ends, and it is looked at again."
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-id"]
        permissions = [("push_alert", "Can send alerts")]
        indexes = [
            models.Index(fields=["ends_at"], name="alert_expiry", condition=Q(is_firing=True)),
            models.Index(fields=["-starts_at", "-id"], name="alert_order"),
            models.Index(fields=["service", "-starts_at"], name="alert_service"),
            models.Index(
                fields=["suppressed_until"],
                name="alert_quiet_end",
                condition=Q(is_firing=True, suppressed_until__isnull=False),
            ),
            GinIndex(fields=["labels"], name="alert_labels_gin", opclasses=["jsonb_path_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["identity"], name="alert_fires_once", condition=Q(is_firing=True))
        ]

    def __str__(self) -> str:
        return str(self.labels.get("alertname") or self.identity)


class Group(models.Model):
    """Alerts of one route that agree in its `group_by` labels, told together (Alertmanager's aggregation group).

    Rows with nothing firing and nothing left to tell are deleted. `next_flush_at`: when it is looked at next. `key`: hex of a digest of
    `group_key`, which is Alertmanager's and for people.
    """

    key = models.CharField(max_length=32, unique=True)
    group_key = models.TextField()
    route_key = models.TextField(help_text="The path of matchers from the root, as Alertmanager writes it.")
    route = models.ForeignKey(Route, on_delete=models.SET_NULL, null=True)
    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE)
    labels = models.JSONField()
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True, related_name="groups")
    created_at = models.DateTimeField()
    flushed_at = models.DateTimeField(null=True)
    next_flush_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_flush_at"], name="group_due", condition=Q(next_flush_at__isnull=False))]

    def __str__(self) -> str:
        return self.group_key


class Membership(models.Model):
    """An alert in a group. `stale`: the tree no longer leads it here; it stays until its end, which this group may owe."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()
    stale = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "alert"], name="membership_once")]


class Told(models.Model):
    """What a receiver's target was last told of a group (Alertmanager's notification log), and so what it is owed."""

    group_key = models.CharField(max_length=64, help_text="A group's key, whose row it outlives, or incident:42.")
    target = models.ForeignKey(ReceiverTarget, on_delete=models.CASCADE)
    firing = models.JSONField(default=list, help_text="Identities of alerts told as firing.")
    resolved = models.JSONField(default=list)
    owed = models.JSONField(default=list, help_text="Told as firing and not yet as resolved.")
    sequence = models.PositiveIntegerField(default=0, help_text="Notifications so far: part of their keys.")
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group_key", "target"], name="told_once")]
