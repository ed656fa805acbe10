"""The routing tree with its tester, receivers, inhibition, time intervals, recurring maintenance, settings."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from alerts.incidents import actions, routing
from alerts.incidents.configuration import routes_read, settings_stored
from alerts.incidents.forms.routing import (
    IncidentSettingsForm,
    InhibitionRuleForm,
    ReceiverForm,
    RecurringMaintenanceForm,
    RouteForm,
    RouteTestForm,
    TimeIntervalForm,
)
from alerts.incidents.models import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    RecurringMaintenance,
    Route,
    TimeInterval,
)
from alerts.incidents.queries import RouteTest, receivers_listed, route_tried, routes_listed
from alerts.incidents.recurrence import next_start, parse
from opsportal.admin import ActionAdmin
from opsportal.widgets import dress


class DressedAdmin(ActionAdmin):
    """Its form's own fields in the admin's widgets."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for field in form.declared_fields.values():
            dress(field)
        return form


@admin.register(Route)
class RouteAdmin(DressedAdmin):
    form = RouteForm
    list_display = ["place", "matchers_shown", "receiver_shown", "group_by_shown", "goes_on"]
    search_fields = ["name", "matchers"]
    autocomplete_fields = ["parent", "receiver"]
    filter_horizontal = ["mute_times", "active_times"]
    actions_list = ["tester"]
    list_per_page = 500
    fieldsets = [
        (None, {"fields": ["parent", "position", "name", "matchers", "goes_on", "receiver"]}),
        (
            "How alerts are told together",
            {"fields": ["group_by", "group_wait_s", "group_interval_s", "repeat_interval_s"]},
        ),
        ("When it tells", {"fields": ["mute_times", "active_times"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Route]:
        return routes_listed()

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Routes are listed as the tree reads: each below its parent."""
        found = super().get_changelist_instance(request)
        places = {pk: (place, depth) for place, (pk, depth) in enumerate(_tree_order())}
        found.result_list = sorted(found.result_list, key=lambda route: places.get(route.pk, (len(places), 0)))
        for route in found.result_list:
            route.depth = places.get(route.pk, (0, 0))[1]
        return found

    @admin.display(description="Route")
    def place(self, route: Route) -> str:
        depth = getattr(route, "depth", 0)
        return "\u2003" * depth + ("└ " if depth else "") + str(route)

    @admin.display(description="Matchers")
    def matchers_shown(self, route: Route) -> str:
        return ", ".join(route.matchers) or "everything"

    @admin.display(description="Receiver")
    def receiver_shown(self, route: Route) -> str:
        return str(route.receiver) if route.receiver else "inherited"

    @admin.display(description="Grouped by")
    def group_by_shown(self, route: Route) -> str:
        return "inherited" if not route.group_by else ", ".join(route.group_by)

    @action(  # type: ignore[untyped-decorator] # Unfold has no types
        description="Which route would an alert take?", icon="alt_route", permissions=["view"], url_path="tester"
    )
    def tester(self, request: HttpRequest) -> HttpResponse:
        """Labels in, and the way through the tree out, with why."""
        form = RouteTestForm(request.POST or None)
        form.fields["labels"].widget = UnfoldAdminTextareaWidget({"rows": 5})
        found: RouteTest | None = None
        if request.method == "POST" and form.is_valid():
            try:
                found = route_tried(form.cleaned_data["labels"])
            except ValidationError as error:
                form.add_error("labels", error.messages)
        context = self.admin_site.each_context(request) | {"opts": self.opts, "form": form, "found": found}
        return render(request, "incidents/route_tester.html", context | {"title": "Which route would this alert take?"})

    def delete_one(self, request: HttpRequest, obj: Route) -> None:
        actions.route_delete(route=obj, by=actions.person_of(request))


def _tree_order() -> list[tuple[int, int]]:
    """(id, depth) of the routes as the tree reads; empty while they make none."""
    try:
        root = routing.tree(routes_read())
    except ValueError:
        return []
    found: list[tuple[int, int]] = []
    ahead = [(root, 0)]
    while ahead:
        node, depth = ahead.pop()
        found.append((node.id, depth))
        ahead += [(child, depth + 1) for child in reversed(node.children)]
    return found


@admin.register(Receiver)
class ReceiverAdmin(DressedAdmin):
    form = ReceiverForm
    list_display = ["name", "tells", "per_incident"]
    search_fields = ["name"]
    fields = ["name", "per_incident", "channels", "send_resolved", "policies"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receiver]:
        return receivers_listed()

    @admin.display(description="Tells")
    def tells(self, receiver: Receiver) -> str:
        return ", ".join(str(target) for target in receiver.targets.all()) or "nobody"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        return self.fields if may else ["name", "per_incident", "tells"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["tells"]

    def delete_one(self, request: HttpRequest, obj: Receiver) -> None:
        actions.receiver_delete(receiver=obj, by=actions.person_of(request))


@admin.register(InhibitionRule)
class InhibitionRuleAdmin(DressedAdmin):
    form = InhibitionRuleForm
    list_display = ["name", "source_matchers", "target_matchers", "equal", "enabled"]
    search_fields = ["name"]

    def delete_one(self, request: HttpRequest, obj: InhibitionRule) -> None:
        actions.inhibition_delete(rule=obj, by=actions.person_of(request))


@admin.register(TimeInterval)
class TimeIntervalAdmin(DressedAdmin):
    form = TimeIntervalForm
    list_display = ["name"]
    search_fields = ["name"]

    def delete_one(self, request: HttpRequest, obj: TimeInterval) -> None:
        actions.interval_delete(interval=obj, by=actions.person_of(request))


@admin.register(RecurringMaintenance)
class RecurringMaintenanceAdmin(DressedAdmin):
    form = RecurringMaintenanceForm
    list_display = ["name", "recurrence", "time_zone", "duration_s", "next_window", "enabled"]
    search_fields = ["name"]

    @admin.display(description="Next window")
    def next_window(self, plan: RecurringMaintenance) -> str:
        try:
            start = next_start(parse(plan.recurrence, plan.first_at, plan.time_zone), timezone.now())
        except ValueError as error:
            return str(error)
        return f"{start:%Y-%m-%d %H:%M %Z}" if start else "none"

    def delete_one(self, request: HttpRequest, obj: RecurringMaintenance) -> None:
        actions.maintenance_delete(plan=obj, by=actions.person_of(request))


@admin.register(IncidentSettings)
class IncidentSettingsAdmin(DressedAdmin):
    form = IncidentSettingsForm
    list_display = ["__str__"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """There is one of it: the list is its page."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        settings_stored()
        return HttpResponseRedirect(reverse("admin:incidents_incidentsettings_change", args=[1]))
