"""Silences."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from alerts.incidents import actions
from alerts.incidents.models import Silence
from alerts.incidents.queries import silence_state


class MatchersField(serializers.ListField):
    """Matchers as text, one each."""

    child = serializers.CharField(max_length=10_000)
    max_length = 50


class SilenceSerializer(serializers.ModelSerializer[Silence]):
    id = serializers.UUIDField(source="uuid", read_only=True)
    matchers = MatchersField(help_text='Such as service="shop" or instance=~"web-.*"; all must match.')
    starts_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Left out: now.")
    created_by = serializers.CharField(read_only=True)
    comment = serializers.CharField(max_length=10_000)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Silence
        fields = [
            "id", "matchers", "starts_at", "ends_at", "created_by", "comment", "created_at", "updated_at", "state",
        ]  # fmt: skip
        read_only_fields = ["created_at", "updated_at"]

    def get_state(self, silence: Silence) -> str:
        return silence_state(silence, timezone.now())

    def create(self, validated_data: dict[str, Any]) -> Silence:
        values = {"starts_at": None} | validated_data
        return actions.silence_save(**values, by=self.context["request"].user, now=timezone.now())

    def update(self, instance: Silence, validated_data: dict[str, Any]) -> Silence:
        as_it_was = {name: getattr(instance, name) for name in ("matchers", "starts_at", "ends_at", "comment")}
        return actions.silence_save(
            silence=instance, **(as_it_was | validated_data), by=self.context["request"].user, now=timezone.now()
        )


class ToCoverSerializer(serializers.Serializer[Any]):
    matchers = MatchersField()


class PreviewSerializer(serializers.Serializer[Any]):
    """What a silence would cover of what fires now."""

    count = serializers.IntegerField()
    titles = serializers.ListField(child=serializers.CharField(), help_text="Of the latest 20.")
    services = serializers.ListField(child=serializers.CharField())
    ids = serializers.ListField(child=serializers.IntegerField(), help_text="Of the latest 500 alerts.")


class ExpiredSerializer(serializers.Serializer[Any]):
    expired = serializers.BooleanField(help_text="false: it was over already.")
