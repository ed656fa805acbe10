"""The kinds of channels, by name. A new kind costs one file, one line here, one test file and one page in docs/channels/."""

from functools import cache

from alerts.delivery.kinds.base import ChannelKind
from opsportal.kinds import kind_class

KINDS = {
    "email": "alerts.delivery.kinds.email.EmailKind",
    "slack": "alerts.delivery.kinds.slack.SlackKind",
    "slack_webhook": "alerts.delivery.kinds.slack_webhook.SlackWebhookKind",
    "sms": "alerts.delivery.kinds.sms.SmsKind",
    "pagerduty": "alerts.delivery.kinds.pagerduty.PagerDutyKind",
    "webhook": "alerts.delivery.kinds.webhook.WebhookKind",
    "teams": "alerts.delivery.kinds.teams.TeamsKind",
    "discord": "alerts.delivery.kinds.discord.DiscordKind",
    "telegram": "alerts.delivery.kinds.telegram.TelegramKind",
    "ntfy": "alerts.delivery.kinds.ntfy.NtfyKind",
    "apprise": "alerts.delivery.kinds.apprise.AppriseKind",
}
LABELS = {
    "email": "E-mail",
    "slack": "Slack app",
    "slack_webhook": "Slack incoming webhook",
    "sms": "SMS (Twilio)",
    "pagerduty": "PagerDuty",
    "webhook": "Webhook",
    "teams": "Microsoft Teams",
    "discord": "Discord",
    "telegram": "Telegram",
    "ntfy": "ntfy",
    "apprise": "Another service (apprise)",
}


@cache
def channel_kind(kind: str) -> type[ChannelKind]:
    """The class of a kind, imported on first use. Raises UnknownKindError; an import fault names the registry entry."""
    found: type[ChannelKind] = kind_class(KINDS, kind)
    return found


def kind_choices() -> list[tuple[str, str]]:
    """Choices of `Channel.kind`. A callable, so that a new kind needs no migration."""
    return list(LABELS.items())
