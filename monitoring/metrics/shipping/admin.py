"""Destinations of remote write, with what waits and what is wrong."""

from typing import Any

from django.contrib import admin
from django.db import connection, models
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from monitoring.metrics.shipping.actions import destination_delete
from monitoring.metrics.shipping.forms import DestinationForm
from monitoring.metrics.shipping.models import Destination

WAITING = """
SELECT COALESCE(sum(samples), 0), COALESCE(extract(epoch FROM now() - min(created_at)), 0)
FROM shipping_outgoing WHERE (xid, id) > (%s::text::xid8, %s)
"""
FIELDS = ["name", "url", "enabled", "auth", "username", "secret", "external_labels"]
STATE_FIELDS = ["state", "waiting", "sent_samples", "dropped_samples", "last_sent_at", "failing_since", "last_error"]


@admin.register(Destination)
class DestinationAdmin(ModelAdmin):
    form = DestinationForm
    list_display = ["name", "url", "state", "waiting", "sent_samples", "dropped_samples", "last_sent_at"]
    list_filter = ["enabled"]
    search_fields = ["name", "url"]
    readonly_fields = STATE_FIELDS
    compressed_fields = True

    def get_fieldsets(self, request: HttpRequest, obj: Destination | None = None) -> Any:
        """How it goes is shown once it goes."""
        asked = [(None, {"fields": FIELDS})]
        return asked if obj is None else [*asked, ("How it goes", {"fields": STATE_FIELDS})]

    @display(description="State", label={"sending": "success", "failing": "danger", "off": "info"})  # type: ignore[untyped-decorator] # Unfold has no types
    def state(self, one: Destination) -> str:
        return "off" if not one.enabled else "failing" if one.failing_since else "sending"

    @display(description="Waiting")  # type: ignore[untyped-decorator] # Unfold has no types
    def waiting(self, one: Destination) -> str:
        if not one.enabled:
            return "—"
        with connection.cursor() as cursor:
            cursor.execute(WAITING, [str(one.cursor_xid), one.cursor_id])
            samples, age_s = cursor.fetchone()
        return f"{samples:,} samples, the oldest for {age_s:.0f} s" if samples else "nothing"

    def has_change_permission(self, request: HttpRequest, obj: Destination | None = None) -> bool:
        """The destination of METRICS_BACKEND is changed by that setting."""
        return not (obj and obj.is_backend) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Destination | None = None) -> bool:
        return not (obj and obj.is_backend) and bool(super().has_delete_permission(request, obj))

    def save_form(self, request: HttpRequest, form: DestinationForm, change: bool) -> Any:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Destination, form: DestinationForm, change: bool) -> None:
        obj.__dict__.update(form.act().__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The action has stored everything."""

    def delete_model(self, request: HttpRequest, obj: Destination) -> None:
        destination_delete(destination=obj)

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Destination]) -> None:
        for one in queryset:
            destination_delete(destination=one)
