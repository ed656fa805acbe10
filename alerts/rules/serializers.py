"""Rules, groups and states as the API shows them."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.oncall.models import EscalationPolicy
from alerts.rules import actions
from alerts.rules.choices import Phase, RuleKind, Trouble
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup, RuleSchedule, RuleState
from alerts.rules.queries import last_error_of, schedule_of
from opsportal.writing import person_of

DAY_S = 86_400


class RuleScheduleSerializer(serializers.ModelSerializer[RuleSchedule]):
    """When it is evaluated, and how that went."""

    class Meta:
        model = RuleSchedule
        fields = ["next_at", "last_at", "last_duration_s", "evaluations", "missed"]
        read_only_fields = fields


class TextsField(serializers.DictField):
    """Names and texts."""

    child = serializers.CharField(allow_blank=True, max_length=10_000, trim_whitespace=False)


class RuleSerializer(serializers.ModelSerializer[AlertRule]):
    """An alert rule. `settings` are those of its kind."""

    slug = serializers.SlugField(max_length=200, required=False, help_text="Empty on a new rule: of the name.")
    kind = serializers.ChoiceField(choices=RuleKind.choices)
    settings = serializers.DictField(required=False, help_text="As `GET /api/v1/rule-kinds/` says for the kind.")
    labels = TextsField(required=False, help_text="Added to every alert; values may be templates.")
    annotations = TextsField(required=False, help_text="Texts about the alert; they may be templates.")
    threshold = serializers.FloatField(required=False, allow_null=True)
    recovery_threshold = serializers.FloatField(required=False, allow_null=True)
    interval_s = serializers.FloatField(required=False, min_value=1, max_value=DAY_S)
    for_s = serializers.FloatField(required=False, min_value=0, max_value=366 * DAY_S)
    keep_firing_for_s = serializers.FloatField(required=False, min_value=0, max_value=366 * DAY_S)
    group = serializers.PrimaryKeyRelatedField[RuleGroup](
        queryset=RuleGroup.objects.all(), required=False, allow_null=True, help_text="Evaluated with this group."
    )
    policy = serializers.SlugRelatedField[EscalationPolicy](
        slug_field="slug", queryset=EscalationPolicy.objects.all(), required=False, allow_null=True
    )
    firing_count = serializers.IntegerField(read_only=True)
    pending_count = serializers.IntegerField(read_only=True)
    last_error = serializers.SerializerMethodField(help_text="Of the last evaluation; empty: it went well.")
    schedule = serializers.SerializerMethodField(help_text="Its own, or that of its group.")

    class Meta:
        model = AlertRule
        fields = [
            "id", "name", "slug", "description", "category", "severity", "kind", "group", "position", "expression", "comparator",
            "threshold", "recovery_threshold", "settings", "interval_s", "for_s", "keep_firing_for_s", "on_no_data", "on_error",
            "flap_detection", "labels", "annotations", "runbook_url", "owner", "policy", "enabled", "revision", "firing_count",
            "pending_count", "last_error", "schedule", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["revision"]
        validators: list[Any] = []

    def get_last_error(self, rule: AlertRule) -> str:
        return last_error_of(rule)

    @extend_schema_field(RuleScheduleSerializer(allow_null=True))
    def get_schedule(self, rule: AlertRule) -> dict[str, Any] | None:
        schedule = schedule_of(rule)
        return dict(RuleScheduleSerializer(schedule).data) if schedule else None

    def create(self, validated_data: dict[str, Any]) -> AlertRule:
        return actions.rule_save(**validated_data, now=timezone.now(), by=person_of(self.context["request"]))

    def update(self, instance: AlertRule, validated_data: dict[str, Any]) -> AlertRule:
        as_it_was = {"kind": str(instance.kind), "name": instance.name}
        values = as_it_was | validated_data
        return actions.rule_save(rule=instance, **values, now=timezone.now(), by=person_of(self.context["request"]))


class RuleSwitchedSerializer(serializers.Serializer[Any]):
    changed = serializers.IntegerField(help_text="1, or 0 when it was so already.")


class RuleStateSerializer(serializers.ModelSerializer[RuleState]):
    """What is known of one label set. A value that is not finite is null."""

    rule = serializers.SlugRelatedField[AlertRule](slug_field="slug", read_only=True)
    phase = serializers.ChoiceField(choices=Phase.choices, read_only=True)
    trouble = serializers.ChoiceField(choices=Trouble.choices, read_only=True, allow_blank=True)
    labels = TextsField(read_only=True)
    value = serializers.SerializerMethodField("finite_value")

    class Meta:
        model = RuleState
        fields = [
            "id", "rule", "labels", "phase", "trouble", "since", "active_at", "fired_at", "gone_at", "value", "flapping", "sent_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def finite_value(self, state: RuleState) -> float | None:
        return finite(state.value)


def finite(value: float | None) -> float | None:
    return value if value is not None and value - value == 0 else None


@extend_schema_field(OpenApiTypes.OBJECT)
class JsonSchemaField(serializers.DictField):
    """A JSON Schema."""


class RuleKindSerializer(serializers.Serializer[Any]):
    """A kind of rule, and what it can be told."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field of that name, as DRF allows
    description = serializers.CharField()
    icon = serializers.CharField(help_text="Name of a Material Symbol.")
    takes_expression = serializers.BooleanField()
    takes_threshold = serializers.BooleanField()
    settings = JsonSchemaField(help_text="JSON Schema of `settings`.")


class RuleTriedSeriesSerializer(serializers.Serializer[Any]):
    """`phase`: what its state would be."""

    labels = TextsField()
    value = serializers.FloatField(allow_null=True)
    problem = serializers.BooleanField()
    phase = serializers.ChoiceField(choices=Phase.choices)


class RuleTriedAlertSerializer(serializers.Serializer[Any]):
    labels = TextsField()
    annotations = TextsField()
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


class RuleTrialSerializer(serializers.Serializer[Any]):
    """What a rule sees now; nothing of it is stored."""

    at = serializers.DateTimeField()
    error = serializers.CharField(allow_blank=True)
    total = serializers.IntegerField(help_text="How many series were seen; at most 100 are listed, problems first.")
    series = RuleTriedSeriesSerializer(many=True)
    alerts = RuleTriedAlertSerializer(many=True)


class RuleGroupSerializer(serializers.ModelSerializer[RuleGroup]):
    """Rules that are evaluated one after the other."""

    labels = TextsField(required=False, help_text="Of all its alerts and recorded series.")
    interval_s = serializers.FloatField(required=False, min_value=1, max_value=DAY_S)
    query_offset_s = serializers.FloatField(required=False, min_value=0, max_value=366 * DAY_S)
    rule_count = serializers.IntegerField(read_only=True)
    recording_count = serializers.IntegerField(read_only=True)
    schedule = RuleScheduleSerializer(read_only=True, allow_null=True)
    last_error = serializers.SerializerMethodField(
        help_text="Of the last evaluation, a line for each rule that failed."
    )

    class Meta:
        model = RuleGroup
        fields = [
            "id", "name", "file", "interval_s", "query_offset_s", "limit", "labels", "enabled", "revision", "rule_count",
            "recording_count", "schedule", "last_error",
        ]  # fmt: skip
        read_only_fields = ["revision"]
        validators: list[Any] = []

    def get_last_error(self, group: RuleGroup) -> str:
        schedule = getattr(group, "schedule", None)
        return schedule.last_error if schedule else ""

    def create(self, validated_data: dict[str, Any]) -> RuleGroup:
        return actions.group_save(**validated_data, now=timezone.now(), by=person_of(self.context["request"]))

    def update(self, instance: RuleGroup, validated_data: dict[str, Any]) -> RuleGroup:
        values = {"name": instance.name} | validated_data
        return actions.group_save(group=instance, **values, now=timezone.now(), by=person_of(self.context["request"]))


class RecordingRuleSerializer(serializers.ModelSerializer[RecordingRule]):
    """A query whose answer is written as a series."""

    labels = TextsField(required=False)
    group = serializers.PrimaryKeyRelatedField[RuleGroup](queryset=RuleGroup.objects.all())

    class Meta:
        model = RecordingRule
        fields = ["id", "group", "position", "record", "expression", "labels"]
        extra_kwargs: ClassVar[dict[str, Any]] = {}

    def create(self, validated_data: dict[str, Any]) -> RecordingRule:
        return actions.recording_save(**validated_data, now=timezone.now(), by=person_of(self.context["request"]))

    def update(self, instance: RecordingRule, validated_data: dict[str, Any]) -> RecordingRule:
        as_it_was = {name: getattr(instance, name) for name in ("group", "record", "expression")}
        values = as_it_was | validated_data
        return actions.recording_save(
            recording=instance, **values, now=timezone.now(), by=person_of(self.context["request"])
        )
