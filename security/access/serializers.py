"""What the API says of tokens and people."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from security.access.models import ApiToken, User


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token without its secret."""

    state = serializers.SerializerMethodField(help_text="active, expired or revoked")

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scopes", "state", "created_at", "expires_at", "revoked_at", "last_used_at"]
        read_only_fields = ["prefix", "created_at", "revoked_at", "last_used_at"]

    def get_state(self, token: ApiToken) -> str:
        return token.state(timezone.now())

    def validate_expires_at(self, value: Any) -> Any:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError("This time is past.")
        return value


class NewTokenSerializer(TokenSerializer):
    """A token that was just made, with its secret: the only time it is told."""

    token = serializers.CharField(
        read_only=True, help_text="Send it as `Authorization: Bearer …`. It is not shown again."
    )

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class MeSerializer(serializers.ModelSerializer[User]):
    """Who asks, and what they may do."""

    roles: serializers.ManyRelatedField = serializers.SlugRelatedField(  # type: ignore[assignment] # many=True
        source="groups", slug_field="name", many=True, read_only=True
    )
    permissions = serializers.SerializerMethodField(help_text="Names such as checks.run_check, in order.")

    class Meta:
        model = User
        fields = ["id", "username", "email", "is_staff", "roles", "permissions"]
        read_only_fields = fields

    def get_permissions(self, user: User) -> list[str]:
        return sorted(name for name in user.get_all_permissions() if user.has_perm(name))
