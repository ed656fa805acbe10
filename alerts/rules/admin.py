"""Rules, groups and states in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from alerts.rules import actions
from alerts.rules.forms import GroupForm, RecordingForm, RuleForm, ThresholdForm
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup, RuleState, RuleThreshold
from alerts.rules.queries import (
    groups_listed,
    last_error_of,
    recordings_listed,
    rules_listed,
    schedule_of,
    states_listed,
)
from opsportal.admin import ActionAdmin, RecordAdmin
from opsportal.widgets import dress
from opsportal.writing import person_of

PHASES = {"firing": "danger", "recovering": "warning", "pending": "warning", "resolved": "success", "inactive": "info"}
DRESSED = ("settings", "labels", "annotations", "runbook_url")


class DressedAdmin(ActionAdmin):
    """Its form's own fields in the admin's widgets."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for name in DRESSED:
            if name in form.base_fields:
                dress(form.base_fields[name])
        return form


@admin.register(AlertRule)
class RuleAdmin(DressedAdmin):
    form = RuleForm
    list_display = ["name", "kind", "severity", "category", "stands", "went", "last_at", "enabled"]
    list_filter = ["kind", "severity", "category", "enabled", "group"]
    search_fields = ["name", "slug", "description"]
    readonly_fields = ["went", "last_at", "missed"]
    actions = ["switch_on", "switch_off"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[AlertRule]:
        return rules_listed()

    def get_fieldsets(self, request: HttpRequest, obj: AlertRule | None = None) -> Any:
        """How it goes is shown once it goes."""
        fields: list[Any] = [*RuleForm.Meta.fields]
        fields.insert(fields.index("expression"), "settings")
        asked = [(None, {"fields": fields})]
        return asked if obj is None else [*asked, ("How it goes", {"fields": self.readonly_fields})]

    @display(description="Alerts", label={"firing": "danger", "pending": "warning", "quiet": "success"})  # type: ignore[untyped-decorator] # Unfold has no types
    def stands(self, rule: Any) -> tuple[str, str]:
        if rule.firing_count:
            return "firing", f"{rule.firing_count} firing"
        return ("pending", f"{rule.pending_count} pending") if rule.pending_count else ("quiet", "quiet")

    @admin.display(description="Last error")
    def went(self, rule: AlertRule) -> str:
        return last_error_of(rule)[:300] or "—"

    @admin.display(description="Last evaluated")
    def last_at(self, rule: AlertRule) -> Any:
        schedule = schedule_of(rule)
        return schedule.last_at if schedule else None

    @admin.display(description="Rounds missed")
    def missed(self, rule: AlertRule) -> Any:
        schedule = schedule_of(rule)
        return schedule.missed if schedule else 0

    def delete_one(self, request: HttpRequest, obj: AlertRule) -> None:
        actions.rule_delete(rule=obj, now=timezone.now(), by=person_of(request))

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: models.QuerySet[AlertRule]) -> None:
        changed = actions.rules_enable(rules=queryset, now=timezone.now(), by=person_of(request))
        self.message_user(request, f"{changed} switched on.", messages.SUCCESS)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: models.QuerySet[AlertRule]) -> None:
        changed = actions.rules_disable(rules=queryset, now=timezone.now(), by=person_of(request))
        self.message_user(request, f"{changed} switched off; what fired has ended.", messages.SUCCESS)


@admin.register(RuleGroup)
class GroupAdmin(DressedAdmin):
    form = GroupForm
    list_display = ["name", "file", "interval_s", "rules", "recordings", "went", "enabled"]
    list_filter = ["enabled"]
    search_fields = ["name", "file"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RuleGroup]:
        return groups_listed()

    @admin.display(description="Rules")
    def rules(self, group: Any) -> int:
        return int(group.rule_count)

    @admin.display(description="Recordings")
    def recordings(self, group: Any) -> int:
        return int(group.recording_count)

    @admin.display(description="Last error")
    def went(self, group: RuleGroup) -> str:
        schedule = getattr(group, "schedule", None)
        return (schedule.last_error[:300] if schedule else "") or "—"

    def delete_one(self, request: HttpRequest, obj: RuleGroup) -> None:
        actions.group_delete(group=obj, now=timezone.now(), by=person_of(request))


@admin.register(RecordingRule)
class RecordingAdmin(DressedAdmin):
    form = RecordingForm
    list_display = ["record", "group", "position", "expression"]
    list_filter = ["group"]
    search_fields = ["record", "expression"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RecordingRule]:
        return recordings_listed()

    def delete_one(self, request: HttpRequest, obj: RecordingRule) -> None:
        actions.recording_delete(recording=obj, now=timezone.now(), by=person_of(request))


@admin.register(RuleThreshold)
class ThresholdAdmin(ActionAdmin):
    form = ThresholdForm
    list_display = ["name", "value", "unit", "description", "used_by"]
    search_fields = ["name", "description"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RuleThreshold]:
        return RuleThreshold.objects.prefetch_related("rules")

    @admin.display(description="Rules")
    def used_by(self, threshold: RuleThreshold) -> str:
        return ", ".join(rule.name for rule in threshold.rules.all()) or "—"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(RuleState)
class StateAdmin(RecordAdmin):
    list_display = ["rule", "labels_shown", "phase_shown", "trouble", "since", "value", "flapping"]
    list_filter = ["phase", "flapping", "trouble"]
    search_fields = ["rule__name", "rule__slug"]
    fields = [
        "rule", "labels_shown", "phase", "trouble", "since", "active_at", "fired_at", "gone_at", "value", "history", "flapping", "told",
        "sent_at",
    ]  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[RuleState]:
        return states_listed()

    @admin.display(description="Labels")
    def labels_shown(self, state: RuleState) -> str:
        return ", ".join(f"{name}={value}" for name, value in sorted(state.labels.items())) or "—"

    @display(description="State", label=PHASES)  # type: ignore[untyped-decorator] # Unfold has no types
    def phase_shown(self, state: RuleState) -> str:
        return state.phase
