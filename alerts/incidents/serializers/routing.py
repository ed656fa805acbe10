"""The routing tree, receivers, inhibition, time intervals, recurring maintenance, settings."""

from typing import Any

from rest_framework import serializers

from alerts.incidents import actions
from alerts.incidents.models import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    ReceiverTarget,
    RecurringMaintenance,
    Route,
    TimeInterval,
)
from alerts.incidents.serializers.silences import MatchersField


class LabelNamesField(serializers.ListField):
    """Names of labels."""

    child = serializers.CharField(max_length=200)
    max_length = 50


class ReceiverTargetSerializer(serializers.Serializer[Any]):
    """A channel or a policy, one of them, by slug."""

    channel = serializers.SlugField(max_length=120, required=False, allow_null=True)
    policy = serializers.SlugField(max_length=120, required=False, allow_null=True)
    send_resolved = serializers.BooleanField(required=False, default=True)

    def to_representation(self, target: ReceiverTarget) -> dict[str, Any]:
        return {
            "channel": target.channel.slug if target.channel else None,
            "policy": target.policy.slug if target.policy else None,
            "send_resolved": target.send_resolved,
        }


class ReceiverSerializer(serializers.ModelSerializer[Receiver]):
    targets = ReceiverTargetSerializer(many=True, required=False)

    class Meta:
        model = Receiver
        fields = ["id", "name", "per_incident", "targets"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> Receiver:
        return actions.receiver_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Receiver, validated_data: dict[str, Any]) -> Receiver:
        changes = {"name": instance.name} | validated_data
        return actions.receiver_save(receiver=instance, **changes, by=self.context["request"].user)


class RouteSerializer(serializers.ModelSerializer[Route]):
    matchers = MatchersField(required=False)
    group_by = LabelNamesField(
        required=False, allow_null=True, help_text='["..."]: each alert by itself; null: inherited.'
    )
    parent = serializers.PrimaryKeyRelatedField[Route](  # type: ignore[assignment] # a field of that name
        queryset=Route.objects.all(), required=False, allow_null=True, help_text="null: the root."
    )
    receiver = serializers.SlugRelatedField[Receiver](
        slug_field="name",
        queryset=Receiver.objects.all(),
        required=False,
        allow_null=True,
        help_text="Name; null: inherited.",
    )
    mute_times = serializers.SlugRelatedField[TimeInterval](
        slug_field="name", queryset=TimeInterval.objects.all(), many=True, required=False
    )
    active_times = serializers.SlugRelatedField[TimeInterval](
        slug_field="name", queryset=TimeInterval.objects.all(), many=True, required=False
    )

    class Meta:
        model = Route
        fields = [
            "id", "parent", "position", "name", "matchers", "receiver", "group_by", "group_wait_s", "group_interval_s",
            "repeat_interval_s", "goes_on", "mute_times", "active_times",
        ]  # fmt: skip
        validators: list[Any] = []

    def create(self, validated_data: dict[str, Any]) -> Route:
        return actions.route_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Route, validated_data: dict[str, Any]) -> Route:
        return actions.route_save(route=instance, **validated_data, by=self.context["request"].user)


class TestLabelsSerializer(serializers.Serializer[Any]):
    labels = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=4096))


class TriedRouteSerializer(serializers.Serializer[Any]):
    """A route that was tried: `matched` may go on to a child, `taken` is where the alert ends."""

    route = serializers.IntegerField(source="node.id")
    name = serializers.CharField(source="node.name")
    key = serializers.CharField(source="node.key")
    depth = serializers.IntegerField()
    matched = serializers.BooleanField()
    taken = serializers.BooleanField()
    why = serializers.CharField()
    receiver = serializers.CharField(allow_blank=True)


class RouteTestSerializer(serializers.Serializer[Any]):
    receivers = serializers.ListField(child=serializers.CharField(), help_text="Who would be told, in order.")
    tried = TriedRouteSerializer(many=True)


class InhibitionRuleSerializer(serializers.ModelSerializer[InhibitionRule]):
    source_matchers = MatchersField()
    target_matchers = MatchersField()
    equal = LabelNamesField(required=False)

    class Meta:
        model = InhibitionRule
        fields = ["id", "name", "source_matchers", "target_matchers", "equal", "enabled"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> InhibitionRule:
        return actions.inhibition_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: InhibitionRule, validated_data: dict[str, Any]) -> InhibitionRule:
        names = ("name", "source_matchers", "target_matchers", "equal", "enabled")
        changes = {name: getattr(instance, name) for name in names} | validated_data
        return actions.inhibition_save(rule=instance, **changes, by=self.context["request"].user)


class TimeIntervalSerializer(serializers.ModelSerializer[TimeInterval]):
    intervals = serializers.ListField(
        child=serializers.DictField(),
        max_length=100,
        help_text='As in Alertmanager: [{"weekdays": ["saturday:sunday"]}].',
    )

    class Meta:
        model = TimeInterval
        fields = ["id", "name", "intervals"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> TimeInterval:
        return actions.interval_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: TimeInterval, validated_data: dict[str, Any]) -> TimeInterval:
        changes = {"name": instance.name, "intervals": instance.intervals} | validated_data
        return actions.interval_save(interval=instance, **changes, by=self.context["request"].user)


class RecurringMaintenanceSerializer(serializers.ModelSerializer[RecurringMaintenance]):
    matchers = MatchersField()
    time_zone = serializers.CharField(max_length=60, required=False)

    class Meta:
        model = RecurringMaintenance
        fields = ["id", "name", "matchers", "recurrence", "first_at", "duration_s", "time_zone", "enabled"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> RecurringMaintenance:
        return actions.maintenance_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: RecurringMaintenance, validated_data: dict[str, Any]) -> RecurringMaintenance:
        names = ("name", "matchers", "recurrence", "first_at", "duration_s", "time_zone", "enabled")
        changes = {name: getattr(instance, name) for name in names} | validated_data
        return actions.maintenance_save(plan=instance, **changes, by=self.context["request"].user)


class IncidentSettingsSerializer(serializers.ModelSerializer[IncidentSettings]):
    telling_labels = LabelNamesField(required=False)

    class Meta:
        model = IncidentSettings
        fields = [
            "resolve_timeout_s", "reopen_window_s", "silence_reminder_s", "prompt_ends", "correlate", "correlation_window_s",
            "together_window_s", "telling_labels",
        ]  # fmt: skip

    def update(self, instance: IncidentSettings, validated_data: dict[str, Any]) -> IncidentSettings:
        return actions.settings_save(**validated_data, by=self.context["request"].user)
