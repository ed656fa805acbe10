"""Writes of channels."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import uuid4

from asgiref.sync import async_to_sync
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from alerts.delivery.choices import MessageKind, Outcome, State
from alerts.delivery.configuration import channel_settings, kind_of
from alerts.delivery.kinds.base import ChannelKind, Envelope, Sent
from alerts.delivery.kinds.registry import channel_kind
from alerts.delivery.messages import Message
from alerts.delivery.models import Channel, ContactMethod, Delivery
from alerts.delivery.sending.loading import texts
from alerts.delivery.wakeup import OUTBOX, TROUBLE
from monitoring.events.announcing import announce
from opsportal import http
from opsportal.crypto import SealBrokenError
from opsportal.http import scrub
from opsportal.kinds import UnknownKindError, clean_settings
from opsportal.sealed_settings import clean_parts, opened, refuse_elsewhere, seal_secrets
from opsportal.sweeps import wake
from opsportal.writing import Person, assign, by_field, free_slug, validate


class ChannelOptions(TypedDict, total=False):
    """What may be left out: as it was, or its default."""

    enabled: bool
    fallback: Channel | None
    give_up_after_s: int
    fallback_after_s: int


CHANNEL_OPTIONS = tuple(ChannelOptions.__annotations__)


@transaction.atomic
def channel_save(
    *,
    kind: str,
    name: str,
    slug: str | None = None,
    settings: Mapping[str, Any] | None = None,
    channel: Channel | None = None,
    by: Person = None,
    **options: Unpack[ChannelOptions],
) -> Channel:
    """Make a channel, or edit `channel`; the stored channel. Nothing is written, and no event made, when nothing differs.

    `settings` are raw values of the kind's form (None on an edit: as they were); a secret left out or empty stays, None forgets it.
    """
    stored = Channel.objects.select_for_update().get(pk=channel.pk) if channel else Channel(kind=kind)
    if stored.kind != kind:
        raise ValidationError({"kind": f"A channel keeps its kind ({stored.kind}); make a new channel instead."})
    values: dict[str, Any] = {"name": name.strip(), **options}
    values["slug"] = slug or stored.slug or free_slug(name, Channel.objects.all(), kind)
    errors = _add_settings(values, kind_of(kind), stored, settings) | _fallback_faults(stored, options.get("fallback"))
    changed = assign(stored, values)
    validate(stored, ValidationError({key: list(words) for key, words in errors.items()}) if errors else None)
    return _store(stored, changed, new=channel is None, by=by)


def _add_settings(
    values: dict[str, Any], kind: type[ChannelKind], stored: Channel, settings: Mapping[str, Any] | None
) -> dict[str, list[str]]:
    """Put settings and secrets into `values`; what is wrong with them."""
    if settings is None and stored.pk is not None:
        return {}
    secrets = opened(stored.sealed_secrets)
    try:
        values["settings"], kept = clean_parts(kind.SettingsForm, clean_settings, settings or {}, secrets)
        unsaid = {name for name in secrets.keys() & kept.keys() if not (settings or {}).get(name)}
        refuse_elsewhere(kind.SettingsForm, stored.settings, values["settings"], unsaid, "channel")
    except ValidationError as error:
        return by_field(error)
    if kept != secrets:
        values["sealed_secrets"] = seal_secrets(kept)
    return {}


def _fallback_faults(stored: Channel, fallback: Channel | None) -> dict[str, list[str]]:
    """A fallback that leads back to the channel would tell the same people for ever."""
    seen: list[str] = []
    while fallback is not None:
        if fallback.pk == stored.pk or fallback.name in seen:
            way = " > ".join([stored.name or "this channel", *seen, fallback.name])
            return {"fallback": [f"This leads round in a circle ({way}); choose a channel whose fallbacks end."]}
        seen.append(fallback.name)
        fallback = fallback.fallback
    return {}


def _store(channel: Channel, changed: list[str], *, new: bool, by: Person) -> Channel:
    if new:
        channel.save(force_insert=True)
    elif changed:
        channel.revision += 1
        channel.save(update_fields=[*changed, "revision", "updated_at"])
        wake(OUTBOX)  # what could not be sent may be possible now
    else:
        return channel
    names = sorted("secrets" if name == "sealed_secrets" else name for name in changed)
    announce(
        kind=f"alerts.channel.{'created' if new else 'saved'}",
        subject=f"channel:{channel.slug}",
        summary=f"Channel {channel} was {'added' if new else 'changed'}",
        by=by,
        payload={"kind": channel.kind, "changed": names},
    )
    return channel


@transaction.atomic
def channel_delete(*, channel: Channel, by: Person = None, now: datetime | None = None) -> None:
    """Delete a channel. What it was still to send has failed; the history of what it sent stays.

    Raises ValidationError while people have contact methods on it.
    """
    now = now or timezone.now()
    users = ContactMethod.objects.filter(channel=channel).values_list("user__username", flat=True)[:5]
    if users:
        raise ValidationError(f"{channel} is used by contact methods of {', '.join(users)}; delete those first.")
    Delivery.objects.filter(channel=channel).open().update(
        state=State.FAILED, finished_at=now, last_error="The channel was deleted.", fallback_at=None, settled=False
    )
    Delivery.objects.filter(channel=channel, state=State.BUNDLED, bundled_into__state=State.FAILED).update(
        state=State.FAILED, finished_at=now, last_error="The channel was deleted.", settled=False
    )
    announce(
        kind="alerts.channel.deleted",
        subject=f"channel:{channel.slug}",
        summary=f"Channel {channel} was deleted",
        by=by,
        payload={"kind": channel.kind},
    )
    wake(TROUBLE)
    channel.delete()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a test saw: the receiver's own answer, secrets taken out."""

    sent: Sent
    duration_s: float

    @property
    def delivered(self) -> bool:
        return self.sent.outcome == Outcome.DELIVERED

    def as_dict(self) -> dict[str, Any]:
        return {
            "outcome": self.sent.outcome.value,
            "status_code": self.sent.status_code,
            "answer": self.sent.answer,
            "duration_s": round(self.duration_s, 3),
        }


def channel_test(*, channel: Channel, address: str = "", now: datetime, by: Person = None) -> Seen:
    """Send a test message at once and once, without the outbox, a throttle or the circuit; the real answer.

    Raises ValidationError when the channel cannot be used at all. Not inside a transaction: it waits for the receiver.
    """
    try:
        kind, whole = channel_kind(channel.kind), channel_settings(channel)
    except (SealBrokenError, UnknownKindError) as error:
        raise ValidationError({"kind": str(error)}) from None
    if address:
        address = cleaned_address(kind, address)
    who = by.get_username() if by else "somebody"
    message = Message(
        kind=MessageKind.TEST,
        title=f"Test of {channel.name}",
        text=f"{who} tests whether messages of Opsportal arrive here. Nothing is wrong.",
        severity="info",
        subject=f"test:{channel.slug}",
        url=settings.PUBLIC_URL,
    )
    envelope = Envelope(key=f"test:{channel.slug}:{uuid4()}", message=message, now=now, address=address)
    began = time.monotonic()
    sent: Sent = async_to_sync(_send_once)(kind(whole), envelope)
    answer = scrub(sent.answer, texts(opened(channel.sealed_secrets)))[:2000]
    announce(
        kind="alerts.channel.tested",
        subject=f"channel:{channel.slug}",
        summary=f"Channel {channel} was tested ({sent.outcome.label.lower()})",
        by=by,
        payload={"outcome": sent.outcome.value, "status_code": sent.status_code},
    )
    shown = Sent(sent.outcome, answer, sent.status_code, provider_ref=sent.provider_ref)
    return Seen(shown, time.monotonic() - began)


async def _send_once(kind: ChannelKind, envelope: Envelope) -> Sent:
    try:
        async with asyncio.timeout(kind.timeout_s + 1):
            return await kind.send(envelope)
    except TimeoutError:
        return Sent(Outcome.RETRY, f"No answer within {kind.timeout_s:g} s.", endpoint_at_fault=True)
    finally:
        await http.aclose()  # the loop ends with this call


def cleaned_address(kind: type[ChannelKind], address: str) -> str:
    """Raises ValidationError on `address`."""
    try:
        return kind.clean_address(address)
    except forms.ValidationError as error:
        raise ValidationError({"address": list(error.messages)}) from None
