"""`webhook`: JSON to any address, signed as Standard Webhooks says, or in the form of Alertmanager's webhook."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from alerts.delivery.kinds.base import ChannelKind, Envelope, Json, KindForm, Sent
from alerts.delivery.kinds.fields import UrlField, place_of
from alerts.delivery.kinds.posting import ask, json_request, judged
from alerts.delivery.kinds.signing import message_id, secret_bytes, signatures
from alerts.delivery.messages import Message, iso
from alerts.delivery.rendering.alertmanager import alertmanager_body
from alerts.delivery.rendering.cleaning import storable
from alerts.delivery.rendering.fitting import fitted
from monitoring.checks.probes.fields import CaPemField, HeadersField, LinesField

STANDARD, ALERTMANAGER = "standard", "alertmanager"
MOST_BYTES = {STANDARD: 20_000, ALERTMANAGER: 512_000}
MOST_SECRETS = 5
GONE = 410
RESERVED = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature", "content-length", "host", "connection"})


class WebhookForm(KindForm):
    """The settings of a webhook."""

    secret_fields = frozenset({"secrets", "secret_headers"})
    destination_fields = frozenset({"url"})

    url = UrlField(help_text="Where to post to.")
    body = forms.ChoiceField(
        choices=[(STANDARD, "Standard Webhooks"), (ALERTMANAGER, "Alertmanager v4")],
        initial=STANDARD,
        help_text="The form of the JSON.",
    )
    secrets = LinesField(
        required=False, help_text="whsec_…, one a line. With two, both sign: first add the new one, later drop the old."
    )
    headers = HeadersField(required=False, help_text="One `Name: value` a line.")
    secret_headers = HeadersField(
        required=False, help_text="Headers whose values are stored sealed: Authorization: Bearer …"
    )
    verify_tls = forms.BooleanField(required=False, initial=True, help_text="Refuse a certificate that is not valid.")
    ca_pem = CaPemField(required=False, help_text="PEM authorities to trust instead of the system's.")

    def clean_secrets(self) -> list[str]:
        """Each can sign."""
        secrets: list[str] = self.cleaned_data["secrets"]
        if len(secrets) > MOST_SECRETS:
            raise ValidationError(f"At most {MOST_SECRETS} secrets.")
        for number, secret in enumerate(secrets, 1):
            try:
                secret_bytes(secret)
            except ValueError as error:
                raise ValidationError(f"Line {number}: {error}.") from None
        return secrets

    def clean_headers(self) -> dict[str, str]:
        return _own_headers(self.cleaned_data["headers"])

    def clean_secret_headers(self) -> dict[str, str]:
        return _own_headers(self.cleaned_data["secret_headers"])


class WebhookKind(ChannelKind):
    """`webhook-id` is made of the idempotency key, and so the same on every try. 410: the address is gone for good."""

    kind = "webhook"
    description = "Posts JSON to an address: signed as Standard Webhooks, or as Alertmanager does."
    icon = "webhook"
    bundles = False
    SettingsForm: ClassVar[type[KindForm]] = WebhookForm

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.url: str = settings["url"]
        self.body: str = settings["body"]
        self.keys: list[str] = list(settings.get("secrets") or ())
        self.headers: dict[str, str] = {**(settings.get("headers") or {}), **(settings.get("secret_headers") or {})}
        self.hidden = (*self.keys, *(settings.get("secret_headers") or {}).values())

    async def send(self, envelope: Envelope) -> Sent:
        """Post once."""
        body = self.body_of(envelope)
        webhook_id, timestamp = message_id(envelope.key), int(envelope.now.timestamp())
        headers = {**self.headers, "webhook-id": webhook_id, "webhook-timestamp": str(timestamp)}
        if self.keys:
            headers["webhook-signature"] = signatures(self.keys, webhook_id, timestamp, body)
        request = json_request(
            self.url,
            body,
            headers=headers,
            secrets=self.hidden,
            verify_tls=self.settings.get("verify_tls", True),
            ca_pem=self.settings.get("ca_pem") or None,
        )
        answer = await ask(request, self.timeout_s)
        if isinstance(answer, Sent):
            return answer
        sent = judged(answer, envelope.now, self.hidden, webhook_id)
        return replace(sent, disable_channel=True) if answer.status == GONE else sent

    def body_of(self, envelope: Envelope) -> bytes:
        """The JSON, no larger than receivers of its form take."""

        def build(message: Message) -> dict[str, Any]:
            if self.body == ALERTMANAGER:
                return alertmanager_body(message, envelope.now)
            return standard_body(message, envelope)

        return fitted(envelope.message, MOST_BYTES[self.body], build)

    def endpoint(self, address: str) -> str:
        return f"{self.kind} {place_of(self.url)}"


def standard_body(message: Message, envelope: Envelope) -> dict[str, Any]:
    """`type`, `timestamp`, `data` as Standard Webhooks asks for."""
    return {
        "type": f"alert.{message.kind}",
        "timestamp": iso(envelope.now),
        "data": {"key": storable(envelope.key), **asdict(message)},
    }


def _own_headers(headers: dict[str, str]) -> dict[str, str]:
    if taken := sorted(name for name in headers if name.lower() in RESERVED):
        raise ValidationError(f"{', '.join(taken)}: set by the portal itself; leave it out.")
    for name, text in headers.items():
        if not text.isprintable() or not text.isascii():
            raise ValidationError(f"{name}: only printable ASCII can be sent in a header.")
    return headers
