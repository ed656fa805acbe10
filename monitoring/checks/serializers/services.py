"""Services, their maintenance windows and registered databases."""

from typing import Any

from rest_framework import serializers

from monitoring.checks import actions
from monitoring.checks.choices import Status
from monitoring.checks.models import DatabaseTarget, MaintenanceWindow, Service, ServiceState


class ServiceStatusSerializer(serializers.ModelSerializer[ServiceState]):
    """What follows for a service from its checks."""

    status = serializers.ChoiceField(choices=Status.choices, read_only=True)
    affected_by = serializers.SlugRelatedField[Service](
        slug_field="slug", read_only=True, allow_null=True, help_text="The service it depends on that is down."
    )

    class Meta:
        model = ServiceState
        fields = ["status", "since", "reason", "affected_by"]
        read_only_fields = fields


class ServiceSerializer(serializers.ModelSerializer[Service]):
    slug = serializers.SlugField(max_length=120, required=False, help_text="Empty on a new service: of the name.")
    labels = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True, trim_whitespace=False),
        required=False,
        help_text='Free labels, such as {"env": "prod"}.',
    )
    depends_on = serializers.SlugRelatedField[Service](
        slug_field="slug", queryset=Service.objects.all(), many=True, required=False, help_text="Slugs."
    )
    check_count = serializers.IntegerField(read_only=True)
    state = ServiceStatusSerializer(read_only=True)

    class Meta:
        model = Service
        fields = [
            "id", "name", "slug", "description", "owner", "criticality", "labels", "runbook_url", "depends_on",
            "check_count", "state", "created_at", "updated_at",
        ]  # fmt: skip
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> Service:
        return actions.service_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: Service, validated_data: dict[str, Any]) -> Service:
        changes = {"name": instance.name} | validated_data
        return actions.service_save(service=instance, **changes, by=self.context["request"].user)


class MaintenanceWindowSerializer(serializers.ModelSerializer[MaintenanceWindow]):
    service = serializers.SlugRelatedField[Service](slug_field="slug", queryset=Service.objects.all())
    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = MaintenanceWindow
        fields = ["id", "service", "starts_at", "ends_at", "reason", "created_by"]

    def create(self, validated_data: dict[str, Any]) -> MaintenanceWindow:
        return actions.maintenance_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: MaintenanceWindow, validated_data: dict[str, Any]) -> MaintenanceWindow:
        as_it_was = {name: getattr(instance, name) for name in ("service", "starts_at", "ends_at", "reason")}
        return actions.maintenance_save(
            window=instance, **(as_it_was | validated_data), by=self.context["request"].user
        )


class DatabaseTargetSerializer(serializers.ModelSerializer[DatabaseTarget]):
    slug = serializers.SlugField(max_length=120, required=False)
    dsn = serializers.CharField(
        max_length=2000,
        required=False,
        write_only=True,
        help_text="postgresql://user:password@host:5432/name; needed on a new database, never shown again.",
    )

    class Meta:
        model = DatabaseTarget
        fields = ["id", "name", "slug", "dsn"]
        extra_kwargs: dict[str, Any] = {"name": {"validators": []}}

    def create(self, validated_data: dict[str, Any]) -> DatabaseTarget:
        return actions.database_target_save(**validated_data, by=self.context["request"].user)

    def update(self, instance: DatabaseTarget, validated_data: dict[str, Any]) -> DatabaseTarget:
        changes = {"name": instance.name} | validated_data
        return actions.database_target_save(target=instance, **changes, by=self.context["request"].user)
