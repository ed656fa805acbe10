"""What happened, and who reported, to look at."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.checks.admin.badges import age, badge
from monitoring.checks.models import HeartbeatPing, Machine, StatusChange
from opsportal.admin import RecordAdmin


@admin.register(StatusChange)
class StatusChangeAdmin(RecordAdmin):
    list_display = ["time", "went_from", "went_to", "service_id", "check_id", "cause", "summary"]
    list_filter = ["after", "hard", "cause"]
    search_fields = ["summary"]
    fields = ["time", "service_id", "check_id", "before", "after", "hard", "cause", "summary", "evidence_shown"]
    readonly_fields = fields

    @admin.display(description="From")
    def went_from(self, change: StatusChange) -> SafeString:
        return badge(change.before)

    @admin.display(description="To")
    def went_to(self, change: StatusChange) -> SafeString:
        return badge(change.after)

    @admin.display(description="Evidence")
    def evidence_shown(self, change: StatusChange) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(change.evidence, indent=2, ensure_ascii=False))


@admin.register(HeartbeatPing)
class HeartbeatPingAdmin(RecordAdmin):
    list_display = ["time", "kind", "check_id", "exit_code", "duration_s", "remote_address"]
    list_filter = ["kind"]
    fields = [
        *("time", "kind", "check_id", "exit_code", "run_id", "duration_s"),
        *("method", "remote_address", "user_agent", "body_shown", "body_size"),
    ]
    readonly_fields = fields

    @admin.display(description="Body")
    def body_shown(self, ping: HeartbeatPing) -> SafeString:
        return format_html("<pre>{}</pre>", bytes(ping.body).decode(errors="replace"))


@admin.register(Machine)
class MachineAdmin(RecordAdmin):
    list_display = ["name", "reported", "interval_s", "clock_skew_s", "dropped", "pushed_by"]
    list_select_related = ["pushed_by"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "first_report_at", "last_report_at", "interval_s", "clock_skew_s", "dropped", "pushed_by"]
    readonly_fields = fields

    @admin.display(description="Last report", ordering="last_report_at")
    def reported(self, machine: Machine) -> str:
        return age(machine.last_report_at)
