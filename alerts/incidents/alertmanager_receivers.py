"""The integrations of an Alertmanager receiver as channels of ours, as far as we have such a kind. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
MASK = "<secret>"  # what `amtool config show` writes for one
Row = Mapping[str, Any]
Note = tuple[str, str]
"""Where in the receiver, and what was not taken over."""


@dataclass(frozen=True, slots=True)
class Channel:
    """`kind` and `settings` as in alerts/delivery/kinds."""

    kind: str
    settings: Mapping[str, Json] = field(repr=False)  # may hold secrets
    send_resolved: bool


class _NotTakenError(Exception):
    """In words, why an integration is not taken over."""


def channels_of(receiver: Row, defaults: Row) -> tuple[list[Channel], list[Note]]:
    """The channels of a receiver, and what of it is left; `defaults` is the file's `global`."""
    channels: list[Channel] = []
    notes: list[Note] = []
    for name, rows in receiver.items():
        if name == "name":
            continue
        for number, row in enumerate(rows if isinstance(rows, list) else [rows]):
            place = f"{name}.{number}"
            try:
                channels.append(_channel(name, row if isinstance(row, Mapping) else {}, defaults))
                notes += [(f"{place}.{field}", "is not taken over.") for field in _left(name, row)]
            except _NotTakenError as error:
                notes.append((place, str(error)))
    return channels, notes


def _channel(name: str, row: Row, defaults: Row) -> Channel:
    if name not in _KINDS:
        raise _NotTakenError(
            f"there is no channel of this kind here ({name}); make one by hand, for example with apprise."
        )
    kind, maker, resolves = _KINDS[name][:3]
    sends = row.get("send_resolved")
    return Channel(kind, maker(row, defaults), sends if isinstance(sends, bool) else resolves)


def _left(name: str, row: Row) -> Iterator[str]:
    taken = {"send_resolved", *_KINDS[name][3]}
    yield from (str(field) for field in row if field not in taken)


def _secret(row: Row, field: str, what: str) -> str:
    """A value that must be there, in clear: not in a file of its own, not masked."""
    value = row.get(field)
    if value is None and f"{field}_file" in row:
        raise _NotTakenError(f"{what} stands in a file of its own; make the channel by hand.")
    if not value or value == MASK:
        raise _NotTakenError(f"{what} ({field}) is missing or masked; make the channel by hand.")
    return str(value)


def _slack(row: Row, defaults: Row) -> Row:
    both = {"api_url": defaults.get("slack_api_url"), **row}
    if "api_url_file" not in row and "slack_api_url_file" in defaults:
        both.setdefault("api_url_file", defaults["slack_api_url_file"])
    url = _secret(
        {name: value for name, value in both.items() if value is not None}, "api_url", "the webhook's address"
    )
    if "chat.postMessage" in url:
        raise _NotTakenError("it posts as a Slack app: make a channel of the kind slack, with its token.")
    return {"url": url}


def _webhook(row: Row, defaults: Row) -> Row:
    if "http_config" in row:
        raise _NotTakenError("it has a http_config (log-in, TLS, proxy): make the channel by hand.")
    return {"url": _secret(row, "url", "the address"), "body": "alertmanager"}


def _email(row: Row, defaults: Row) -> Row:
    smarthost = row.get("smarthost") or defaults.get("smtp_smarthost") or ""
    host, _, port = str(smarthost).rpartition(":")
    if not host:
        raise _NotTakenError("there is no smarthost, the mail server.")
    username = row.get("auth_username") or defaults.get("smtp_auth_username") or ""
    password = row.get("auth_password") or defaults.get("smtp_auth_password") or ""
    if username and (not password or password == MASK):
        raise _NotTakenError(
            "the password of the mail server is missing, masked or in a file of its own; make the channel by hand."
        )
    requires = row.get("require_tls", defaults.get("smtp_require_tls", True))
    return {
        "host": host,
        "port": int(port) if port.isdigit() else None,
        "security": "tls" if port == "465" else "starttls" if requires else "none",
        "username": username,
        "password": password,
        "from_address": str(row.get("from") or defaults.get("smtp_from") or ""),
        "to": _secret(row, "to", "the addressee"),
        "helo_name": str(row.get("hello") or defaults.get("smtp_hello") or ""),
    }


def _pagerduty(row: Row, defaults: Row) -> Row:
    if "service_key" in row or "service_key_file" in row:
        raise _NotTakenError(
            "it has a key of the Events API v1; make an integration of Events API v2 and a channel with its key."
        )
    return {"routing_key": _secret(row, "routing_key", "the integration key")}


def _telegram(row: Row, defaults: Row) -> Row:
    return {"token": _secret(row, "bot_token", "the bot's token"), "chat_id": str(row.get("chat_id") or "")}


def _posted_to(row: Row, defaults: Row) -> Row:
    return {"url": _secret(row, "webhook_url", "the webhook's address")}


_Maker = Callable[[Row, Row], Row]
_KINDS: Mapping[str, tuple[str, _Maker, bool, tuple[str, ...]]] = {
    # name: kind, settings, whether resolves are sent unless it says otherwise, fields taken over
    "slack_configs": ("slack_webhook", _slack, False, ("api_url",)),
    "webhook_configs": ("webhook", _webhook, True, ("url",)),
    "email_configs": (
        "email",
        _email,
        False,
        ("smarthost", "auth_username", "auth_password", "require_tls", "from", "to", "hello"),
    ),
    "pagerduty_configs": ("pagerduty", _pagerduty, True, ("routing_key",)),
    "telegram_configs": ("telegram", _telegram, True, ("bot_token", "chat_id")),
    "discord_configs": ("discord", _posted_to, True, ("webhook_url",)),
    "msteamsv2_configs": ("teams", _posted_to, True, ("webhook_url",)),
}
