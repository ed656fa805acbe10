"""A webhook."""

from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind, Envelope, KindForm, Sent


class WebhookKind(ChannelKind):
    kind = "webhook"
    description = "Posts JSON to an address."
    icon = "webhook"

    class SettingsForm(KindForm):
        url = forms.CharField(max_length=2000)

    async def send(self, envelope: Envelope) -> Sent:
        return Sent(Outcome.RETRY, "not built yet", endpoint_at_fault=True)
