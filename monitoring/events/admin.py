"""The timeline, to look at."""

import json

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.events.choices import Severity
from monitoring.events.models import Event
from opsportal.admin import RecordAdmin

COLOURS = {
    Severity.CRITICAL: "danger",
    Severity.ERROR: "danger",
    Severity.WARNING: "warning",
    Severity.NOTICE: "primary",
    Severity.INFO: "info",
}


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ["time", "severity_shown", "kind", "subject", "summary"]
    list_filter = ["severity"]
    search_fields = ["summary", "subject"]  # what the index of words holds
    fields = ["time", "severity", "kind", "subject", "summary", "payload_shown"]
    readonly_fields = fields

    @admin.display(description="Severity", ordering="severity")
    def severity_shown(self, event: Event) -> SafeString:
        severity = Severity(event.severity)
        about = {"icon": severity.icon, "text": severity.label, "type": COLOURS[severity]}
        return render_to_string("unfold/helpers/label.html", about)

    @admin.display(description="Payload")
    def payload_shown(self, event: Event) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2, ensure_ascii=False))
