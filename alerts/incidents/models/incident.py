"""Incidents: what people deal with."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.incidents.choices import UNRESOLVED, EntryKind, IncidentState
from alerts.incidents.querysets import IncidentQuerySet
from monitoring.events.choices import Severity


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
    joined_at = models.DateTimeField(help_text="When its latest alert joined.")
    episode = models.PositiveIntegerField(default=0, help_text="Grows each time it is opened again.")
    suppressed = models.BooleanField(default=False, help_text="Everything that fires in it is kept quiet.")
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

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        permissions = [("respond_incident", "Can acknowledge, snooze, resolve and comment")]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="incident_order"),
            models.Index(fields=["-opened_at", "-id"], name="incident_open", condition=Q(state__in=UNRESOLVED)),
            models.Index(fields=["wake_at"], name="incident_wake", condition=Q(wake_at__isnull=False)),
            models.Index(fields=["service", "-opened_at"], name="incident_service"),
            models.Index(fields=["resolved_at"], name="incident_resolved", condition=Q(resolved_at__isnull=False)),
            models.Index(
                fields=["assigned_to", "-opened_at"], name="incident_assigned", condition=Q(assigned_to__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    @property
    def subject(self) -> str:
        """What deliveries and escalations about it are said to be about."""
        return f"incident:{self.pk}"

    @property
    def thread(self) -> str:
        """The same for everything that is told of one episode."""
        return f"incident:{self.pk}/{self.episode}"

    def get_absolute_url(self) -> str:
        return f"/incidents/{self.pk}/"


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


class IncidentAlert(models.Model):
    """An alert in an incident: kept for good, unlike its group."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="members")
    alert = models.ForeignKey("incidents.Alert", on_delete=models.CASCADE, related_name="incidents")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "alert"], name="incident_alert_once")]
