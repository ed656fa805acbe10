"""Checks: the kind first, then its own settings, its thresholds as rows, and a trial before anything is saved."""

import re
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from monitoring.checks import actions
from monitoring.checks.admin.badges import age, badge
from monitoring.checks.admin.check_actions import CheckActions
from monitoring.checks.forms.checks import CheckForm, check_form
from monitoring.checks.kinds import described, kinds
from monitoring.checks.models import Check
from monitoring.checks.options import CHECK_OPTIONS
from monitoring.checks.probes.registry import LABELS, probe_class
from monitoring.checks.queries import checks_listed, ping_url
from monitoring.checks.threshold_rules import KEYS
from opsportal.admin import ActionAdmin
from opsportal.kinds import UnknownKindError
from opsportal.widgets import dress

PRIMARY_KEY = re.compile(r"[0-9]{1,18}")
RUNNING = [
    ("interval_s", "timeout_s", "retry_interval_s"),
    ("failures_before_down", "successes_before_up"),
    ("impact", "enabled"),
]


@admin.register(Check)
class CheckAdmin(CheckActions, ActionAdmin):
    form = CheckForm
    list_display = ["status", "name", "service", "kind", "summary", "last_run", "interval_s", "pause", "enabled"]
    list_display_links = ["name"]
    list_filter = ["state__status", "kind", "enabled", "service__owner", "service__criticality"]
    search_fields = ["name", "slug", "service__name", "state__last_summary"]
    autocomplete_fields = ["service"]
    compressed_fields = False  # labels above the fields, so that a threshold fits in one row
    readonly_fields = ["kind_shown", "ping_address", "settings_shown", "thresholds_shown"]
    change_form_outer_before_template = "checks/seen.html"
    change_form_after_template = "checks/try_button.html"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Check]:
        return checks_listed()

    @admin.display(description="Status", ordering="state__status")
    def status(self, check: Check) -> SafeString:
        return badge(check.state.status)

    @admin.display(description="Last summary")
    def summary(self, check: Check) -> str:
        return check.state.last_summary[:120] or "—"

    @admin.display(description="Last run", ordering="state__last_checked_at")
    def last_run(self, check: Check) -> str:
        return age(check.state.last_checked_at)

    @admin.display(description="Paused")
    def pause(self, check: Check) -> str:
        if check.paused_until is None:
            return "—"
        return "until resumed" if check.paused_until == actions.UNTIL_RESUMED else f"{check.paused_until:%m-%d %H:%M}"

    @admin.display(description="Kind")
    def kind_shown(self, check: Check) -> str:
        return LABELS.get(check.kind, check.kind)

    @admin.display(description="Ping address")
    def ping_address(self, check: Check) -> str:
        return ping_url(check) or "—"

    @admin.display(description="Settings")
    def settings_shown(self, check: Check) -> SafeString:
        return format_html("<pre>{}</pre>", "\n".join(f"{key}: {value}" for key, value in check.settings.items()))

    @admin.display(description="Thresholds")
    def thresholds_shown(self, check: Check) -> SafeString:
        return format_html("<pre>{}</pre>", "\n".join(map(str, check.thresholds)))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """The kind is chosen first."""
        if request.GET.get("kind") in {kind.name for kind in kinds()} or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        context = self.admin_site.each_context(request)
        context |= {"opts": self.opts, "title": "What should be checked?", "kinds": list(map(described, kinds()))}
        context |= {"hint": "Choose what the check asks.", "service": request.GET.get("service", "")}
        return render(request, "components/choose_kind.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address asks for; a service that cannot be is left out."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        service = initial.get("service", "")
        return initial if PRIMARY_KEY.fullmatch(service) else initial | {"service": None}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kind = obj.kind if obj else request.GET.get("kind", "")
        try:
            probe = probe_class(kind)
        except UnknownKindError:
            return super().get_form(request, obj, change=change, fields=[], **kwargs)
        template = check_form(kind, probe, obj)
        for field in template.declared_fields.values():
            dress(field)
        kwargs |= {"form": template, "fields": ["service", "name", "slug", *CHECK_OPTIONS]}
        form = super().get_form(request, obj, change=change, **kwargs)
        form.trying = "_try" in request.POST and self.has_run_permission(request)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        question: list[Any] = ["kind_shown", "service", ("name", "slug")]
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            return [
                ("What is asked", {"fields": [*question, "settings_shown", "thresholds_shown"]}),
                ("When it runs and what failure means", {"fields": RUNNING}),
            ]
        if obj and ping_url(obj):
            question.insert(1, "ping_address")
        form = self.get_form(request, obj)
        names = form.base_fields
        rows = [tuple(f"thresholds_{i}_{part}" for part in KEYS) for i in range(getattr(form, "row_count", 0))]
        return [
            ("What is asked", {"fields": question if obj else question[1:]}),
            ("Settings", {"fields": [name for name in names if name.startswith(("settings_", "forget_"))]}),
            ("Thresholds", {"fields": rows, "description": "A row without a value is left out."}),
            ("When it runs and what failure means", {"fields": RUNNING}),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        form = context["adminform"].form
        if getattr(form, "trying", False) and form.is_bound:
            context |= {"seen": form.run_trial(), "errors": context.get("errors") if form.errors else None}
        context["may_try"] = self.has_run_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_one(self, request: HttpRequest, obj: Check) -> None:
        actions.check_delete(check=obj, by=actions.person_of(request))
