"""Remind whoever made a silence that it ends."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from alerts.delivery.bulk import Wanted
from alerts.delivery.choices import MessageKind, Urgency
from alerts.delivery.messages import Message
from alerts.delivery.models import ContactMethod
from alerts.incidents.closing import message_text
from alerts.incidents.models import Silence
from alerts.incidents.record import Record
from alerts.oncall.models import PersonalRule


def silence_remind(record: Record, silence: Silence) -> None:
    """By the first contact that they would be told of what is not urgent by. Somebody who has none is not told; it is not tried again."""
    silence.reminded_at = record.now
    silence.save(update_fields=["reminded_at"])
    contact = _contact_of(silence.user) if silence.user else None
    if contact is None:
        return
    message = Message(
        kind=MessageKind.NOTICE,
        title=f"Your silence ends at {silence.ends_at:%H:%M %Z}",
        text=f"{silence.comment}\n{', '.join(silence.matchers)}\nWhat still fires then is told.",
        severity="info",
        subject=f"silence:{silence.uuid}",
        thread=f"silence:{silence.uuid}",
        url=f"{settings.PUBLIC_URL}/silences/",
    )
    record.deliveries.append(
        Wanted(
            key=f"silence:{silence.uuid}/reminder/{silence.ends_at:%Y%m%dT%H%M%S}",
            subject=message.subject,
            thread=message.thread,
            message=message_text(message),
            kind=MessageKind.NOTICE,
            why="They made the silence.",
            target_name=f"{contact.user} by {contact.name}",
            channel_id=contact.channel_id,
            contact_id=contact.pk,
            user_id=contact.user_id,
            address=contact.address,
            urgency=Urgency.NORMAL,
        )
    )


def _contact_of(user: AbstractBaseUser) -> ContactMethod | None:
    usable = ContactMethod.objects.filter(
        user_id=user.pk, enabled=True, verified_at__isnull=False, stopped_at__isnull=True, channel__enabled=True
    )
    ids = PersonalRule.objects.filter(user_id=user.pk, contact__in=usable).order_by("-urgency", "delay_s", "pk")
    chosen: Iterable[int] = ids.values_list("contact", flat=True)[:1]
    return usable.filter(pk__in=list(chosen)).first() or usable.order_by("pk").first()
