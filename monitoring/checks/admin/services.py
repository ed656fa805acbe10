"""Services, maintenance windows and registered databases."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from monitoring.checks import actions
from monitoring.checks.admin.badges import age, badge
from monitoring.checks.forms.services import DatabaseTargetForm, MaintenanceWindowForm, ServiceByUrlForm, ServiceForm
from monitoring.checks.models import DatabaseTarget, MaintenanceWindow, Service
from monitoring.checks.queries import services_listed, windows_listed
from opsportal.admin import ActionAdmin
from opsportal.widgets import dress
from opsportal.writing import by_field


@admin.register(Service)
class ServiceAdmin(ActionAdmin):
    form = ServiceForm
    list_display = ["status", "name", "owner", "criticality", "check_count", "reason", "since"]
    list_display_links = ["name"]
    list_filter = ["state__status", "owner", "criticality"]
    search_fields = ["name", "slug", "description", "owner"]
    autocomplete_fields = ["depends_on"]
    actions_list = ["by_url"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "owner", "criticality", "description"]}),
        ("What to do and what it needs", {"fields": ["runbook_url", "depends_on", "labels"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Service]:
        return services_listed()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for field in form.declared_fields.values():
            dress(field)
        return form

    @admin.display(description="Status", ordering="state__rank")
    def status(self, service: Service) -> SafeString:
        return badge(service.state.status)

    @admin.display(description="Checks", ordering="check_count")
    def check_count(self, service: Any) -> int:
        return int(service.check_count)

    @admin.display(description="Why")
    def reason(self, service: Service) -> str:
        return service.state.reason[:120] or "—"

    @admin.display(description="Since", ordering="state__since")
    def since(self, service: Service) -> str:
        return age(service.state.since)

    @action(  # type: ignore[untyped-decorator] # Unfold has no types
        description="Add service by URL", icon="add_link", permissions=["add"], url_path="by-url"
    )
    def by_url(self, request: HttpRequest) -> HttpResponse:
        """A service and its checks from a name and an address."""
        form = ServiceByUrlForm(request.POST or None)
        for field in form.fields.values():
            field.widget = UnfoldAdminTextInputWidget()
        if request.method == "POST" and form.is_valid():
            try:
                service = actions.service_by_url(**form.cleaned_data, by=actions.person_of(request))
            except ValidationError as error:
                for place, words in by_field(error).items():
                    form.add_error(place if place in form.fields else None, words)
            else:
                self.message_user(request, f"{service} is being watched now.", messages.SUCCESS)
                return redirect("admin:checks_service_change", service.pk)
        context = self.admin_site.each_context(request) | {"opts": self.opts, "form": form}
        return render(request, "checks/service_by_url.html", context | {"title": "Add service by URL"})

    def delete_one(self, request: HttpRequest, obj: Service) -> None:
        actions.service_delete(service=obj, by=actions.person_of(request))


@admin.register(MaintenanceWindow)
class MaintenanceWindowAdmin(ActionAdmin):
    form = MaintenanceWindowForm
    list_display = ["service", "starts_at", "ends_at", "reason", "created_by"]
    list_filter = [("service", AutocompleteSelectFilter)]
    list_filter_submit = True
    search_fields = ["reason", "service__name"]
    autocomplete_fields = ["service"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[MaintenanceWindow]:
        return windows_listed()

    def delete_one(self, request: HttpRequest, obj: MaintenanceWindow) -> None:
        actions.maintenance_delete(window=obj, by=actions.person_of(request))


@admin.register(DatabaseTarget)
class DatabaseTargetAdmin(ActionAdmin):
    form = DatabaseTargetForm
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    fields = ["name", "slug", "dsn"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "dsn" in form.base_fields:
            form.base_fields["dsn"].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        return form

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A database that checks use cannot be deleted; the page says which."""
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        users = [f"Check {check}" for target in objs for check in actions.database_target_users(target)]
        return to_delete, counts, missing, [*protected, *users]

    def delete_one(self, request: HttpRequest, obj: DatabaseTarget) -> None:
        actions.database_target_delete(target=obj, by=actions.person_of(request))
