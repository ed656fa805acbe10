"""Fallback channels, and what follows when nobody could be told."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError

from alerts.delivery import actions, failures, sweeping
from alerts.delivery.choices import State
from alerts.delivery.models import Channel, Delivery
from monitoring.events.models import Event
from tests.alerts.delivery.conftest import Senders
from tests.alerts.delivery.outbox_of import NOON, achannel, acontact, asend, channel, fresh
from tests.fakes.receiver import Receiver
from tests.fakes.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)
Fake = tuple[Receiver, str]
trouble = sync_to_async(sweeping.trouble)


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Keys of deliveries that a handler was told of."""
    keys: list[str] = []

    def handler(lost: Sequence[Delivery], now: datetime) -> None:
        keys.extend(one.key for one in lost)

    failures.on_failed(handler)
    yield keys
    failures._handlers.remove(handler)


async def test_what_hangs_is_told_by_the_fallback_within_15_seconds(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "busy"
    async with serving((other := Receiver()).application) as second:
        fallback = await achannel(second, "Second")
        sent = await asend(await achannel(url, fallback=fallback))
        outbox = await senders.make()
        seconds = 0
        while not other.taken:
            await senders.work(outbox)
            await trouble(senders.clock.now())
            seconds += 1
            senders.clock.forward(1)
        assert 10 <= seconds <= 15
    told = await Delivery.objects.aget(fallback_of=sent)
    assert (told.state, told.key) == (State.DELIVERED, f"{sent.key}/fallback1")
    assert told.why == "Fallback of Hook, which has not delivered it: slow down"


async def test_refused_for_good_falls_back_at_once(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    second = await achannel(url, "Second")
    sent = await asend(await achannel(url, fallback=second))
    await senders.work(await senders.make())
    await trouble(NOON)
    assert await Delivery.objects.filter(fallback_of=sent, channel=second).acount() == 1


async def test_an_open_circuit_falls_back_at_once(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "dead"
    second = await achannel(url, "Second", kind="people")
    hook = await achannel(url, fallback=second)
    for number in range(20):
        await asend(hook, f"Alert {number}")
    outbox = await senders.make()
    await senders.work(outbox)
    await asend(hook, "Late")
    await senders.work(outbox)
    await trouble(NOON)
    assert await Delivery.objects.filter(fallback_of__isnull=False).acount() == 21


async def test_what_was_delivered_in_time_needs_no_fallback(senders: Senders, receiver: Fake) -> None:
    _, url = receiver
    sent = await asend(await achannel(url, fallback=await achannel(url, "Second")))
    await senders.work(await senders.make())
    await trouble(senders.clock.forward(60))
    assert not await Delivery.objects.filter(fallback_of=sent).aexists()


async def test_a_throttle_is_no_reason_to_fall_back(senders: Senders, receiver: Fake) -> None:
    _, url = receiver
    otto = await acontact(await achannel(url, kind="people", fallback=await achannel(url, "Second")))
    outbox = await senders.make()
    await asend(otto, "A")
    await senders.work(outbox)
    held = await asend(otto, "B")
    await senders.work(outbox)
    await trouble(senders.clock.forward(30))
    assert (await fresh(held)).fallback_at == NOON + timedelta(seconds=70)
    assert not await Delivery.objects.filter(fallback_of__isnull=False).aexists()


async def test_the_same_person_is_told_on_the_fallback(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    second = await achannel(url, "Second", kind="people")
    first = await achannel(url, kind="people", fallback=second)
    otto, elsewhere = await acontact(first), await acontact(second, address="otto@elsewhere.example")
    sent = await asend(otto)
    await senders.work(await senders.make())
    await trouble(NOON)
    assert (await Delivery.objects.aget(fallback_of=sent)).contact_id == elsewhere.pk


async def test_when_every_way_has_failed_it_is_critical_and_the_next_tier_hears(
    senders: Senders, receiver: Fake, told: list[str]
) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    sent = await asend(await achannel(url, fallback=await achannel(url, "Second")))
    outbox = await senders.make()
    await senders.work(outbox)
    await trouble(NOON)
    assert told == []
    await senders.work(outbox)
    await trouble(NOON)
    assert told == [sent.key, f"{sent.key}/fallback1"]
    event = await Event.objects.aget(kind="alerts.delivery.failed")
    assert (event.severity, event.subject) == ("critical", sent.subject)


async def test_a_fallback_that_worked_is_no_failure(senders: Senders, receiver: Fake, told: list[str]) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    async with serving((other := Receiver()).application) as second:
        await asend(await achannel(url, fallback=await achannel(second, "Second")))
        outbox = await senders.make()
        for _ in range(3):
            await senders.work(outbox)
            await trouble(NOON)
        assert len(other.taken) == 1
    assert told == []


async def test_past_its_deadline_it_has_failed_and_says_why(senders: Senders, receiver: Fake, told: list[str]) -> None:
    fake, url = receiver
    fake.mode = "dead"
    sent = await asend(await achannel(url, give_up_after_s=60))
    outbox = await senders.make()
    await senders.work(outbox)
    await trouble(senders.clock.forward(60))
    now = await fresh(sent)
    assert (now.state, now.last_error) == (State.FAILED, "Not taken before its deadline: out of order")
    assert told == [sent.key]


async def test_a_failure_is_told_once(senders: Senders, receiver: Fake, told: list[str]) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    await asend(await achannel(url))
    await senders.work(await senders.make())
    for _ in range(3):
        await trouble(NOON)
    assert len(told) == 1


def test_a_circle_of_fallbacks_is_refused() -> None:
    first = channel("http://a.example", "First")
    second = channel("http://a.example", "Second", fallback=first)
    with pytest.raises(ValidationError, match=r"leads round in a circle \(First > Second > First\)"):
        actions.channel_save(channel=first, kind="post", name="First", fallback=second)


async def test_a_circle_made_behind_our_back_is_survived(senders: Senders, receiver: Fake, told: list[str]) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    first, second = await achannel(url, "First"), await achannel(url, "Second")
    await Channel.objects.filter(pk=first.pk).aupdate(fallback=second)
    await Channel.objects.filter(pk=second.pk).aupdate(fallback=first)
    await asend(await Channel.objects.aget(pk=first.pk))
    outbox = await senders.make()
    for _ in range(6):
        await senders.work(outbox)
        await trouble(NOON)
    assert await Delivery.objects.acount() == 2
    assert len(told) == len(set(told)) == 2
