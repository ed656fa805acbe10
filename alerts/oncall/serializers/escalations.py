"""Policies with their steps, running escalations, personal rules and quiet hours in the API."""

from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.delivery.choices import Urgency
from alerts.delivery.models import ContactMethod
from alerts.oncall import actions
from alerts.oncall.choices import EscalationState, StepOutcome, TargetKind
from alerts.oncall.escalation import Plan
from alerts.oncall.models import Escalation, EscalationEntry, EscalationPolicy, PersonalRule, PolicyStep, QuietHours
from alerts.oncall.planning import plan_json
from alerts.oncall.policy_words import policy_words
from monitoring.events.choices import Severity
from security.access.models import User

MANAGE = "oncall.change_personalrule"


class TargetSerializer(serializers.Serializer[Any]):
    """Whom a step tells."""

    kind = serializers.ChoiceField(choices=TargetKind.choices)
    slug = serializers.CharField(max_length=150, help_text="Slug of it; the user name of a person.")
    name = serializers.CharField(read_only=True)


class WindowSerializer(serializers.Serializer[Any]):
    """A span of a day; an end that is not after the start is on the next day."""

    time_zone = serializers.CharField(max_length=60, help_text="IANA name, such as Europe/Vienna.")
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        max_length=7,
        required=False,
        help_text="0 is Monday; empty: every day.",
    )
    start = serializers.CharField(max_length=5, help_text="HH:MM, included.")
    end = serializers.CharField(max_length=5, help_text="HH:MM, excluded.")


class StepSerializer(serializers.ModelSerializer[PolicyStep]):
    targets = TargetSerializer(many=True)
    only_between = WindowSerializer(required=False, allow_null=True, help_text="Skipped outside of it.")
    least_severity = serializers.ChoiceField(
        choices=Severity.choices, required=False, allow_blank=True, help_text="Skipped for what is less severe."
    )

    class Meta:
        model = PolicyStep
        fields = ["wait_s", "targets", "round_robin", "only_between", "least_severity"]


class EscalationPolicySerializer(serializers.ModelSerializer[EscalationPolicy]):
    slug = serializers.SlugField(max_length=120, required=False, help_text="Empty on a new policy: of the name.")
    steps = StepSerializer(many=True, help_text="In order; all of them are set together.")
    in_words = serializers.SerializerMethodField(help_text="What happens when, a sentence each.")

    class Meta:
        model = EscalationPolicy
        fields = [
            "id", "name", "slug", "description", "repeat", "acknowledge_timeout_s", "is_default", "steps", "revision",
            "in_words",
        ]  # fmt: skip
        read_only_fields = ["revision"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}
        # One default is kept by the action; DRF would refuse a second one before it comes there.
        validators: list[Any] = []

    def get_in_words(self, policy: EscalationPolicy) -> list[str]:
        return policy_words(Plan.of_json(plan_json(policy)))

    def create(self, validated_data: dict[str, Any]) -> EscalationPolicy:
        return actions.policy_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: EscalationPolicy, validated_data: dict[str, Any]) -> EscalationPolicy:
        changes = {"name": instance.name} | validated_data
        return actions.policy_save(policy=instance, **changes, by=self.context["request"].user)


class EscalationEntrySerializer(serializers.ModelSerializer[EscalationEntry]):
    """What a step did: whom it told and why them, or why nobody. Steps count from 1."""

    outcome = serializers.ChoiceField(choices=StepOutcome.choices, read_only=True)
    step = serializers.SerializerMethodField()

    class Meta:
        model = EscalationEntry
        fields = ["time", "episode", "lap", "step", "outcome", "summary", "targets"]
        read_only_fields = fields

    def get_step(self, entry: EscalationEntry) -> int:
        return entry.step + 1


class EscalationSerializer(serializers.ModelSerializer[Escalation]):
    """A policy at work on one subject."""

    policy = serializers.SlugRelatedField[EscalationPolicy](slug_field="slug", read_only=True, allow_null=True)
    state = serializers.ChoiceField(choices=EscalationState.choices, read_only=True)
    urgency = serializers.ChoiceField(choices=Urgency.choices, read_only=True)

    class Meta:
        model = Escalation
        fields = [
            "id", "subject", "policy", "state", "severity", "urgency", "step", "lap", "episode", "started_at",
            "next_step_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


class EscalationDetailSerializer(EscalationSerializer):
    entries = EscalationEntrySerializer(many=True, read_only=True)

    class Meta(EscalationSerializer.Meta):
        fields = [*EscalationSerializer.Meta.fields, "entries"]
        read_only_fields = fields


class OwnedSerializer(serializers.ModelSerializer[Any]):
    """Of whoever asks, unless they name somebody else and may manage people's rules."""

    user = serializers.SlugRelatedField[User](
        slug_field="username", queryset=User.objects.all(), required=False, help_text="User name; empty: yours."
    )

    def owner(self, validated_data: dict[str, Any]) -> User:
        asking: User = self.context["request"].user
        owner: User = validated_data.pop("user", None) or (self.instance.user if self.instance else asking)
        if owner.pk != asking.pk and not asking.has_perm(MANAGE):
            raise PermissionDenied
        return owner


class PersonalRuleSerializer(OwnedSerializer):
    """By which contact method, after how long. Without any rule of an urgency all confirmed contact methods are used at once."""

    contact = serializers.PrimaryKeyRelatedField[ContactMethod](queryset=ContactMethod.objects.all())

    class Meta:
        model = PersonalRule
        fields = ["id", "user", "urgency", "contact", "delay_s"]
        validators: list[Any] = []

    def create(self, validated_data: dict[str, Any]) -> PersonalRule:
        owner = self.owner(validated_data)
        values: dict[str, Any] = {"urgency": Urgency.HIGH, "delay_s": 0} | validated_data
        return actions.personal_rule_put(user=owner, **values, by=self.context["request"].user)

    def update(self, instance: PersonalRule, validated_data: dict[str, Any]) -> PersonalRule:
        owner = self.owner(validated_data)
        values = {name: getattr(instance, name) for name in ("urgency", "contact", "delay_s")} | validated_data
        return actions.personal_rule_put(rule=instance, user=owner, **values, by=self.context["request"].user)


@extend_schema_field({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "description": "HH:MM."})
class ClockField(serializers.TimeField):
    """A time of a day to the minute; as JSON Schema has it, a `time` would need a zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M", "%H:%M:%S"], **kwargs)


class QuietHoursSerializer(OwnedSerializer):
    """When a person is told only what is urgent."""

    start = ClockField()
    end = ClockField()

    class Meta:
        model = QuietHours
        fields = ["user", "time_zone", "start", "end"]
        extra_kwargs: dict[str, Any] = {"user": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> QuietHours:
        owner = self.owner(validated_data)
        values = {"time_zone": "UTC"} | validated_data
        return actions.quiet_hours_save(user=owner, **values, by=self.context["request"].user)

    def update(self, instance: QuietHours, validated_data: dict[str, Any]) -> QuietHours:
        self.owner(validated_data)
        values = {name: getattr(instance, name) for name in ("time_zone", "start", "end")} | validated_data
        return actions.quiet_hours_save(user=instance.user, **values, by=self.context["request"].user)
