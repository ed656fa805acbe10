"""The sender as the alerter runs it: a thread, woken by PostgreSQL."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.utils import timezone

from alerts.delivery.choices import State
from alerts.delivery.models import Attempt, Delivery
from alerts.delivery.sending.sender import Sender
from opsportal.database import conninfo
from opsportal.sweeps import Listener
from tests.alerts.delivery.outbox_of import achannel, asend, fresh
from tests.fakes.channel_kinds import PostKind
from tests.fakes.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
Fake = tuple[Receiver, str]
PATIENCE_S = 20
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"


class Alerter:
    """A sender and its listener, as `manage.py alerter` puts them together."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.sender = Sender()
        self.listener = Listener(conninfo(application_name="listener of a test"), self.stopping)
        self.listener.on(self.sender.channel, self.sender.wake)
        self.thread = threading.Thread(target=self.listener.run, daemon=True)

    def start(self) -> None:
        self.thread.start()
        self.sender.start()

    def stop(self) -> None:
        self.stopping.set()
        self.sender.stop(within_s=3)


@pytest_asyncio.fixture
async def alerter() -> AsyncIterator[Alerter]:
    running = await sync_to_async(Alerter)()
    running.start()
    yield running
    await sync_to_async(running.stop)()
    await sync_to_async(_cut)("listener of a test")
    await asyncio.to_thread(running.thread.join, PATIENCE_S)
    await sync_to_async(connections.close_all)()


def _cut(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CUT, [name])


async def ended(sent: Delivery) -> Delivery:
    async with asyncio.timeout(PATIENCE_S):
        while (now := await fresh(sent)).state in (State.PENDING, State.SENDING):
            await asyncio.sleep(0.01)
    return now


async def send_now(url: Any, title: str) -> Delivery:
    return await asend(await achannel(url, title), title, at=timezone.now())


async def test_what_is_committed_is_sent_without_being_asked(alerter: Alerter, receiver: Fake) -> None:
    fake, url = receiver
    sent = await send_now(url, "Hook")
    assert (await ended(sent)).state == State.DELIVERED
    assert list(fake.keys) == [sent.key]


async def test_it_goes_on_after_postgresql_has_cut_its_connections(alerter: Alerter, receiver: Fake) -> None:
    _, url = receiver
    await ended(await send_now(url, "Before"))
    for name in ("opsportal sender", "listener of a test"):
        await sync_to_async(_cut)(name)
    assert (await ended(await send_now(url, "After"))).state == State.DELIVERED


async def test_a_stopped_sender_ends_in_time_and_gives_back(
    alerter: Alerter, receiver: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, url = receiver
    fake.mode = "hanging"
    monkeypatch.setattr(PostKind, "timeout_s", 600.0)
    sent = await send_now(url, "Hook")
    await asyncio.wait_for(fake.arrived.wait(), PATIENCE_S)
    await asyncio.to_thread(alerter.stop)
    now = await fresh(sent)
    assert not alerter.sender.thread.is_alive()
    assert (now.state, now.lease, await Attempt.objects.acount()) == (State.PENDING, None, 0)
