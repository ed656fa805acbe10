"""How each channel does, for its page: its circuits, what waits, what was delivered last."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q

from alerts.delivery.choices import OPEN, CircuitState, State
from alerts.delivery.models import Channel, Circuit, Delivery
from alerts.delivery.queries import channels_listed, circuits_listed

LATELY = timedelta(days=1)
WORST = (CircuitState.CLOSED, CircuitState.HALF_OPEN, CircuitState.OPEN)


@dataclass(frozen=True, slots=True)
class Health:
    """`waiting`: not sent yet; `late_since`: when the first of them was due. `delivered`, `failed`: in the last 24 hours."""

    channel: Channel
    kind: str
    circuits: list[Circuit]
    state: str
    state_words: str
    failing_since: datetime | None
    last_error: str
    last_success_at: datetime | None
    waiting: int
    late_since: datetime | None
    delivered: int
    failed: int


def channels_health(now: datetime) -> list[Health]:
    """Of every channel, those in trouble first. Four statements."""
    circuits: dict[int, list[Circuit]] = {}
    for one in circuits_listed():
        circuits.setdefault(one.channel_id, []).append(one)
    waiting = {
        channel: (count, first)
        for channel, count, first in Delivery.objects.filter(state__in=OPEN)
        .order_by()
        .values_list("channel")
        .annotate(Count("pk"), Min("next_attempt_at"))
    }
    lately = {
        channel: (delivered, failed, last)
        for channel, delivered, failed, last in Delivery.objects.filter(created_at__gte=now - LATELY)
        .order_by()
        .values_list("channel")
        .annotate(
            delivered=Count("pk", filter=Q(state=State.DELIVERED)),
            failed=Count("pk", filter=Q(state=State.FAILED)),
            last=Max("finished_at", filter=Q(state=State.DELIVERED)),
        )
    }
    found = [
        _health(one, circuits.get(one.pk, []), waiting.get(one.pk, (0, None)), lately.get(one.pk, (0, 0, None)), now)
        for one in channels_listed()
    ]
    return sorted(found, key=lambda one: (-WORST.index(CircuitState(one.state)), -one.failed, one.channel.name))


def _health(
    channel: Channel,
    circuits: list[Circuit],
    waiting: tuple[int, datetime | None],
    lately: tuple[int, int, datetime | None],
    now: datetime,
) -> Health:
    worst = max((CircuitState(one.state) for one in circuits), key=WORST.index, default=CircuitState.CLOSED)
    successes = [one.last_success_at for one in circuits if one.last_success_at] + ([lately[2]] if lately[2] else [])
    failing = [one for one in circuits if one.failing_since]
    return Health(
        channel=channel,
        kind=channel.get_kind_display(),
        circuits=circuits,
        state=worst.value,
        state_words=str(worst.label),
        failing_since=min((one.failing_since for one in failing if one.failing_since), default=None),
        last_error=next((one.last_error for one in failing if one.last_error), ""),
        last_success_at=max(successes, default=None),
        waiting=waiting[0],
        late_since=waiting[1] if waiting[1] and waiting[1] < now else None,
        delivered=lately[0],
        failed=lately[1],
    )
