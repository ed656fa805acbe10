"""Integration keys, with a box to try a payload."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.html import format_html
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from alerts.incidents import actions
from alerts.incidents.admin.routing import DressedAdmin
from alerts.incidents.choices import KeyKind
from alerts.incidents.doors.mapping import Occurrence
from alerts.incidents.forms.keys import IntegrationKeyForm, SampleForm
from alerts.incidents.models import IntegrationKey

ADDRESSES = {KeyKind.JSON: "/alerts/in/json/{}", KeyKind.PAGERDUTY: "/pagerduty/v2/enqueue"}


@admin.register(IntegrationKey)
class IntegrationKeyAdmin(DressedAdmin):
    form = IntegrationKeyForm
    list_display = ["name", "kind", "prefix", "enabled", "last_used_at"]
    list_filter = ["kind", "enabled"]
    search_fields = ["name", "prefix"]
    fields = ["name", "kind", "mapping", "ends_after_s", "rate_per_minute", "secret", "forget_secret", "enabled"]
    actions = ["renew"]
    actions_detail = ["try_it"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        own = ["name", "kind", "mapping", "ends_after_s", "rate_per_minute", "enabled"]
        about = ["slug", "prefix", "created_at", "last_used_at"] if obj else []
        return [*(self.fields if may else own), *about]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["slug", "prefix", "created_at", "last_used_at"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        made, text = form.act()
        obj.__dict__.update(made.__dict__)
        if text:
            self._show(request, made, text)

    def delete_one(self, request: HttpRequest, obj: IntegrationKey) -> None:
        actions.integration_key_delete(key=obj, by=actions.person_of(request))

    @admin.action(description="Make a new key, refuse the former one", permissions=["change"])
    def renew(self, request: HttpRequest, queryset: QuerySet[IntegrationKey]) -> None:
        for key in queryset:
            self._show(request, *actions.integration_key_renew(key=key, by=actions.person_of(request)))

    @action(description="Try it", icon="science", permissions=["view"], url_path="try")  # type: ignore[untyped-decorator] # Unfold has no types
    def try_it(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A payload in, and the alert that it becomes out. Nothing is sent."""
        key = get_object_or_404(IntegrationKey, pk=object_id)
        form = SampleForm(request.POST or None)
        form.fields["payload"].widget = UnfoldAdminTextareaWidget({"rows": 12, "spellcheck": "false"})
        found: Occurrence | None = None
        if request.method == "POST" and form.is_valid():
            found = actions.integration_key_try(
                kind=key.kind, mapping=key.mapping, payload=form.cleaned_data["payload"], key=key
            )
        context = self.admin_site.each_context(request) | {"opts": self.opts, "form": form, "found": found, "key": key}
        return render(request, "incidents/key_try.html", context | {"title": f"What {key.name} sends becomes this"})

    def _show(self, request: HttpRequest, key: IntegrationKey, text: str) -> None:
        where = settings.PUBLIC_URL + ADDRESSES[KeyKind(key.kind)].format(text)
        words = "Copy the key of {} now, it is not shown again: <code>{}</code>. It sends to <code>{}</code>"
        messages.warning(request, format_html(words, key.name, text, where))
