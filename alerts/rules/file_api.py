"""Prometheus rule files through the API: `POST /api/v1/rules/import/` and `GET /api/v1/rules/export/`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from alerts.rules.prometheus_files.exporting import rules_exported
from alerts.rules.prometheus_files.importing import rules_import
from alerts.rules.prometheus_files.nodes import MOST_CHARACTERS
from alerts.rules.prometheus_files.reading import parse
from monitoring.checks.portable.reading import PortableError
from opsportal.api.permissions import requires
from opsportal.writing import person_of

MAY_IMPORT = [
    IsAuthenticated,
    *(
        requires(f"rules.{verb}_{model}")
        for verb in ("add", "change", "delete")
        for model in ("alertrule", "rulegroup")
    ),
]
NAMELESS = "Give the name of the file, by which its groups are known again."


class RuleFileSerializer(serializers.Serializer[Any]):
    """A Prometheus rule file."""

    file = serializers.CharField(max_length=200, help_text=NAMELESS)
    text = serializers.CharField(max_length=MOST_CHARACTERS, trim_whitespace=False, help_text="YAML.")
    prune = serializers.BooleanField(default=False, help_text="Delete what the file no longer names.")
    dry_run = serializers.BooleanField(default=False, help_text="Change nothing; say what would change.")


class RuleFileChangeSerializer(serializers.Serializer[Any]):
    verb = serializers.ChoiceField(
        choices=[("added", "added"), ("changed", "changed"), ("deleted", "deleted"), ("missing", "missing")],
        help_text="missing: in the portal and not in the file; deleted only with `prune`.",
    )
    thing = serializers.CharField(help_text="group, rule or recording rule.")
    name = serializers.CharField()
    group = serializers.CharField()


class RuleFileTakenSerializer(serializers.Serializer[Any]):
    applied = serializers.BooleanField(help_text="False of a dry run.")
    changes = RuleFileChangeSerializer(many=True)


class RuleFiles:
    """The two actions, for the viewset of rules."""

    @extend_schema(request=RuleFileSerializer, responses={200: RuleFileTakenSerializer}, filters=False)
    @action(detail=False, methods=["post"], url_path="import", permission_classes=MAY_IMPORT, throttle_scope="costly")
    def import_file(self, request: Request) -> Response:
        """Make the rules as a Prometheus rule file says, all or nothing. Doing it twice changes nothing more."""
        asked = RuleFileSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        try:
            changes = rules_import(
                parse(said["text"]),
                file=said["file"],
                now=timezone.now(),
                by=person_of(request),
                prune=said["prune"],
                dry_run=said["dry_run"],
            )
        except PortableError as error:
            raise ValidationError({"text": [str(fault) for fault in error.faults]}) from None
        return Response({"applied": not said["dry_run"], "changes": [change.as_dict() for change in changes]})

    @extend_schema(
        parameters=[OpenApiParameter("file", str, description="Only the groups that came from this file.")],
        responses={(200, "application/yaml"): OpenApiTypes.OBJECT},
        filters=False,
    )
    @action(detail=False, url_path="export", filter_backends=[], pagination_class=None)
    def export_file(self, request: Request) -> HttpResponse:
        """The rules that are switched on, as a Prometheus rule file."""
        text = rules_exported(request.query_params.get("file") or None)
        return HttpResponse(
            text,
            content_type="application/yaml",
            headers={"Content-Disposition": 'attachment; filename="opsportal-rules.yml"'},
        )
