"""Circuits: which endpoints do not work, since when, and a reset."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from alerts.delivery import actions
from alerts.delivery.admin.badges import badge
from alerts.delivery.models import Circuit
from alerts.delivery.queries import circuits_listed
from opsportal.admin import RecordAdmin


@admin.register(Circuit)
class CircuitAdmin(RecordAdmin):
    list_display = ["endpoint", "channel", "stands", "failures", "failing_since", "next_probe_at", "last_success_at"]
    list_filter = ["state"]
    search_fields = ["endpoint"]
    fields = [
        "endpoint", "channel", "stands", "failures", "failing_since", "opened_at", "next_probe_at", "openings", "last_error",
        "last_success_at",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["reset"]  # type: ignore[assignment] # the one thing that may be done with a record

    def get_queryset(self, request: HttpRequest) -> QuerySet[Circuit]:
        return circuits_listed()

    def has_reset_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("delivery.reset_circuit"))

    @admin.display(description="State", ordering="state")
    def stands(self, circuit: Circuit) -> SafeString:
        return badge(circuit.state, circuit.get_state_display())

    @admin.action(description="Close now and send what waits", permissions=["reset"])
    def reset(self, request: HttpRequest, queryset: QuerySet[Circuit]) -> None:
        for circuit in queryset:
            actions.circuit_reset(circuit=circuit, now=timezone.now(), by=actions.person_of(request))
        self.message_user(request, f"{len(queryset)} closed.", messages.SUCCESS)
