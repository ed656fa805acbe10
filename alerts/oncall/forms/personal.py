"""Forms of one person's rules and quiet hours, for whoever manages them."""

from typing import Any

from alerts.oncall import actions
from alerts.oncall.models import PersonalRule, QuietHours
from opsportal.tried_form import TriedForm


class PersonalRuleForm(TriedForm):
    class Meta:
        model = PersonalRule
        fields = ["user", "urgency", "contact", "delay_s"]

    def act(self) -> PersonalRule:
        return actions.personal_rule_put(rule=self.stored(), by=self.by, **self.values(*self.Meta.fields))


class QuietHoursForm(TriedForm):
    class Meta:
        model = QuietHours
        fields = ["user", "time_zone", "start", "end"]

    def act(self) -> QuietHours:
        values: dict[str, Any] = self.values("time_zone", "start", "end")
        return actions.quiet_hours_save(user=self.cleaned_data.get("user") or self.instance.user, by=self.by, **values)
