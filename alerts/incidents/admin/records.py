"""Incidents and alerts, to look at: what people answer they answer on the pages."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from alerts.incidents.admin.badges import severity_badge, state_badge
from alerts.incidents.messages import alert_title
from alerts.incidents.models import Alert, Incident, IncidentEntry
from alerts.incidents.queries import incidents_listed
from opsportal.admin import RecordAdmin


class EntryInline(TabularInline):
    model = IncidentEntry
    fields = ["time", "kind", "by", "summary"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    verbose_name_plural = "timeline"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Incident)
class IncidentAdmin(RecordAdmin):
    list_display = ["number", "stands", "severe", "title", "service", "opened_at", "firing_count", "assigned_to"]
    list_display_links = ["number", "title"]
    list_filter = ["state", "severity"]
    search_fields = ["title"]
    search_help_text = "Words of the title"
    fields = [
        "title", "stands", "severe", "service", "root_cause", "root_reason", "opened_at", "acknowledged_by", "acknowledged_at",
        "wake_at", "assigned_to", "resolved_at", "resolved_by", "merged_into", "firing_count", "alert_count", "episode",
        "suppressed", "postmortem",
    ]  # fmt: skip
    readonly_fields = fields
    inlines = [EntryInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        return incidents_listed()

    @admin.display(description="Number", ordering="pk")
    def number(self, incident: Incident) -> str:
        return f"#{incident.pk}"

    @admin.display(description="State", ordering="state")
    def stands(self, incident: Incident) -> SafeString:
        return state_badge(incident.state)

    @admin.display(description="Severity")
    def severe(self, incident: Incident) -> SafeString:
        return severity_badge(incident.severity)


@admin.register(Alert)
class AlertAdmin(RecordAdmin):
    list_display = ["what", "severe", "service", "starts_at", "ends_at", "is_firing", "source"]
    list_filter = ["is_firing", "severity"]
    fields = [
        "what", "severe", "service", "labels_shown", "annotations_shown", "starts_at", "ends_at", "is_firing", "suppressed_by",
        "source", "generator_url", "identity",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description="Alert")
    def what(self, alert: Alert) -> str:
        return alert_title(alert)

    @admin.display(description="Severity")
    def severe(self, alert: Alert) -> SafeString:
        return severity_badge(alert.severity)

    @admin.display(description="Labels")
    def labels_shown(self, alert: Alert) -> SafeString:
        return format_html_join("", "<p>{} = {}</p>", sorted(alert.labels.items()))

    @admin.display(description="Annotations")
    def annotations_shown(self, alert: Alert) -> SafeString:
        return format_html_join("", "<p>{}: {}</p>", sorted(alert.annotations.items()))
