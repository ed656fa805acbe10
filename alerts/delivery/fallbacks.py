"""Who is told when a channel does not work: its fallback, then that one's; and what follows when none of them works."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, transaction

from alerts.delivery.actions.outbox import Target, deliver, unbundle
from alerts.delivery.choices import OPEN, State, Urgency
from alerts.delivery.failures import handlers
from alerts.delivery.kinds.registry import channel_kind
from alerts.delivery.messages import Message
from alerts.delivery.models import Channel, ContactMethod, Delivery
from monitoring.events.actions import event_emit
from monitoring.events.choices import Severity
from opsportal.kinds import UnknownKindError

log = logging.getLogger(__name__)

AT_A_TIME = 200
LONGEST_CHAIN = 5


@transaction.atomic
def give_up(now: datetime) -> int:
    """What was not taken before its deadline has failed; how many that were."""
    late = Delivery.objects.select_for_update(skip_locked=True).filter(state=State.PENDING, deadline_at__lte=now)
    ids = list(late.order_by("deadline_at").values_list("id", flat=True)[:AT_A_TIME])
    for one in Delivery.objects.filter(id__in=ids):
        one.state, one.finished_at, one.settled = State.FAILED, now, False
        words = "Not taken before its deadline"
        one.last_error = (
            f"{words}: {one.last_error or one.held_by}"[:500] if one.last_error or one.held_by else f"{words}."
        )
        one.fallback_at = now if one.fallback_at else None
        one.save(update_fields=["state", "finished_at", "settled", "last_error", "fallback_at"])
    unbundle(ids, now)
    return len(ids)


@transaction.atomic
def fall_back(now: datetime) -> int:
    """Tell the fallback channels of what has not been delivered in time; how many deliveries were looked at."""
    due = (
        Delivery.objects.select_for_update(skip_locked=True, of=["self"])
        .filter(fallback_at__lte=now)
        .select_related("channel__fallback", "contact")
        .order_by("fallback_at")[:AT_A_TIME]
    )
    found = list(due)
    for one in found:
        if one.state in (*OPEN, State.FAILED):
            _tell_fallback(one, now)
        one.fallback_at = None
        one.save(update_fields=["fallback_at"])
    return len(found)


def _tell_fallback(one: Delivery, now: datetime) -> Delivery | None:
    """None: there is no fallback, or the message has been there already (a circle that was made behind our back)."""
    channel = one.channel.fallback if one.channel else None
    if channel is None or not channel.enabled or one.channel is None:
        return None
    been = _ancestors(one)
    if len(been) >= LONGEST_CHAIN or channel.pk in {before.channel_id for before in been}:
        return None
    root = been[-1]
    why = f"Fallback of {one.channel}, which has not delivered it"
    if one.last_error or one.held_by:
        why = f"{why}: {one.last_error or one.held_by}"
    return deliver(
        key=f"{root.key[:230]}/fallback{len(been)}",
        message=Message.of_json(one.message),
        target=Target(channel, _contact_on(channel, one)),
        why=why,
        now=now,
        urgency=Urgency(one.urgency),
        fair_key=one.fair_key,
        is_first=one.is_first,
        fallback_of=one,
    )


def _ancestors(one: Delivery) -> list[Delivery]:
    """`one`, what it is the fallback of, and so on."""
    chain = [one]
    while chain[-1].fallback_of is not None and len(chain) < LONGEST_CHAIN:
        chain.append(chain[-1].fallback_of)
    return chain


def _contact_on(channel: Channel, one: Delivery) -> ContactMethod | None:
    """The same person's address on the fallback channel, where it takes addresses."""
    try:
        takes = channel_kind(channel.kind).takes_addresses
    except UnknownKindError:
        return None
    if not takes or one.user_id is None:
        return None
    usable = ContactMethod.objects.filter(
        user=one.user_id, channel=channel, enabled=True, stopped_at=None, verified_at__isnull=False
    )
    return usable.order_by("id").first()


@transaction.atomic
def settle(now: datetime) -> int:
    """What failed with all its fallbacks is an event, and is told to whoever registered; how many failures were looked at.

    A failure whose fallback still may deliver is settled without a word; the fallback's own failure looks at all of them again.
    """
    failed = Delivery.objects.select_for_update(skip_locked=True).filter(state=State.FAILED, settled=False)
    found = list(failed.filter(fallback_at=None).order_by("id")[:AT_A_TIME])
    chains = {chain[0].pk: chain for one in found if (chain := _failed_chain(one))}
    Delivery.objects.filter(id__in=[one.id for one in found]).update(settled=True)
    if chains:
        _tell(list(chains.values()), now)
    return len(found)


def _failed_chain(one: Delivery) -> list[Delivery]:
    """All ways of a message, the first one first; empty while one of them is open or did deliver. Locks them, so that of two that fail at
    once one sees the other."""
    ids, ahead = set[int](), {_ancestors(one)[-1].pk}
    while ahead:
        ids |= ahead
        ahead = set(Delivery.objects.filter(fallback_of__in=ahead).values_list("id", flat=True)) - ids
    chain = list(Delivery.objects.select_for_update().filter(id__in=ids).order_by("id"))
    over = all(other.state in (State.FAILED, State.CANCELLED) and other.fallback_at is None for other in chain)
    return chain if over else []


def _tell(chains: Sequence[Sequence[Delivery]], now: datetime) -> None:
    for chain in chains:
        names, one = ", ".join(dict.fromkeys(way.target_name for way in chain)), chain[0]
        event_emit(
            kind="alerts.delivery.failed",
            severity=Severity.CRITICAL,
            subject=one.subject[:250],
            summary=f"Nobody was told by {names}: {chain[-1].last_error}"[:1000],
            payload={"delivery": one.pk, "key": one.key, "kind": one.kind},
            time=now,
        )
    lost = [way for chain in chains for way in chain if way.state == State.FAILED]
    for handler in handlers():
        try:
            with transaction.atomic():
                handler(lost, now)
        except DatabaseError:
            raise  # all of it is done again
        except Exception:
            log.exception("a handler of failed deliveries raised")
