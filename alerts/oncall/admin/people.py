"""How people are told: their rules and quiet hours."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from alerts.oncall import actions
from alerts.oncall.forms.personal import PersonalRuleForm, QuietHoursForm
from alerts.oncall.models import PersonalRule, QuietHours
from opsportal.admin import ActionAdmin
from opsportal.writing import person_of


@admin.register(PersonalRule)
class PersonalRuleAdmin(ActionAdmin):
    form = PersonalRuleForm
    list_display = ["user", "urgency", "contact", "delay_s"]
    list_display_links = ["contact"]
    list_filter = ["urgency"]
    list_select_related = ["user", "contact__user"]
    search_fields = ["user__username", "contact__name"]
    autocomplete_fields = ["user", "contact"]

    def delete_one(self, request: HttpRequest, obj: PersonalRule) -> None:
        actions.personal_rule_delete(rule=obj, by=person_of(request))


@admin.register(QuietHours)
class QuietHoursAdmin(ActionAdmin):
    form = QuietHoursForm
    list_display = ["user", "start", "end", "time_zone"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    autocomplete_fields = ["user"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user"] if obj else []

    def delete_one(self, request: HttpRequest, obj: QuietHours) -> None:
        actions.quiet_hours_delete(user=obj.user, by=person_of(request))
