"""Every kind, with messages made at random, against the strict fake of its service: none is rejected, and no text is lost without a mark.

`CHANNEL_FUZZ=10000` sends so many to each kind.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from html import unescape
from typing import Any

import pytest
from aiohttp import web

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind
from alerts.delivery.kinds.registry import KINDS, channel_kind
from alerts.delivery.messages import Message
from alerts.delivery.rendering.cleaning import clean, storable
from tests.alerts.delivery.kinds.fuzzed import fuzzed
from tests.alerts.delivery.messages import NOW, envelope, kind_with
from tests.fakes import discord, ntfy, pagerduty, slack, teams, telegram, twilio
from tests.fakes.serving import serving
from tests.fakes.smtp import FakeSmtp, smtp_server
from tests.fakes.webhook import FakeWebhook

COUNT = int(os.environ.get("CHANNEL_FUZZ", "50"))
MARK = re.compile(r"(?:…|\.\.\.)\(cut,[\d,]+more\w+\)|leftout")
KEY_ONLY = {"resolved", "acknowledged"}  # PagerDuty takes no text with these
SHORT_MARKS = ("…", "...")
Fake = Any


@dataclass(frozen=True)
class Case:
    """How a kind is set up at the fake's address, and what of a message its reader then sees."""

    fake: Callable[[], Fake]
    settings: Callable[[str], dict[str, Any]]
    shown: Callable[[Any], str]
    api: Callable[[str], str] | None = None
    raw: bool = False  # whether values come as they were, not cleaned for people
    summary: bool = False  # whether only title and text are told
    alerts_only: bool = False  # whether the form has no place for anything but alerts


class FakeJson:
    """What apprise's plugin for JSON posts to."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.rejected: list[str] = []

    def application(self) -> web.Application:
        async def take(request: web.Request) -> web.Response:
            self.kept.append(await request.json())
            return web.Response()

        application = web.Application(client_max_size=4_000_000)
        application.router.add_post("/{path:.*}", take)
        return application


def strings(part: Any) -> Iterator[str]:
    """Every string in JSON, names too."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for name, inner in part.items():
            yield name
            yield from strings(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from strings(inner)


def joined(part: Any) -> str:
    return "\n".join(strings(part))


def unquoted(part: Any) -> str:
    """Without the backslashes that keep Markdown quiet."""
    return re.sub(r"\\([\\*_~`|>#\[\]()<-])", r"\1", joined(part))


def of_mail(mail: Any) -> str:
    text, html = (one.get_content() for one in mail.iter_parts())
    return f"{mail['Subject']}\n{text}\n{unescape(re.sub(r'<[^>]*>', '', html))}"


CASES = {
    "email": Case(FakeSmtp, lambda url: {}, of_mail),
    "slack_webhook": Case(slack.FakeSlack, lambda url: {"url": url + slack.PATH}, lambda said: unescape(joined(said))),
    "slack": Case(
        slack.FakeSlack,
        lambda url: {"token": slack.TOKEN, "signing_secret": slack.SIGNING_SECRET, "channel": "C024BE91L"},
        lambda said: unescape(joined(said)),
        api=lambda url: f"{url}/api",
    ),
    "sms": Case(
        twilio.FakeTwilio,
        lambda url: {
            "account_sid": twilio.ACCOUNT,
            "auth_token": twilio.TOKEN,
            "from_number": twilio.NUMBER,
            "to": "+436601234567",
        },
        lambda said: said["Body"],
        api=str,
        summary=True,
    ),
    "pagerduty": Case(pagerduty.FakePagerDuty, lambda url: {"routing_key": pagerduty.ROUTING_KEY}, joined, api=str),
    "webhook": Case(lambda: FakeWebhook(NOW), lambda url: {"url": url}, joined, raw=True),
    "webhook alertmanager": Case(
        lambda: FakeWebhook(NOW, form="alertmanager"),
        lambda url: {"url": url, "body": "alertmanager"},
        joined,
        raw=True,
        alerts_only=True,
    ),
    "teams": Case(teams.FakeTeams, lambda url: {"url": f"{url}{teams.PATH}?{teams.QUERY}"}, unquoted),
    "discord": Case(discord.FakeDiscord, lambda url: {"url": url + discord.PATH}, unquoted),
    "telegram": Case(
        telegram.FakeTelegram,
        lambda url: {"token": telegram.TOKEN, "chat_id": "123456789"},
        lambda said: said["text"].replace("\u2060", ""),
        api=str,
    ),
    "ntfy": Case(ntfy.FakeNtfy, lambda url: {"url": url, "token": ntfy.TOKEN, "topic": "ops"}, joined),
    "apprise": Case(FakeJson, lambda url: {"url": url.replace("http://", "json://")}, joined),
}


def test_every_kind_is_tried() -> None:
    assert {name.partition(" ")[0] for name in CASES} == set(KINDS)


@pytest.mark.timeout(120 if COUNT <= 100 else 0)
@pytest.mark.parametrize("name", CASES)
async def test_nothing_is_rejected_and_nothing_is_lost_without_a_mark(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, fake, marked = CASES[name], CASES[name].fake(), 0
    async with AsyncExitStack() as stack:
        kind = await set_up(name.partition(" ")[0], case, fake, stack, monkeypatch)
        for seed in range(COUNT):
            told = fuzzed(seed)
            sent = await kind.send(envelope(told, key=f"fuzz/{seed}", code="7"))
            assert (sent.outcome, fake.rejected) == (Outcome.DELIVERED, []), f"seed {seed}: {sent.answer}"
            said = bare(case.shown(fake.kept[0]))
            marked += bool(MARK.search(said))
            if not (name == "pagerduty" and told.kind in KEY_ONLY):
                assert lost(told, said, case) == [], f"seed {seed}"
            fake.kept.clear()
    assert marked, "nothing was long enough to be cut"


async def set_up(
    kind: str, case: Case, fake: Fake, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch
) -> ChannelKind:
    if isinstance(fake, FakeSmtp):
        await stack.enter_async_context(smtp_server(fake))
        place = {"host": "127.0.0.1", "port": fake.port, "security": "none", "to": "ada@example.org"}
        return kind_with(kind, from_address="Ops <ops@example.org>", **place)
    url = await stack.enter_async_context(serving(fake.application()))
    if case.api:
        monkeypatch.setattr(channel_kind(kind), "api_url", case.api(url))
    return kind_with(kind, **case.settings(url))


def lost(told: Message, said: str, case: Case) -> list[str]:
    """What of a message is not in what its reader sees, though nothing there says that something was cut."""
    ready = storable if case.raw else clean
    if MARK.search(said):
        begins = bare(ready(told.title))[:40]
        return [] if begins in said or case.alerts_only else [told.title]
    missing = [value for value in expected(told, case) if bare(ready(value)) not in said]
    return [value for value in missing if not (value == told.title and any(mark in said for mark in SHORT_MARKS))]


def expected(told: Message, case: Case) -> Iterator[str]:
    """Every text that the reader is owed."""
    if not (case.alerts_only and told.alerts):
        yield from (told.title, told.text)
    if case.summary:
        return
    if not case.alerts_only:
        yield from (text for pair in told.facts.items() for text in pair)
    for alert in told.alerts:
        for pair in (*alert.labels.items(), *alert.annotations.items()):
            yield from (text for text in pair if text != "alertname")


def bare(text: str) -> str:
    """Without blanks, which lines and cells are made of."""
    return "".join(text.split())
