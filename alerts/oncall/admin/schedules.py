"""Teams, schedules with their layers, overrides."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline
from unfold.widgets import DATETIME_CLASSES

from alerts.oncall import actions
from alerts.oncall.forms.common import WallTimeField
from alerts.oncall.forms.schedules import LayerForm, LayerFormSet, OverrideAdminForm, ScheduleForm, TeamForm
from alerts.oncall.models import Layer, Override, Schedule, Team
from opsportal.admin import ActionAdmin
from opsportal.widgets import dress
from opsportal.writing import person_of


@admin.register(Team)
class TeamAdmin(ActionAdmin):
    form = TeamForm
    list_display = ["name", "slug", "member_count"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["members"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Team]:
        return Team.objects.annotate(member_count=Count("members"))

    @admin.display(description="Members", ordering="member_count")
    def member_count(self, team: Any) -> int:
        return int(team.member_count)

    def delete_one(self, request: HttpRequest, obj: Team) -> None:
        actions.team_delete(team=obj, by=person_of(request))


class LayerInline(StackedInline):
    model = Layer
    form = LayerForm
    formset = LayerFormSet
    extra = 0
    verbose_name = "layer"
    verbose_name_plural = "layers: a later one wins over those before it where it has somebody"
    fieldsets = [
        (None, {"fields": [("name", "rotation", "length"), ("starts_at", "ends_at"), ("members", "restrictions")]})
    ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Layer]:
        found: models.QuerySet[Layer] = super().get_queryset(request).order_by("position", "id")
        return found

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        for field in formset.form.declared_fields.values():
            dressed(field)
        return formset


def dressed(field: Any) -> None:
    """The admin's look; a local time stays the browser's own field."""
    if isinstance(field, WallTimeField):
        field.widget.attrs["class"] = " ".join(DATETIME_CLASSES)
    else:
        dress(field)


@admin.register(Schedule)
class ScheduleAdmin(ActionAdmin):
    form = ScheduleForm
    inlines = [LayerInline]
    list_display = ["name", "time_zone", "layer_names", "calendar"]
    search_fields = ["name", "slug", "description"]
    fieldsets = [(None, {"fields": ["name", "slug", "time_zone", "description"]})]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "description" in form.base_fields:
            form.base_fields["description"].widget.attrs["rows"] = 2
        return form

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Schedule]:
        return Schedule.objects.prefetch_related("layers")

    @admin.display(description="Layers")
    def layer_names(self, schedule: Schedule) -> str:
        return ", ".join(layer.name for layer in schedule.layers.all()) or "none"

    @admin.display(description="Calendar")
    def calendar(self, schedule: Schedule) -> SafeString:
        return format_html('<a href="/oncall/{}/">Open</a>', schedule.slug)

    def view_on_site(self, obj: Schedule) -> str:
        return f"/oncall/{obj.slug}/"

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        """The layers are stored along, below."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """One action for the schedule and its layers; the log of the admin asks the formsets what they did."""
        [layers] = formsets
        stored = form.save_all(layers.layers())
        form.instance.__dict__.update(stored.__dict__)
        layers.new_objects, layers.changed_objects, layers.deleted_objects = [], [], []

    def delete_one(self, request: HttpRequest, obj: Schedule) -> None:
        actions.schedule_delete(schedule=obj, by=person_of(request))


@admin.register(Override)
class OverrideAdmin(ActionAdmin):
    form = OverrideAdminForm
    list_display = ["schedule", "user", "replaces", "starts_at", "ends_at", "reason", "created_by"]
    list_display_links = ["schedule", "starts_at"]
    list_filter = ["schedule"]
    list_select_related = ["schedule", "user", "replaces", "created_by"]
    search_fields = ["reason", "user__username", "schedule__name"]
    autocomplete_fields = ["schedule", "user", "replaces"]
    date_hierarchy = "starts_at"

    def delete_one(self, request: HttpRequest, obj: Override) -> None:
        actions.override_delete(override=obj, by=person_of(request))
