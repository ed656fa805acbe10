"""Silences."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from alerts.incidents import actions
from alerts.incidents.admin.badges import badge
from alerts.incidents.forms.silences import SilenceForm
from alerts.incidents.models import Silence
from alerts.incidents.queries import silence_state, silences_listed
from opsportal.admin import ActionAdmin
from opsportal.widgets import dress


@admin.register(Silence)
class SilenceAdmin(ActionAdmin):
    form = SilenceForm
    list_display = ["matchers_shown", "stands", "starts_at", "ends_at", "created_by", "comment"]
    search_fields = ["comment", "created_by"]
    fields = ["matchers", "starts_at", "ends_at", "comment", "covers"]
    readonly_fields = ["covers"]
    actions = ["expire"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Silence]:
        return silences_listed(timezone.now())

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for field in form.declared_fields.values():
            dress(field)
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A silence is ended, and stays as a record."""
        return False

    @admin.display(description="Matchers")
    def matchers_shown(self, silence: Silence) -> str:
        return ", ".join(silence.matchers)

    @admin.display(description="State")
    def stands(self, silence: Silence) -> SafeString:
        standing = silence_state(silence, timezone.now())
        return badge(standing, standing.capitalize())

    @admin.display(description="Covers now")
    def covers(self, silence: Silence) -> str:
        if not silence.pk:
            return "Save it to see which alerts it covers."
        found = actions.silence_preview(silence.matchers)
        return f"{found.count} alerts: {', '.join(found.titles)}" if found.count else "No alert that fires now."

    @admin.action(description="End now", permissions=["change"])
    def expire(self, request: HttpRequest, queryset: QuerySet[Silence]) -> None:
        by, now = actions.person_of(request), timezone.now()
        ended = sum(actions.silence_expire(silence=one, by=by, now=now) for one in queryset)
        self.message_user(request, f"{ended} ended.", messages.SUCCESS)
