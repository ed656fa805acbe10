"""How the sender takes what is due and marks what came of it."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async

from alerts.delivery import actions, sweeping
from alerts.delivery.choices import Outcome, State
from alerts.delivery.models import Attempt, Channel, Delivery
from monitoring.events.models import Event
from tests.alerts.delivery.conftest import Senders
from tests.alerts.delivery.outbox_of import NOON, achannel, acontact, asend, fresh
from tests.fakes.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
Fake = tuple[Receiver, str]


async def test_what_is_due_is_sent_once_and_marked(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    sent = await asend(await achannel(url), "Disk full")
    await senders.work(await senders.make())
    now = await fresh(sent)
    assert [(one["key"], one["title"]) for one in fake.taken] == [(sent.key, "Disk full")]
    assert (now.state, now.finished_at, now.provider_ref) == (State.DELIVERED, NOON, f"ref-{sent.key}")


async def test_each_try_is_a_row_with_its_answer(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "dead"
    sent = await asend(await achannel(url))
    outbox = await senders.make()
    await senders.work(outbox)
    fake.mode = "well"
    senders.clock.forward(5)
    await senders.work(outbox)
    rows = [
        (one.number, one.outcome, one.status_code, one.answer) async for one in Attempt.objects.filter(delivery=sent)
    ]
    assert rows == [(1, Outcome.RETRY, 500, "out of order"), (2, Outcome.DELIVERED, 200, "ok")]


async def test_what_is_not_due_yet_waits(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    await asend(await achannel(url), not_before=NOON + timedelta(seconds=30))
    outbox = await senders.make()
    await senders.work(outbox)
    assert fake.taken == []
    senders.clock.forward(30)
    await senders.work(outbox)
    assert len(fake.taken) == 1


async def test_two_senders_never_send_the_same(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    hook = await achannel(url)
    for number in range(40):
        await asend(hook, f"Alert {number}")
    await senders.work(await senders.make(), await senders.make())
    assert len(fake.keys) == 40
    assert set(fake.keys.values()) == {1}


async def test_refused_for_good_is_not_tried_again(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    sent = await asend(await achannel(url))
    outbox = await senders.make()
    await senders.work(outbox)
    senders.clock.forward(100)
    await senders.work(outbox)
    assert len(fake.requests) == 1
    assert (await fresh(sent)).state == State.FAILED


async def test_an_answer_is_kept_without_its_secrets(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "refusing"
    sent = await asend(await achannel(url))
    await senders.work(await senders.make())
    attempt = await Attempt.objects.aget(delivery=sent)
    assert "s3cr3t" not in attempt.answer
    assert "s3cr3t" not in (await fresh(sent)).last_error


async def test_retry_after_is_honoured(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "busy"
    sent = await asend(await achannel(url))
    await senders.work(await senders.make())
    assert (await fresh(sent)).next_attempt_at == NOON + timedelta(seconds=30)


async def test_no_try_is_planned_past_the_deadline(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "busy"
    sent = await asend(await achannel(url, give_up_after_s=20))
    await senders.work(await senders.make())
    assert (await fresh(sent)).state == State.FAILED


async def test_a_crash_repeats_with_the_same_key(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "hanging"
    sent = await asend(await achannel(url))
    dying = await senders.make()
    await dying.turn()
    await asyncio.wait_for(fake.arrived.wait(), 5)
    for task in list(dying.running):  # as a kill would leave it: taken, and nothing written
        task.cancel()
    await dying.idle()
    fake.mode = "well"
    now = senders.clock.forward(10)
    await sync_to_async(sweeping.leases)(now)
    await senders.work(await senders.make())
    assert [key for _, key in fake.requests] == [sent.key, sent.key]
    assert (await fresh(sent)).state == State.DELIVERED
    assert "ended in the midst" in (await Attempt.objects.aget(delivery=sent, number=1)).answer


async def test_a_lease_that_lasts_is_left_alone(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "hanging"
    sent = await asend(await achannel(url))
    outbox = await senders.make()
    await outbox.turn()
    await sync_to_async(sweeping.leases)(senders.clock.forward(2))
    assert (await fresh(sent)).state == State.SENDING
    await outbox.idle()


async def test_a_stopped_sender_gives_back_what_it_could_not_finish(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "hanging"
    sent = await asend(await achannel(url))
    outbox = await senders.make()
    await outbox.turn()
    await asyncio.wait_for(fake.arrived.wait(), 5)
    await outbox.close(within_s=0.1)
    now = await fresh(sent)
    assert (now.state, now.lease, now.next_attempt_at) == (State.PENDING, None, NOON)


async def test_what_is_cancelled_under_way_is_not_tried_again(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "hanging"
    sent = await asend(await achannel(url))
    outbox = await senders.make()
    await outbox.turn()
    await sync_to_async(actions.deliveries_cancel)(
        subject=sent.subject, kinds=["firing"], now=NOON, reason="Acknowledged"
    )
    await outbox.idle()
    now = await fresh(sent)
    assert (now.state, now.ended_why) == (State.CANCELLED, "Acknowledged")


async def test_a_resolve_waits_for_what_it_resolves(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    hook = await achannel(url)
    await asend(hook, "Disk full", kind="firing")
    resolve = await asend(hook, "Disk full", kind="resolved")
    outbox = await senders.make()
    await outbox.turn()
    assert (await fresh(resolve)).state == State.PENDING
    await outbox.idle()
    await senders.work(outbox)
    assert [one["kind"] for one in fake.taken] == ["firing", "resolved"]


async def test_nothing_is_sent_to_who_answered_stop(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    otto = await acontact(await achannel(url, kind="people"))
    otto.stopped_at = NOON
    await otto.asave()
    sent = await asend(otto)
    await senders.work(await senders.make())
    now = await fresh(sent)
    assert (now.state, fake.requests) == (State.FAILED, [])
    assert now.last_error.startswith("They answered STOP")


async def test_a_channel_that_is_off_fails_at_once(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    sent = await asend(await achannel(url, enabled=False))
    await senders.work(await senders.make())
    assert ((await fresh(sent)).last_error, fake.requests) == ("The channel is switched off.", [])


async def test_a_receiver_that_is_gone_switches_its_channel_off(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    fake.mode = "gone"
    hook = await achannel(url)
    await asend(hook)
    await senders.work(await senders.make())
    assert not (await Channel.objects.aget(pk=hook.pk)).enabled
    assert await Event.objects.filter(kind="alerts.channel.disabled").acount() == 1


async def test_a_secret_that_cannot_be_opened_is_waited_for(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    hook = await achannel(url)
    sent = await asend(hook)
    await Channel.objects.filter(pk=hook.pk).aupdate(sealed_secrets="broken")
    await senders.work(await senders.make())
    now = await fresh(sent)
    assert (now.state, fake.requests) == (State.PENDING, [])
    assert "cannot be opened" in now.last_error


async def test_the_first_of_an_incident_goes_before_older_ones(senders: Senders, receiver: Fake) -> None:
    fake, url = receiver
    hook = await achannel(url)
    for number in range(20):
        await asend(hook, f"Old {number}", at=NOON - timedelta(seconds=60 - number))
    await asend(hook, "Urgent", urgency="high")
    await asend(hook, "First", is_first=True)
    await senders.work(await senders.make())
    assert {one["title"] for one in fake.taken[:8]} >= {"First", "Urgent"}


async def test_300_alerts_of_one_service_do_not_delay_another_services_first_page(
    senders: Senders, receiver: Fake
) -> None:
    fake, url = receiver
    hook = await achannel(url)
    for number in range(300):
        await asend(hook, f"Noise {number}", fair_key="loud", at=NOON - timedelta(seconds=1))
    await asend(hook, "Quiet one", fair_key="quiet")
    await senders.work(await senders.make())
    place = [one["title"] for one in fake.taken].index("Quiet one")
    assert place < 8
    assert await Delivery.objects.filter(state=State.DELIVERED).acount() == 301
