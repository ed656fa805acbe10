"""A channel of every kind, stored with its secrets sealed, and built again as it was entered."""

from typing import Any

import pytest

from alerts.delivery.actions import channel_save
from alerts.delivery.configuration import built
from alerts.delivery.kinds.registry import KINDS, channel_kind
from opsportal.kinds import clean_settings
from tests.fakes import discord, ntfy, pagerduty, slack, telegram, twilio

WHSEC = "whsec_" + "b2xk" * 8
ENTERED: dict[str, dict[str, Any]] = {
    "email": {
        "host": "mail.example",
        "from_address": "Ops <ops@example.org>",
        "username": "ops",
        "password": "pw-of-ops",
    },
    "slack": {"token": slack.TOKEN, "signing_secret": slack.SIGNING_SECRET, "channel": "C024BE91L"},
    "slack_webhook": {"url": f"https://hooks.slack.com{slack.PATH}"},
    "sms": {"account_sid": twilio.ACCOUNT, "auth_token": twilio.TOKEN, "from_number": "+43 660 1234567"},
    "pagerduty": {"routing_key": pagerduty.ROUTING_KEY},
    "webhook": {
        "url": "https://example.org/",
        "secrets": f"{WHSEC}\n{WHSEC}",
        "secret_headers": "X-Token: s3cr3t-token",
    },
    "teams": {"url": "https://prod.logic.azure.com/workflows/1?sig=s1gnature"},
    "discord": {"url": f"https://discord.com{discord.PATH}"},
    "telegram": {"token": telegram.TOKEN, "chat_id": "-1001234567890"},
    "ntfy": {"topic": "ops", "token": ntfy.TOKEN},
    "apprise": {"url": "pover://u" + "a" * 29 + "@a" + "b" * 29},
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_channel_is_built_as_it_was_entered(kind: str) -> None:
    form = channel_kind(kind).SettingsForm
    channel = channel_save(kind=kind, name=f"A {kind}", settings=ENTERED[kind])
    assert not form.secret_fields & set(channel.settings)
    assert dict(built(channel).settings) == clean_settings(form, ENTERED[kind])


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_endpoint_tells_no_secret(kind: str) -> None:
    form = channel_kind(kind).SettingsForm
    settings = clean_settings(form, ENTERED[kind])
    endpoint = channel_kind(kind)(settings).endpoint("")
    secrets = [str(settings[name]) for name in form.secret_fields if settings.get(name)]
    assert endpoint.startswith(kind)
    assert not [secret for secret in secrets if secret in endpoint or secret.rpartition("/")[2] in endpoint]
