"""What tests of this room share: scripted kinds, a clock that is travelled, and senders whose turns the test takes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connections

from alerts.delivery.kinds import registry
from alerts.delivery.models import Attempt
from alerts.delivery.sending.sender import Outbox
from monitoring.checks.engine.clock import DatabaseClock
from opsportal import http, live
from opsportal.database import conninfo
from tests.alerts.delivery.outbox_of import NOON
from tests.fakes.receiver import Receiver
from tests.fakes.serving import serving

KINDS = {"post": "PostKind", "people": "PeopleKind", "sms": "SmsKind", "chat": "ChatKind"}


class Travelled(DatabaseClock):
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    async def adjust(self, database: Any) -> None:
        """Nothing to adjust to."""

    def forward(self, seconds: float) -> datetime:
        self.time += timedelta(seconds=seconds)
        return self.time


class Senders:
    """Makes senders that share the outbox and one clock."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.clock = Travelled()
        self.made: list[Outbox] = []

    async def make(self) -> Outbox:
        outbox = Outbox(self.text, asyncio.Event(), self.clock)
        await outbox.open()
        self.made.append(outbox)
        return outbox

    async def work(self, *outboxes: Outbox) -> None:
        """Take turns until nothing is left to do at this time."""
        for _ in range(200):
            before = await Attempt.objects.acount()
            pauses = await asyncio.gather(*(one.turn() for one in outboxes))
            began = any(one.running for one in outboxes)
            await asyncio.gather(*(one.idle() for one in outboxes))
            # What one of them began may be over before the turn of another one is.
            if not began and await Attempt.objects.acount() == before and min(pauses) > 0.01:
                return


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """The scripted kinds, and leave to post to this machine."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    known = {name: f"tests.fakes.channel_kinds.{cls}" for name, cls in KINDS.items()}
    monkeypatch.setattr(registry, "KINDS", registry.KINDS | known)
    monkeypatch.setattr(registry, "LABELS", registry.LABELS | {name: name.title() for name in known})
    registry.channel_kind.cache_clear()
    yield
    registry.channel_kind.cache_clear()


@pytest_asyncio.fixture
async def senders() -> AsyncIterator[Senders]:
    made = Senders(await sync_to_async(conninfo)())
    yield made
    for outbox in made.made:
        await outbox.shut()
    await http.aclose()
    await live.adisconnect()
    await sync_to_async(connections.close_all)()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """A receiver and its address."""
    fake = Receiver()
    async with serving(fake.application) as url:
        yield fake, url
