"""Escalation policies with their steps, and what runs by them."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from alerts.oncall import actions
from alerts.oncall.escalation import Plan
from alerts.oncall.forms.policies import PARTS, PolicyForm, policy_form
from alerts.oncall.models import Escalation, EscalationEntry, EscalationPolicy
from alerts.oncall.planning import plan_json
from alerts.oncall.policy_words import policy_words
from opsportal.admin import ActionAdmin, RecordAdmin
from opsportal.widgets import dress
from opsportal.writing import person_of


@admin.register(EscalationPolicy)
class EscalationPolicyAdmin(ActionAdmin):
    form = PolicyForm
    list_display = ["name", "step_count", "repeat", "acknowledge_timeout_s", "is_default"]
    search_fields = ["name", "slug", "description"]
    readonly_fields = ["in_words"]
    compressed_fields = False  # labels above the fields, so that a step fits in one row

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[EscalationPolicy]:
        return EscalationPolicy.objects.annotate(step_count=models.Count("steps")).order_by("name")

    @admin.display(description="Steps")
    def step_count(self, policy: Any) -> int:
        return int(policy.step_count)

    @admin.display(description="What happens when")
    def in_words(self, policy: EscalationPolicy) -> SafeString:
        lines = policy_words(Plan.of_json(plan_json(policy)))
        return format_html_join("", "<p>{}</p>", ((line,) for line in lines))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        template = policy_form(obj)
        for field in template.declared_fields.values():
            dress(field)
        kwargs |= {"form": template, "fields": list(PolicyForm.Meta.fields)}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = ["name", "slug", "description", ("repeat", "acknowledge_timeout_s"), "is_default"]
        words = [("What happens when", {"fields": ["in_words"]})] if obj else []
        if not (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)):
            return [(None, {"fields": own}), *words]
        rows = [
            line
            for i in range(policy_form(obj).row_count)
            for line in (f"steps_{i}_targets", tuple(f"steps_{i}_{part}" for part in PARTS[1:]))
        ]
        about = "A row that tells nobody is left out. What runs already goes on as it was when it started."
        return [(None, {"fields": own}), *words, ("Steps", {"fields": rows, "description": about})]

    def delete_one(self, request: HttpRequest, obj: EscalationPolicy) -> None:
        actions.policy_delete(policy=obj, by=person_of(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A policy that something sends to cannot be deleted; the page says what."""
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, missing, [*protected, *(user for one in objs for user in actions.policy_users(one))]


class EntryInline(TabularInline):
    model = EscalationEntry
    fields = ["time", "episode", "lap", "step", "outcome", "summary"]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Escalation)
class EscalationAdmin(RecordAdmin):
    list_display = ["subject", "policy", "state", "severity", "started_at", "next_step_at"]
    list_filter = ["state", "severity"]
    list_select_related = ["policy"]
    search_fields = ["subject"]
    fields = [
        "subject",
        "policy",
        "state",
        "severity",
        "urgency",
        "step",
        "lap",
        "episode",
        "started_at",
        "next_step_at",
        "ended_at",
    ]
    inlines = [EntryInline]
