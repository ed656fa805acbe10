"""Integration keys."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from alerts.incidents import actions
from alerts.incidents.models import IntegrationKey


class MappingField(serializers.DictField):
    """{field: rule}, as docs/alert-doors.md says."""

    child = serializers.JSONField()


class IntegrationKeySerializer(serializers.ModelSerializer[IntegrationKey]):
    mapping = MappingField(required=False)
    secret = serializers.CharField(
        write_only=True, required=False, allow_null=True, allow_blank=True, max_length=200,
        help_text="Bodies must be signed with it. Empty leaves it as it was, null forgets it.",
    )  # fmt: skip
    has_secret = serializers.SerializerMethodField()

    class Meta:
        model = IntegrationKey
        fields = [
            "id", "name", "slug", "kind", "mapping", "ends_after_s", "rate_per_minute", "enabled", "secret", "has_secret", "prefix",
            "created_at", "last_used_at",
        ]  # fmt: skip
        read_only_fields = ["slug", "prefix", "created_at", "last_used_at"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def get_has_secret(self, key: IntegrationKey) -> bool:
        return actions.has_secret(key)

    def create(self, validated_data: dict[str, Any]) -> IntegrationKey:
        made, text = actions.integration_key_save(**validated_data, by=self.context["request"].user, now=timezone.now())
        made.text = text  # type: ignore[attr-defined] # for the answer, the only one that has it
        return made

    def update(self, instance: IntegrationKey, validated_data: dict[str, Any]) -> IntegrationKey:
        as_it_was = {name: getattr(instance, name) for name in ("name", "kind", "enabled")}
        by = self.context["request"].user
        values = as_it_was | validated_data
        return actions.integration_key_save(key=instance, **values, by=by, now=timezone.now())[0]


class IntegrationKeyMadeSerializer(IntegrationKeySerializer):
    """With the key itself, this once."""

    key = serializers.CharField(source="text", read_only=True, help_text="The key. It is not shown again.")

    class Meta(IntegrationKeySerializer.Meta):
        fields = [*IntegrationKeySerializer.Meta.fields, "key"]


class SampleSerializer(serializers.Serializer[Any]):
    """A payload to try; `mapping` instead of the key's."""

    payload = serializers.JSONField(allow_null=True)
    mapping = MappingField(required=False)


class OccurrenceSerializer(serializers.Serializer[Any]):
    """What a payload becomes."""

    understood = serializers.BooleanField(
        help_text="false: the mapping finds no summary, so it would be kept as an alert that says so."
    )
    action = serializers.ChoiceField(choices=["trigger", "acknowledge", "resolve"])
    dedup = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    annotations = serializers.DictField(child=serializers.CharField())
    url = serializers.CharField()
