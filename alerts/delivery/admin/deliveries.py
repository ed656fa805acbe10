"""The history of deliveries, with each attempt."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from alerts.delivery import actions
from alerts.delivery.admin.badges import badge
from alerts.delivery.models import Attempt, Delivery
from alerts.delivery.queries import HIDDEN, MANAGE_CONTACTS, deliveries_listed, why_not
from opsportal.admin import RecordAdmin

TIMES = ["created_at", "next_attempt_at", "deadline_at", "finished_at"]


class AttemptInline(TabularInline):
    model = Attempt
    extra = 0
    can_delete = False
    fields = ["number", "started_at", "duration_s", "came_of_it", "status_code", "answer"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Outcome")
    def came_of_it(self, attempt: Attempt) -> SafeString:
        return badge(attempt.outcome, attempt.get_outcome_display())


@admin.register(Delivery)
class DeliveryAdmin(RecordAdmin):
    list_display = ["created_at", "stands", "kind", "subject", "target_name", "attempts_made", "because"]
    list_display_links = ["created_at", "subject"]
    list_filter = ["state", "kind", "urgency", "channel"]
    search_fields = ["subject__exact", "key__exact", "user__username__exact"]
    search_help_text = "A subject such as incident:42, a key, or a user name; exactly."
    inlines = [AttemptInline]
    actions = ["cancel"]  # type: ignore[assignment] # the one thing that may be done with a record
    readonly_fields = [
        "stands", "address", "address_hidden", "message_shown", "because", "related", "kind", "subject", "target_name", "urgency", "why",
        "is_first", "fair_key", "key", *TIMES, "channel", "endpoint", "provider_ref", "attempts_made",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return deliveries_listed()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Addresses are personal."""
        address = "address" if request.user.has_perm(MANAGE_CONTACTS) else "address_hidden"
        who = ["stands", "kind", "subject", "target_name", address, "urgency", "message_shown"]
        return [
            ("Who and what", {"fields": who}),
            ("Why", {"fields": ["why", "because", "is_first", "fair_key", "key"]}),
            ("When", {"fields": TIMES}),
            ("How", {"fields": ["channel", "endpoint", "provider_ref", "attempts_made", "related"]}),
        ]

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("delivery.change_delivery"))

    @admin.display(description="State", ordering="state")
    def stands(self, one: Delivery) -> SafeString:
        return badge(one.state, one.get_state_display())

    @admin.display(description="Why not")
    def because(self, one: Delivery) -> str:
        return why_not(one) or "—"

    @admin.display(description="Address")
    def address_hidden(self, one: Delivery) -> str:
        return HIDDEN if one.address else "—"

    @admin.display(description="Message")
    def message_shown(self, one: Delivery) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(one.message, indent=2, ensure_ascii=False)[:20_000])

    @admin.display(description="With it")
    def related(self, one: Delivery) -> SafeString:
        """What it was bundled with, and its fallbacks."""
        found = [("Part of", one.bundled_into), ("Fallback of", one.fallback_of)]
        found += [("Has with it", part) for part in one.bundled.order_by("id")[:100]]
        found += [("Fell back to", other) for other in one.fallbacks.order_by("id")]
        links = ((words, reverse("admin:delivery_delivery_change", args=[o.pk]), str(o)) for words, o in found if o)
        return format_html_join(SafeString("<br>"), '{}: <a href="{}">{}</a>', links) or SafeString("—")

    @admin.action(description="Cancel what waits", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        now, by = timezone.now(), actions.person_of(request)
        count = sum(actions.delivery_cancel(delivery=one, now=now, by=by) for one in queryset)
        self.message_user(request, f"{count} cancelled.", messages.SUCCESS)
