"""Many deliveries at once: one statement puts them into the outbox, so that thousands of people due at the same moment are told in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from django.db import connection
from django.db.models import Field

from alerts.delivery.actions.outbox import cancel
from alerts.delivery.choices import MessageKind, State, Urgency
from alerts.delivery.models import Channel, Delivery
from alerts.delivery.wakeup import OUTBOX
from opsportal.sweeps import wake

if TYPE_CHECKING:
    Column = Field[Any, Any]
else:
    Column = Field


@dataclass(frozen=True, slots=True)
class Wanted:
    """A delivery to be. `message` is the JSON text of messages.Message, `thread` its thread. A person's contact: `contact_id`, `user_id`
    and `address`; a channel itself: none of them. Not tried before `not_before`."""

    key: str
    subject: str
    message: str
    why: str
    target_name: str
    channel_id: int
    thread: str = ""
    kind: str = MessageKind.FIRING
    urgency: str = Urgency.NORMAL
    contact_id: int | None = None
    user_id: int | None = None
    address: str = ""
    fair_key: str = ""
    is_first: bool = False
    not_before: datetime | None = None

    def row(self, now: datetime) -> dict[str, Any]:
        """By the names of Delivery's fields."""
        return {
            "key": self.key,
            "subject": self.subject,
            "thread": self.thread,
            "kind": self.kind,
            "urgency": self.urgency,
            "message": orjson.Fragment(self.message),
            "channel": self.channel_id,
            "contact": self.contact_id,
            "user": self.user_id,
            "address": self.address,
            "target_name": self.target_name[:250],
            "why": self.why[:500],
            "fair_key": self.fair_key,
            "is_first": self.is_first,
            "created_at": now,
            "next_attempt_at": max(now, self.not_before or now),
        }


COLUMNS = (
    "key", "subject", "thread", "kind", "urgency", "message", "channel", "contact", "user", "address", "target_name",
    "why", "fair_key", "is_first", "created_at", "next_attempt_at",
)  # fmt: skip
# By the channel's own settings, `w` being what is wanted and `c` the channel, if it is still there.
COMPUTED = {
    "deadline_at": "w.next_attempt_at + COALESCE(c.give_up_after_s, 0) * interval '1 second'",
    "fallback_at": "CASE WHEN c.fallback_id IS NOT NULL THEN w.next_attempt_at + c.fallback_after_s * interval '1 second' END",
}


def deliver_many(wanted: Sequence[Wanted], *, now: datetime) -> int:
    """Put messages into the outbox, in the caller's transaction; how many are new. Those whose key is there already are the same deliveries
    and change nothing."""
    if not wanted:
        return 0
    statement, defaults = _insert()
    rows = orjson.dumps([one.row(now) for one in wanted]).decode()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*defaults, rows])
        made = int(cursor.rowcount)
    if made:
        wake(OUTBOX)
    return made


@cache
def _insert() -> tuple[str, tuple[Any, ...]]:
    """The statement, and the values of all other columns: the defaults of their fields."""
    given: list[Column] = [Delivery._meta.get_field(name) for name in COLUMNS]  # type: ignore[misc]
    computed = [one for one in Delivery._meta.concrete_fields if one.name in COMPUTED]
    rest = [
        one
        for one in Delivery._meta.concrete_fields
        if one not in given and one not in computed and not one.primary_key
    ]
    names = ", ".join(f'"{one.column}"' for one in (*given, *computed, *rest))
    values = (
        ["c.id" if one.name == "channel" else f'w."{one.name}"' for one in given]
        + [COMPUTED[one.name] for one in computed]
        + ["%s"] * len(rest)
    )
    columns = ", ".join(f'"{one.name}" {one.db_type(connection)}' for one in given)
    statement = (
        f"INSERT INTO {Delivery._meta.db_table} ({names}) SELECT {', '.join(values)} "  # noqa: S608 - own names
        f"FROM json_to_recordset(%s::json) AS w({columns}) LEFT JOIN {Channel._meta.db_table} AS c ON c.id = w.channel "
        "ON CONFLICT (key) DO NOTHING"
    )
    return statement, tuple(one.get_db_prep_save(one.get_default(), connection) for one in rest)


def owed_an_end(subject: str, prefixes: tuple[str, ...]) -> list[Delivery]:
    """Locks what was said of `subject` under keys that begin so, and cancels nothing: firing messages that were, are being, or may have
    been received. Somebody whose message waits after a failed try may have got it."""
    said = Delivery.objects.select_for_update(of=("self",)).select_related("bundled_into")
    firing = said.filter(subject=subject, kind=MessageKind.FIRING).order_by("id")
    return [one for one in firing if one.key.startswith(prefixes) and _may_be_known(one)]


def _may_be_known(delivery: Delivery) -> bool:
    """Whether it was, is being, or may have been received, by itself or as part of another one."""
    carrier = delivery.bundled_into if delivery.state == State.BUNDLED and delivery.bundled_into else delivery
    told = (State.SENDING, State.DELIVERED, State.BUNDLED)
    return carrier.state in told or (carrier.state == State.PENDING and carrier.attempts_made > 0)


def cancel_keyed(*, subject: str, prefix: str, now: datetime, why: str) -> int:
    """Cancel the firing messages under keys that begin so and wait; how many that were. What is being sent just now is not tried again."""
    said = Delivery.objects.filter(subject=subject, key__startswith=prefix, kind=MessageKind.FIRING)
    return cancel(said, now=now, reason=why)
