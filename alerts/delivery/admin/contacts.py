"""Contact methods of people."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from alerts.delivery import actions
from alerts.delivery.forms import ContactMethodForm
from alerts.delivery.models import ContactMethod
from alerts.delivery.queries import HIDDEN
from opsportal.admin import ActionAdmin


@admin.register(ContactMethod)
class ContactMethodAdmin(ActionAdmin):
    """Addresses are personal: whoever may not manage contacts sees that there is one."""

    form = ContactMethodForm
    list_display = ["user", "name", "channel", "enabled", "verified_at", "stopped_at"]
    list_display_links = ["name"]
    list_filter = ["channel", "enabled"]
    list_select_related = ["user", "channel"]
    search_fields = ["user__username", "name"]
    autocomplete_fields = ["user", "channel"]
    readonly_fields = ["address_shown", "verified_at", "stopped_at"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ["user", "channel", "name", "address", "enabled", "vouch"]
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            fields = ["user", "channel", "name", "address_shown", "enabled"]
        return [(None, {"fields": [*fields, "verified_at", "stopped_at"] if obj else fields})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs.setdefault("fields", ContactMethodForm.Meta.fields)
        return super().get_form(request, obj, change=change, **kwargs)

    @admin.display(description="Address")
    def address_shown(self, contact: ContactMethod) -> str:
        return HIDDEN

    def delete_one(self, request: HttpRequest, obj: ContactMethod) -> None:
        actions.contact_delete(contact=obj, now=timezone.now(), by=actions.person_of(request))
