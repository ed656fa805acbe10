"""Forms of the routing tree and what stands beside it."""

from typing import Any

from django import forms

from alerts.delivery.models import Channel
from alerts.incidents import actions
from alerts.incidents.forms.fields import JsonListField, LabelsField, MatchersField, NamesField
from alerts.incidents.models import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    RecurringMaintenance,
    Route,
    TimeInterval,
)
from alerts.oncall.models import EscalationPolicy
from opsportal.tried_form import TriedForm


class RouteForm(TriedForm):
    matchers = MatchersField(required=False)
    group_by = NamesField(
        required=False,
        empty_is_none=True,
        help_text="Label names with commas between; ... for each alert by itself; empty: as the parent has it.",
    )

    class Meta:
        model = Route
        fields = [
            "parent", "position", "name", "matchers", "goes_on", "receiver", "group_by", "group_wait_s", "group_interval_s",
            "repeat_interval_s", "mute_times", "active_times",
        ]  # fmt: skip

    def act(self) -> Route:
        return actions.route_save(route=self.stored(), by=self.by, **self.cleaned_data)


class RouteTestForm(forms.Form):
    """The labels of an alert, to see which routes it would take."""

    labels = LabelsField(help_text="One name=value a line, such as alertname=DiskFull.", max_length=20_000)


class ReceiverForm(TriedForm):
    channels = forms.ModelMultipleChoiceField(queryset=Channel.objects.order_by("name"), required=False)
    policies = forms.ModelMultipleChoiceField(queryset=EscalationPolicy.objects.order_by("name"), required=False)
    send_resolved = forms.BooleanField(
        label="Tell channels of resolves",
        required=False,
        initial=True,
        help_text="Policies always tell whoever they paged.",
    )

    class Meta:
        model = Receiver
        fields = ["name", "per_incident"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "channels" in self.fields:
            targets = list(self.instance.targets.all())
            self.initial["channels"] = [one.channel_id for one in targets if one.channel_id]
            self.initial["policies"] = [one.policy_id for one in targets if one.policy_id]
            self.initial["send_resolved"] = all(one.send_resolved for one in targets if one.channel_id)

    def act(self) -> Receiver:
        data = self.cleaned_data
        channels = [{"channel": one.slug, "send_resolved": data["send_resolved"]} for one in data["channels"]]
        policies = [{"policy": one.slug} for one in data["policies"]]
        return actions.receiver_save(
            receiver=self.stored(),
            name=data["name"],
            per_incident=data["per_incident"],
            targets=[*channels, *policies],
            by=self.by,
        )


class InhibitionRuleForm(TriedForm):
    source_matchers = MatchersField()
    target_matchers = MatchersField()
    equal = NamesField(required=False, help_text="Label names in which both must agree, with commas between.")

    class Meta:
        model = InhibitionRule
        fields = ["name", "source_matchers", "target_matchers", "equal", "enabled"]

    def act(self) -> InhibitionRule:
        return actions.inhibition_save(rule=self.stored(), by=self.by, **self.cleaned_data)


class TimeIntervalForm(TriedForm):
    intervals = JsonListField(
        help_text='As Alertmanager writes them: [{"weekdays": ["saturday", "sunday"]}, {"times": [{"start_time": "22:00", '
        '"end_time": "24:00"}], "location": "Europe/Vienna"}].'
    )

    class Meta:
        model = TimeInterval
        fields = ["name", "intervals"]

    def act(self) -> TimeInterval:
        return actions.interval_save(interval=self.stored(), by=self.by, **self.cleaned_data)


class RecurringMaintenanceForm(TriedForm):
    matchers = MatchersField()

    class Meta:
        model = RecurringMaintenance
        fields = ["name", "matchers", "recurrence", "first_at", "duration_s", "time_zone", "enabled"]

    def act(self) -> RecurringMaintenance:
        return actions.maintenance_save(plan=self.stored(), by=self.by, **self.cleaned_data)


class IncidentSettingsForm(TriedForm):
    telling_labels = NamesField(
        help_text="Labels that say what is at fault, with commas between: alerts that start together and agree in one are one incident."
    )

    class Meta:
        model = IncidentSettings
        fields = [
            "resolve_timeout_s", "reopen_window_s", "silence_reminder_s", "prompt_ends", "correlate", "correlation_window_s",
            "together_window_s", "telling_labels",
        ]  # fmt: skip

    def act(self) -> IncidentSettings:
        return actions.settings_save(by=self.by, **self.cleaned_data)
