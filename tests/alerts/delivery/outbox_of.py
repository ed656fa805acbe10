"""Channels, contacts and deliveries of tests, made by the room's own actions."""

from datetime import UTC, datetime
from typing import Any

from asgiref.sync import sync_to_async

from alerts.delivery import actions
from alerts.delivery.actions import Target
from alerts.delivery.messages import Message
from alerts.delivery.models import Channel, ContactMethod, Delivery
from security.access.models import User
from tests import people

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def channel(url: str, name: str = "Hook", kind: str = "post", **options: Any) -> Channel:
    return actions.channel_save(kind=kind, name=name, settings={"url": f"{url}/{name.lower()}"}, **options)


def contact(on: Channel, who: str = people.OTTO, address: str = "") -> ContactMethod:
    user = User.objects.filter(username=who).first() or people.person(who)
    return actions.contact_save(
        user=user, channel=on, name=f"{on.name} of {who}", address=address or f"{who}@example.org", verified_at=NOON
    )


def message(title: str = "Disk full", **fields: Any) -> Message:
    return Message(**({"kind": "firing", "title": title, "subject": f"incident:{title}", "thread": title} | fields))


def send(
    to: Channel | ContactMethod, title: str = "Disk full", *, at: datetime = NOON, key: str = "", **options: Any
) -> Delivery:
    """Put a message into the outbox at `at`."""
    target = Target(to) if isinstance(to, Channel) else Target(to.channel, to)
    fields = {name: options.pop(name) for name in ("kind", "subject", "text", "thread") if name in options}
    one = message(title, **fields)
    name = key or f"{one.subject}/{one.kind}/{target.name}"
    return actions.deliver(key=name, message=one, target=target, why="On call", now=at, **options)


achannel = sync_to_async(channel)
acontact = sync_to_async(contact)
asend = sync_to_async(send)


async def fresh(one: Delivery) -> Delivery:
    now: Delivery = await Delivery.objects.select_related("channel", "contact").aget(pk=one.pk)
    return now
