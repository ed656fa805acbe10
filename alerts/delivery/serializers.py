"""Channels, contact methods, deliveries and circuits as the API shows them."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from alerts.delivery import actions
from alerts.delivery.choices import CircuitState, MessageKind, Outcome, State, Urgency
from alerts.delivery.kinds.registry import kind_choices
from alerts.delivery.models import Attempt, Channel, Circuit, ContactMethod, Delivery
from alerts.delivery.queries import HIDDEN, MANAGE_CONTACTS, may_see_address, why_not
from opsportal.sealed_settings import opened
from security.access.models import User

STRINGS = {"type": "array", "items": {"type": "string"}}


class ChannelSerializer(serializers.ModelSerializer[Channel]):
    """A secret of `settings` goes in and never comes out; left out or empty it stays as it was, null forgets it."""

    slug = serializers.SlugField(max_length=120, required=False, help_text="Empty on a new channel: of the name.")
    kind = serializers.ChoiceField(choices=kind_choices(), help_text="Cannot be changed later.")
    settings = serializers.DictField(required=False, help_text="As `GET /api/v1/channel-kinds/` says for the kind.")
    secrets_stored = serializers.SerializerMethodField(help_text="Names of the secret settings that are stored.")
    fallback = serializers.SlugRelatedField[Channel](
        slug_field="slug", queryset=Channel.objects.all(), required=False, allow_null=True
    )
    give_up_after_s = serializers.IntegerField(required=False, min_value=1, max_value=604_800)
    fallback_after_s = serializers.IntegerField(required=False, min_value=0, max_value=604_800)

    class Meta:
        model = Channel
        fields = [
            "id", "name", "slug", "kind", "settings", "secrets_stored", "enabled", "fallback", "fallback_after_s",
            "give_up_after_s", "revision", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["revision"]
        validators: list[Any] = []
        extra_kwargs: ClassVar[dict[str, Any]] = {"name": {"validators": []}}

    @extend_schema_field(STRINGS)
    def get_secrets_stored(self, channel: Channel) -> list[str]:
        return sorted(opened(channel.sealed_secrets))

    def get_fields(self) -> dict[str, Any]:
        """The kinds as they are registered now, not when this class was made."""
        fields: dict[str, Any] = super().get_fields()
        fields["kind"].choices = kind_choices()
        return fields

    def create(self, validated_data: dict[str, Any]) -> Channel:
        return actions.channel_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Channel, validated_data: dict[str, Any]) -> Channel:
        as_it_was = {"kind": instance.kind, "name": instance.name}
        return actions.channel_save(channel=instance, **(as_it_was | validated_data), by=self.context["request"].user)


class ChannelKindSerializer(serializers.Serializer[Any]):
    """A kind of channel and what it can be told."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a field of that name, as DRF allows
    description = serializers.CharField()
    icon = serializers.CharField(help_text="Name of a Material Symbol.")
    takes_addresses = serializers.BooleanField(help_text="Whether contact methods of people may use it.")
    address_label = serializers.CharField(allow_blank=True)
    settings = serializers.JSONField(help_text="JSON Schema of `settings`.")
    secrets = serializers.ListField(child=serializers.CharField(), help_text="Settings that are stored sealed.")


class ChannelTestSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(
        required=False, allow_blank=True, max_length=250, help_text="Where to, for kinds that take addresses."
    )


class ChannelSeenSerializer(serializers.Serializer[Any]):
    """What the receiver answered to the test message, secrets taken out."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    status_code = serializers.IntegerField(allow_null=True)
    answer = serializers.CharField(allow_blank=True)
    duration_s = serializers.FloatField()


class ContactMethodSerializer(serializers.ModelSerializer[ContactMethod]):
    """An address of a person. Everybody sees and changes their own; whoever manages contacts, those of all."""

    user = serializers.SlugRelatedField[User](
        slug_field="username", queryset=User.objects.all(), required=False, help_text="Left out: yourself."
    )
    channel = serializers.SlugRelatedField[Channel](slug_field="slug", queryset=Channel.objects.all())
    vouch = serializers.BooleanField(
        write_only=True, required=False, help_text="The address counts as confirmed; for those who manage contacts."
    )

    class Meta:
        model = ContactMethod
        fields = [
            "id",
            "user",
            "channel",
            "name",
            "address",
            "enabled",
            "vouch",
            "verified_at",
            "stopped_at",
            "created_at",
        ]
        read_only_fields = ["verified_at", "stopped_at"]
        validators: list[Any] = []

    def create(self, validated_data: dict[str, Any]) -> ContactMethod:
        return self._save(None, validated_data)

    def update(self, instance: ContactMethod, validated_data: dict[str, Any]) -> ContactMethod:
        if validated_data.pop("user", instance.user) != instance.user:
            raise ValidationError({"user": "A contact method stays its owner's; make another one."})
        as_it_was = {name: getattr(instance, name) for name in ("channel", "name", "address", "enabled")}
        return self._save(instance, as_it_was | validated_data)

    def _save(self, contact: ContactMethod | None, values: dict[str, Any]) -> ContactMethod:
        by = self.context["request"].user
        user = contact.user if contact else values.pop("user", by)
        manages = by.has_perm(MANAGE_CONTACTS)
        if user != by and not manages:
            raise ValidationError({"user": f"This needs the permission {MANAGE_CONTACTS}."})
        vouched = values.pop("vouch", False)
        if vouched and not manages:
            raise ValidationError({"vouch": f"This needs the permission {MANAGE_CONTACTS}."})
        verified_at = timezone.now() if vouched else None
        return actions.contact_save(user=user, contact=contact, verified_at=verified_at, by=by, **values)


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=6, help_text="The six digits that were sent to the address.")


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One try, with the answer as it came, secrets taken out."""

    outcome = serializers.ChoiceField(choices=Outcome.choices, read_only=True)

    class Meta:
        model = Attempt
        fields = ["number", "started_at", "duration_s", "outcome", "status_code", "answer"]
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """Who is told what, why they, and how it stands."""

    kind = serializers.ChoiceField(choices=MessageKind.choices, read_only=True)
    urgency = serializers.ChoiceField(choices=Urgency.choices, read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    channel = serializers.SlugRelatedField[Channel](slug_field="slug", read_only=True, allow_null=True)
    user = serializers.SlugRelatedField[User](slug_field="username", read_only=True, allow_null=True)
    address = serializers.SerializerMethodField(help_text="*** to those who may not see it.")
    why_not = serializers.SerializerMethodField(
        help_text="Why it was not told by itself, or not yet; empty when it was."
    )

    class Meta:
        model = Delivery
        fields = [
            "id", "key", "subject", "kind", "urgency", "state", "channel", "user", "target_name", "address", "why", "why_not",
            "fair_key", "is_first", "created_at", "next_attempt_at", "deadline_at", "finished_at", "attempts_made",
            "held_by", "last_error", "ended_why", "endpoint", "provider_ref", "bundled_into", "fallback_of",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_address(self, delivery: Delivery) -> str:
        person = self.context["request"].user
        return delivery.address if not delivery.address or may_see_address(person, delivery) else HIDDEN

    @extend_schema_field(serializers.CharField())
    def get_why_not(self, delivery: Delivery) -> str:
        return why_not(delivery)


class DeliveryDetailSerializer(DeliverySerializer):
    """The same with the message and every attempt."""

    message = serializers.JSONField(
        read_only=True, help_text="As it was stored; each channel renders it in its own form."
    )
    attempts = AttemptSerializer(many=True, read_only=True)
    bundled = serializers.PrimaryKeyRelatedField[Delivery](
        many=True, read_only=True, help_text="Deliveries told as part of this one."
    )
    fallbacks = serializers.PrimaryKeyRelatedField[Delivery](many=True, read_only=True)

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "message", "attempts", "bundled", "fallbacks"]
        read_only_fields = fields


class CancelledSerializer(serializers.Serializer[Any]):
    cancelled = serializers.BooleanField(help_text="false: it had been sent, or is being sent now.")


class CircuitSerializer(serializers.ModelSerializer[Circuit]):
    """The circuit breaker of one endpoint."""

    state = serializers.ChoiceField(choices=CircuitState.choices, read_only=True)
    channel = serializers.SlugRelatedField[Channel](slug_field="slug", read_only=True)

    class Meta:
        model = Circuit
        fields = [
            "endpoint", "channel", "state", "failures", "failing_since", "opened_at", "next_probe_at", "openings",
            "last_error", "last_success_at",
        ]  # fmt: skip
        read_only_fields = fields


class ResetSerializer(serializers.Serializer[Any]):
    endpoint = serializers.CharField(max_length=250, help_text="As the list of circuits names it.")
