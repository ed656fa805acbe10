"""Throttles and bundles, as senders share them."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from alerts.delivery import actions
from alerts.delivery.choices import State
from alerts.delivery.models import Delivery
from tests import people
from tests.alerts.delivery.conftest import Senders
from tests.alerts.delivery.outbox_of import NOON, achannel, acontact, asend, fresh
from tests.fakes.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
Fake = tuple[Receiver, str]


async def test_one_a_minute_for_one_contact_and_the_rest_is_bundled(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    otto = await acontact(await achannel(url, kind="people"))
    outbox = await senders.make()
    await asend(otto, "A")
    await senders.work(outbox)
    held = [await asend(otto, title) for title in ("B", "C", "D")]
    await senders.work(outbox)
    assert [one["title"] for one in fake.taken] == ["A"]
    assert (await fresh(held[0])).held_by == "1 a minute for one contact"
    senders.clock.forward(60)
    await senders.work(outbox)
    assert [one["title"] for one in fake.taken] == ["A", "B (+2 more)"]
    assert "2 more alerts:\n- Firing: C\n- Firing: D" in fake.taken[1]["text"]
    assert [(await fresh(one)).state for one in held] == [State.DELIVERED, State.BUNDLED, State.BUNDLED]


async def test_a_resolve_of_what_is_held_back_is_merged_in(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    otto = await acontact(await achannel(url, kind="people"))
    outbox = await senders.make()
    for title, kind in (("A", "firing"), ("B", "firing"), ("C", "firing"), ("C", "resolved")):
        await asend(otto, title, kind=kind)
        await senders.work(outbox)
    senders.clock.forward(60)
    await senders.work(outbox)
    assert [one["title"] for one in fake.taken] == ["A", "B (+1 more)"]
    assert "- Resolved: C" in fake.taken[1]["text"]


async def test_five_sms_in_a_quarter_of_an_hour(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    otto = await acontact(await achannel(url, kind="sms"))
    outbox = await senders.make()
    for minute in range(14):
        await asend(otto, f"Alert {minute}", at=senders.clock.now())
        await senders.work(outbox)
        senders.clock.forward(60)
    assert len(fake.taken) == 5
    senders.clock.forward(60)
    await senders.work(outbox)
    told = await Delivery.objects.filter(state__in=[State.DELIVERED, State.BUNDLED]).acount()
    assert (len(fake.taken), told) == (6, 14)


async def test_two_senders_at_once_keep_one_limit(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    people_channel = await achannel(url, kind="sms")
    everybody = [await acontact(people_channel, who) for who in (people.OTTO, people.VERA, people.ADA, people.MALLORY)]
    for number in range(6):
        for one in everybody:
            await asend(one, f"Alert {number}")
    await senders.work(await senders.make(), await senders.make(), await senders.make())
    assert sorted(one["to"] for one in fake.taken) == sorted(one.address for one in everybody)
    assert await Delivery.objects.filter(state=State.BUNDLED).acount() == 20


async def test_one_a_second_for_a_channel_that_demands_it(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    chat = await achannel(url, kind="chat")
    outboxes = [await senders.make(), await senders.make()]
    for number in range(3):
        await asend(chat, f"Alert {number}")
    counts = []
    for _ in range(3):
        await senders.work(*outboxes)
        counts.append(len(fake.taken))
        senders.clock.forward(1)
    assert counts == [1, 2, 3]


async def test_the_first_of_another_incident_waits_no_longer_than_its_rule_says(
    senders: Senders, receiver: Fake
) -> None:
    fake, url = receiver
    otto = await acontact(await achannel(url, kind="people"))
    outbox = await senders.make()
    await asend(otto, "A")
    await senders.work(outbox)
    for number in range(5):
        await asend(otto, f"Noise {number}")
    page = await asend(otto, "Page", is_first=True, urgency="high")
    await senders.work(outbox)
    assert (await fresh(page)).next_attempt_at == NOON + timedelta(seconds=60)
    senders.clock.forward(60)
    await senders.work(outbox)
    assert fake.taken[1]["title"] == "Page (+5 more)"


async def test_a_bundle_that_fails_sets_its_parts_free(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    otto = await acontact(await achannel(url, kind="people"))
    parts = [await asend(otto, title) for title in ("A", "B")]
    outbox = await senders.make()
    await senders.work(outbox)
    fake.mode = "well"
    senders.clock.forward(60)
    await senders.work(outbox)
    assert [(await fresh(one)).state for one in parts] == [State.FAILED, State.DELIVERED]


async def test_a_cancelled_bundle_sets_its_parts_free(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "dead"
    otto = await acontact(await achannel(url, kind="people"))
    head, part = await asend(otto, "A"), await asend(otto, "B")
    outbox = await senders.make()
    await senders.work(outbox)
    assert (await fresh(part)).state == State.BUNDLED
    await sync_to_async(actions.deliveries_cancel)(subject=head.subject, kinds=["firing"], now=NOON)
    fake.mode = "well"
    senders.clock.forward(60)
    await senders.work(outbox)
    assert [one["title"] for one in fake.taken] == ["B"]


async def test_a_cancelled_part_is_left_out_of_the_next_try(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "dead"
    otto = await acontact(await achannel(url, kind="people"))
    _, part = await asend(otto, "A"), await asend(otto, "B")
    outbox = await senders.make()
    await senders.work(outbox)
    assert await sync_to_async(actions.deliveries_cancel)(subject=part.subject, kinds=["firing"], now=NOON) == 1
    fake.mode = "well"
    senders.clock.forward(5)
    await senders.work(outbox)
    assert [one["title"] for one in fake.taken] == ["A"]


async def test_a_try_again_is_not_counted_twice(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "dead"
    otto = await acontact(await achannel(url, kind="people"))
    sent = await asend(otto, "A")
    outbox = await senders.make()
    await senders.work(outbox)
    fake.mode = "well"
    senders.clock.forward(2)
    await senders.work(outbox)
    assert (await fresh(sent)).state == State.DELIVERED
