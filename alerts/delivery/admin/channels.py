"""Channels: the kind first, then its own settings, and a test that shows the receiver's real answer."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.delivery import actions
from alerts.delivery.admin.badges import badge
from alerts.delivery.choices import CircuitState
from alerts.delivery.forms import FIELDS, ChannelForm, channel_form
from alerts.delivery.kinds.described import described, kinds
from alerts.delivery.kinds.registry import LABELS, channel_kind
from alerts.delivery.models import Channel
from alerts.delivery.queries import channels_listed, health
from opsportal.admin import ActionAdmin
from opsportal.kinds import UnknownKindError
from opsportal.widgets import dress

BEHAVIOUR = [("enabled", "fallback"), ("fallback_after_s", "give_up_after_s")]


@admin.register(Channel)
class ChannelAdmin(ActionAdmin):
    form = ChannelForm
    list_display = ["name", "kind", "state", "fallback", "enabled", "updated_at"]
    list_filter = ["kind", "enabled"]
    search_fields = ["name", "slug"]
    compressed_fields = False
    readonly_fields = ["kind_shown", "settings_shown"]
    change_form_outer_before_template = "delivery/seen.html"
    change_form_after_template = "delivery/test_button.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Channel]:
        return channels_listed()

    def has_test_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("delivery.test_channel"))

    @admin.display(description="State")
    def state(self, channel: Channel) -> SafeString:
        trouble = health([channel]).get(channel.pk)
        return badge(
            CircuitState.OPEN if trouble else CircuitState.CLOSED, f"Circuit {trouble.lower()}" if trouble else "Well"
        )

    @admin.display(description="Kind")
    def kind_shown(self, channel: Channel) -> str:
        return LABELS.get(channel.kind, channel.kind)

    @admin.display(description="Settings")
    def settings_shown(self, channel: Channel) -> SafeString:
        return format_html("<pre>{}</pre>", "\n".join(f"{key}: {value}" for key, value in channel.settings.items()))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """The kind is chosen first."""
        if request.GET.get("kind") in {kind.kind for kind in kinds()} or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        context = self.admin_site.each_context(request)
        context |= {"opts": self.opts, "title": "How should people be told?", "kinds": list(map(described, kinds()))}
        return render(request, "components/choose_kind.html", context | {"hint": "Choose what the channel is."})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """A test sends by what is stored, and shows what came back; nothing that was entered is saved."""
        channel = self.get_object(request, object_id)
        if request.method == "POST" and "_test" in request.POST and channel and self.has_test_permission(request):
            extra_context = {**(extra_context or {}), "seen": self._test(request, channel)}
            request.method = "GET"
        return super().change_view(request, object_id, form_url, extra_context)

    def _test(self, request: HttpRequest, channel: Channel) -> actions.Seen | None:
        address = request.POST.get("_test_address", "")
        try:
            return actions.channel_test(
                channel=channel, address=address, now=timezone.now(), by=actions.person_of(request)
            )
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        try:
            kind = channel_kind(obj.kind if obj else request.GET.get("kind", ""))
        except UnknownKindError:
            return super().get_form(request, obj, change=change, fields=[], **kwargs)
        template = channel_form(kind, obj)
        for field in template.declared_fields.values():
            dress(field)
        kwargs |= {"form": template, "fields": FIELDS}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        what: list[Any] = ["kind_shown", ("name", "slug")] if obj else [("name", "slug")]
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            return [
                ("Channel", {"fields": [*what, "settings_shown"]}),
                ("When it does not work", {"fields": BEHAVIOUR}),
            ]
        names = self.get_form(request, obj).base_fields
        settings = [name for name in names if name.startswith(("settings_", "forget_"))]
        return [
            ("Channel", {"fields": what}),
            ("Settings", {"fields": settings}),
            ("When it does not work", {"fields": BEHAVIOUR}),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        channel = context.get("original")
        context["may_test"] = channel is not None and self.has_test_permission(request)
        if channel is not None:
            context["takes_addresses"] = next((k.takes_addresses for k in kinds() if k.kind == channel.kind), False)
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_one(self, request: HttpRequest, obj: Channel) -> None:
        actions.channel_delete(channel=obj, now=timezone.now(), by=actions.person_of(request))
