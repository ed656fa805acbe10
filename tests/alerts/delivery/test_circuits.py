"""Circuits as senders share them."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from asgiref.sync import sync_to_async

from alerts.delivery import actions, turns
from alerts.delivery.choices import CircuitState, State
from alerts.delivery.held import CIRCUIT
from alerts.delivery.models import Channel, Circuit, Delivery
from monitoring.events.models import Event
from tests.alerts.delivery.conftest import Senders
from tests.alerts.delivery.outbox_of import NOON, achannel, asend, fresh
from tests.fakes.receiver import Receiver
from tests.fakes.serving import serving

pytestmark = pytest.mark.django_db(transaction=True)
Fake = tuple[Receiver, str]


async def dead_with(receiver: Fake, senders: Senders, count: int) -> list[Delivery]:
    """An endpoint that does not work, and so many messages for it, tried at noon."""
    fake, url = receiver
    fake.mode = "dead"
    hook = await achannel(url)
    sent = [await asend(hook, f"Alert {number}") for number in range(count)]
    await senders.work(await senders.make())
    return sent


async def test_a_dead_endpoint_opens_its_circuit_and_everything_waits(senders: Senders, receiver: Fake) -> None:
    await dead_with(receiver, senders, 30)
    circuit = await Circuit.objects.aget()
    assert circuit.state == CircuitState.OPEN
    assert circuit.next_probe_at == NOON + timedelta(seconds=2)
    waiting = Delivery.objects.filter(state=State.PENDING, held_by=CIRCUIT, next_attempt_at=circuit.next_probe_at)
    assert await waiting.acount() == 30
    assert await Event.objects.filter(kind="alerts.channel.open").acount() == 1


async def test_at_most_20_requests_reach_a_dead_endpoint_in_20_seconds(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "dead"
    hook = await achannel(url)
    for number in range(100):
        await asend(hook, f"Alert {number}")
    both = [await senders.make(), await senders.make()]
    for _ in range(200):
        await senders.work(*both)
        senders.clock.forward(0.1)
    assert 5 <= len(fake.requests) <= 20


async def test_all_senders_share_one_probe(senders: Senders, receiver: Fake) -> None:
    await dead_with(receiver, senders, 20)
    fake = receiver[0]
    before = len(fake.requests)
    senders.clock.forward(2)
    await senders.work(await senders.make(), await senders.make())
    assert len(fake.requests) == before + 1


async def test_after_recovery_everything_still_due_is_sent_once(senders: Senders, receiver: Fake) -> None:
    sent = await dead_with(receiver, senders, 30)
    fake = receiver[0]
    fake.mode = "well"
    senders.clock.forward(2)
    await senders.work(senders.made[0], await senders.make())
    assert sorted(fake.keys) == sorted(one.key for one in sent)
    assert set(fake.keys.values()) == {1}
    assert (await Circuit.objects.aget()).state == CircuitState.CLOSED
    assert await Event.objects.filter(kind="alerts.channel.closed").acount() == 1


async def test_what_another_sender_just_looks_at_goes_on_too(senders: Senders, receiver: Fake) -> None:
    await dead_with(receiver, senders, 6)
    fake = receiver[0]
    fake.mode, fake.delay_s = "well", 0.1
    fake.arrived.clear()
    senders.clock.forward(2)
    working = asyncio.create_task(senders.work(senders.made[0]))
    await fake.arrived.wait()  # the probe; all others wait for it
    async with await psycopg.AsyncConnection.connect(senders.text) as looking:
        await looking.execute("SELECT id FROM delivery_delivery WHERE state = 'pending' LIMIT 3 FOR UPDATE")
        while not fake.taken:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # the answer is being written, and what waits is let go
        await looking.rollback()
    await working
    assert len(fake.keys) == 6


async def test_it_is_normal_again_within_10_seconds_of_recovery(senders: Senders, receiver: Fake) -> None:
    sent = await dead_with(receiver, senders, 12)
    for _ in range(60):
        senders.clock.forward(0.5)
        await senders.work(senders.made[0])
    receiver[0].mode = "well"
    for _ in range(20):
        senders.clock.forward(0.5)
        await senders.work(senders.made[0])
    assert sorted(receiver[0].keys) == sorted(one.key for one in sent)


async def test_what_comes_while_it_is_open_waits_too(senders: Senders, receiver: Fake) -> None:
    await dead_with(receiver, senders, 6)
    before = len(receiver[0].requests)
    late = await asend(await Channel.objects.aget(), "Late")
    await senders.work(senders.made[0])
    now = await fresh(late)
    assert (now.held_by, now.next_attempt_at) == (CIRCUIT, NOON + timedelta(seconds=2))
    assert len(receiver[0].requests) == before


async def test_a_message_at_fault_is_no_fault_of_the_endpoint(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    hook = await achannel(url)
    for number in range(10):
        await asend(hook, f"Alert {number}")
    await senders.work(await senders.make())
    assert [one.state async for one in Circuit.objects.all()] == [CircuitState.CLOSED]


async def test_a_reset_sends_what_waits_at_once(senders: Senders, receiver: Fake) -> None:
    sent = await dead_with(receiver, senders, 10)
    receiver[0].mode = "well"
    await sync_to_async(actions.circuit_reset)(circuit=await Circuit.objects.aget(), now=NOON)
    await senders.work(senders.made[0])
    assert len(receiver[0].keys) == len(sent)
    assert await Event.objects.filter(kind="alerts.circuit.reset").acount() == 1


async def test_a_probe_that_hangs_ends_in_time(senders: Senders, receiver: Fake) -> None:
    await dead_with(receiver, senders, 6)
    receiver[0].mode = "hanging"
    senders.clock.forward(2)
    await senders.work(senders.made[0])
    assert (await Circuit.objects.aget()).next_probe_at == NOON + timedelta(seconds=6)


async def test_no_more_than_8_are_under_way_to_one_endpoint_of_all_senders(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.delay_s = 0.05
    hook = await achannel(url)
    for number in range(40):
        await asend(hook, f"Alert {number}")
    await senders.work(await senders.make(), await senders.make())
    assert fake.most_at_once == turns.AT_ONCE
    assert len(fake.keys) == 40


async def test_a_hanging_channel_takes_no_slot_of_another(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    hanging = Receiver(mode="hanging")
    async with serving(hanging.application) as dead_url:
        stuck, well = await achannel(dead_url, "Stuck"), await achannel(url, "Well")
        for number in range(50):
            await asend(stuck, f"Stuck {number}")
        outbox = await senders.make()
        await outbox.turn()
        await asyncio.wait_for(hanging.arrived.wait(), 5)
        for number in range(50):
            await asend(well, f"Well {number}")
        while len(fake.keys) < 50:
            await outbox.turn()
            await asyncio.sleep(0.001)
        assert hanging.most_at_once <= turns.AT_ONCE
        assert not hanging.taken
        await outbox.idle()
