"""Incidents, their alerts and their timelines, and what people answer."""

from typing import Any

from rest_framework import serializers

from alerts.incidents.models import Alert, Incident
from monitoring.events.choices import Severity
from security.access.models import User


def person(**options: Any) -> serializers.SlugRelatedField[User]:
    return serializers.SlugRelatedField[User](slug_field="username", **options)


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    acknowledged_by = person(read_only=True, allow_null=True)
    assigned_to = person(read_only=True, allow_null=True)
    resolved_by = person(read_only=True, allow_null=True)
    merged_into = serializers.PrimaryKeyRelatedField[Incident](read_only=True, allow_null=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True, help_text="Path of its page.")

    class Meta:
        model = Incident
        fields = [
            "id", "title", "state", "severity", "severity_set", "service", "root_cause", "root_reason", "opened_at", "joined_at",
            "episode", "suppressed", "acknowledged_by", "acknowledged_at", "wake_at", "assigned_to", "resolved_at", "resolved_by",
            "merged_into", "firing_count", "alert_count", "postmortem", "updated_at", "url",
        ]  # fmt: skip
        read_only_fields = fields


class AlertSerializer(serializers.ModelSerializer[Alert]):
    labels = serializers.DictField(child=serializers.CharField(), read_only=True)
    annotations = serializers.DictField(child=serializers.CharField(), read_only=True)
    suppressed_by = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        read_only=True,
        help_text="What keeps it quiet: silences, maintenance, inhibitors, muted.",
    )

    class Meta:
        model = Alert
        fields = [
            "id", "identity", "labels", "annotations", "generator_url", "source", "severity", "service", "starts_at", "ends_at",
            "updated_at", "is_firing", "suppressed_by",
        ]  # fmt: skip
        read_only_fields = fields


class TriedSerializer(serializers.Serializer[Any]):
    """One try to send a message."""

    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    duration_s = serializers.FloatField()
    outcome = serializers.CharField()
    status_code = serializers.IntegerField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)


class LineSerializer(serializers.Serializer[Any]):
    """One line of a timeline."""

    time = serializers.DateTimeField()
    source = serializers.ChoiceField(  # type: ignore[assignment] # a field of that name
        choices=[("incident", "incident"), ("escalation", "escalation"), ("delivery", "delivery")]
    )
    id = serializers.IntegerField()
    kind = serializers.CharField()
    summary = serializers.CharField()
    by = serializers.CharField(allow_blank=True)
    state = serializers.CharField(allow_blank=True, help_text="Of a delivery.")
    attempts = TriedSerializer(many=True)
    payload = serializers.DictField()


class UntilSerializer(serializers.Serializer[Any]):
    until = serializers.DateTimeField(required=False, allow_null=True, help_text="Within 30 days.")


class AssignSerializer(serializers.Serializer[Any]):
    to = person(queryset=User.objects.filter(is_active=True), allow_null=True, help_text="User name; null: nobody.")


class CommentSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10_000)


class SeveritySerializer(serializers.Serializer[Any]):
    severity = serializers.ChoiceField(choices=Severity.choices)


class PostmortemSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=10_000, allow_blank=True)


class MergeSerializer(serializers.Serializer[Any]):
    incidents = serializers.PrimaryKeyRelatedField[Incident](
        queryset=Incident.objects.all(), many=True, help_text="Which become part of this one."
    )


class SplitSerializer(serializers.Serializer[Any]):
    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1000, help_text="Ids."
    )


class AnswerSerializer(serializers.Serializer[Any]):
    """What came of an answer."""

    done = serializers.BooleanField(help_text="false: it was so already, or cannot be.")
    words = serializers.CharField(help_text="How things stand now.")
    incident = IncidentSerializer()
