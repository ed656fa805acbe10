"""Checks and what is known of them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from monitoring.checks import actions
from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.configuration import stored_secrets
from monitoring.checks.models import Check, CheckState, Service, StatusChange
from monitoring.checks.probes.registry import kind_choices
from monitoring.checks.queries import ping_url


class ThresholdSerializer(serializers.Serializer[Any]):
    """A bound on a value: past `degraded` the check is degraded, past `down` it is down."""

    value = serializers.CharField(max_length=600, help_text='wait_seconds, or one series: disk_used_ratio{mount="/"}')
    comparator = serializers.ChoiceField(choices=Comparator.choices)
    degraded = serializers.FloatField(required=False, allow_null=True)
    down = serializers.FloatField(required=False, allow_null=True)


class CheckStateSerializer(serializers.ModelSerializer[CheckState]):
    """What is known of a check. `values` are in base units (seconds, bytes, ratios)."""

    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    last_verdict = serializers.ChoiceField(choices=Status.choices, read_only=True)
    last_cause = serializers.ChoiceField(choices=Cause.choices, read_only=True)
    last_values = serializers.DictField(child=serializers.FloatField(allow_null=True), read_only=True)

    class Meta:
        model = CheckState
        fields = [
            "status", "since", "hard", "last_checked_at", "last_verdict", "last_cause", "last_summary", "last_values",
            "last_duration_s", "streak", "flap_percent", "flapping",
        ]  # fmt: skip
        read_only_fields = fields


class CheckSerializer(serializers.ModelSerializer[Check]):
    """A secret of `settings` goes in and never comes out; left out or empty it stays as it was, null forgets it."""

    service = serializers.SlugRelatedField[Service](slug_field="slug", queryset=Service.objects.all())
    slug = serializers.SlugField(max_length=120, required=False, help_text="Empty on a new check: of the name.")
    kind = serializers.ChoiceField(choices=kind_choices(), help_text="Cannot be changed later.")
    settings = serializers.DictField(required=False, help_text="As `GET /api/v1/kinds/` says for the kind.")
    secrets_stored = serializers.SerializerMethodField(help_text="Names of the secret settings that are stored.")
    ping_url = serializers.SerializerMethodField(
        help_text="Where the job of a heartbeat check reports; null for other kinds and for those who may not change checks."
    )
    thresholds = ThresholdSerializer(many=True, required=False, help_text="Left out on a new check: the kind's own.")
    paused_until = serializers.DateTimeField(read_only=True, allow_null=True, help_text="Year 3000: until resumed.")
    state = CheckStateSerializer(read_only=True)

    class Meta:
        model = Check
        fields = [
            "id", "service", "name", "slug", "kind", "settings", "secrets_stored", "ping_url", "thresholds", "interval_s",
            "timeout_s", "retry_interval_s", "failures_before_down", "successes_before_up", "impact", "enabled",
            "paused_until", "revision", "state", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["revision"]
        validators: list[Any] = []

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_secrets_stored(self, check: Check) -> list[str]:
        return sorted(stored_secrets(check)) if check.sealed_secrets else []

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_ping_url(self, check: Check) -> str | None:
        return ping_url(check) if self.context["request"].user.has_perm("checks.change_check") else None

    def get_fields(self) -> dict[str, Any]:
        """The kinds as they are registered now, not when this class was made."""
        fields: dict[str, Any] = super().get_fields()
        fields["kind"].choices = kind_choices()
        return fields

    def create(self, validated_data: dict[str, Any]) -> Check:
        return actions.check_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Check, validated_data: dict[str, Any]) -> Check:
        as_it_was = {name: getattr(instance, name) for name in ("service", "kind", "name")}
        return actions.check_save(check=instance, **(as_it_was | validated_data), by=self.context["request"].user)


class PauseSerializer(serializers.Serializer[Any]):
    until = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Null: until it is resumed."
    )


class DueSerializer(serializers.Serializer[Any]):
    due = serializers.IntegerField(help_text="Checks made due now; 0 when it is disabled or paused.")


class SeenSerializer(serializers.Serializer[Any]):
    """What one run saw; nothing of it is stored."""

    status = serializers.ChoiceField(choices=Status.choices)
    cause = serializers.ChoiceField(choices=Cause.choices)
    summary = serializers.CharField()
    values = serializers.DictField(child=serializers.FloatField(allow_null=True))
    evidence = serializers.DictField()
    duration_s = serializers.FloatField()


class StatusChangeSerializer(serializers.ModelSerializer[StatusChange]):
    """One change of status of a check, or of a service (`check_id` null), with its evidence."""

    before = serializers.ChoiceField(choices=Status.choices, read_only=True)
    after = serializers.ChoiceField(choices=Status.choices, read_only=True)
    cause = serializers.ChoiceField(choices=Cause.choices, read_only=True)
    evidence = serializers.JSONField(read_only=True)

    class Meta:
        model = StatusChange
        fields = ["id", "time", "service_id", "check_id", "before", "after", "hard", "cause", "summary", "evidence"]
        read_only_fields = fields


class ValueSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field of that name, as DRF allows
    unit = serializers.CharField(allow_blank=True, help_text="s, B, ratio, /s, B/s, d, bool; empty: a count.")
    help = serializers.CharField(allow_blank=True)


@extend_schema_field(OpenApiTypes.OBJECT)
class JsonSchemaField(serializers.DictField):
    """A JSON Schema."""


class KindSerializer(serializers.Serializer[Any]):
    """A kind of check: what it asks, what it can be told, what it measures."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field of that name, as DRF allows
    description = serializers.CharField()
    icon = serializers.CharField(help_text="Name of a Material Symbol.")
    default_interval_s = serializers.IntegerField()
    settings = JsonSchemaField(help_text="JSON Schema of `settings`.")
    secrets = serializers.ListField(child=serializers.CharField(), help_text="Settings that are stored sealed.")
    values = ValueSerializer(many=True)
    dynamic_values = serializers.BooleanField(help_text="Further values are named by the settings.")
    default_thresholds = ThresholdSerializer(many=True)


class PointSerializer(serializers.Serializer[Any]):
    time = serializers.DateTimeField()
    value = serializers.FloatField(allow_null=True)


class SeriesSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    points = PointSerializer(many=True)


class SeriesAnswerSerializer(serializers.Serializer[Any]):
    """Values over time: the mean of each step, at its start."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    step_s = serializers.IntegerField()
    series = SeriesSerializer(many=True)


class SeriesQuerySerializer(serializers.Serializer[Any]):
    value = serializers.CharField(required=False, max_length=200, help_text="One value; left out: all.")
    start = serializers.DateTimeField(required=False, help_text="Left out: an hour before the end.")
    end = serializers.DateTimeField(required=False, help_text="Left out: now.")
    step_s = serializers.IntegerField(
        required=False, min_value=1, max_value=86_400 * 31, help_text="Left out: such that about 300 points come back."
    )
