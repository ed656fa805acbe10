"""What this room looks for, again and again: deadlines, fallbacks, failures, leases that ran out, and what is too old to be kept."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from alerts.delivery import fallbacks
from alerts.delivery.actions.outbox import unbundle
from alerts.delivery.choices import OPEN, CircuitState, State
from alerts.delivery.models import Circuit, Delivery, Spent
from alerts.delivery.sending.measuring import CIRCUITS, OLDEST_DUE, OUTBOX
from alerts.delivery.throttle import LONGEST_WINDOW_S
from alerts.delivery.wakeup import OUTBOX as OUTBOX_CHANNEL
from alerts.delivery.wakeup import TROUBLE
from opsportal.sweeps import Sweep, wake

AT_A_TIME = 200
OLD_AT_A_TIME = 2000
LOST = "Nothing is known of this try: its sender ended in the midst of it. It is sent again under the same key."
# A try of which nothing was written is an attempt too: whoever looks at the history sees that the message may have arrived twice.
LEASES = """
WITH gone AS (
    SELECT id FROM delivery_delivery WHERE state = 'sending' AND lease_until <= %(now)s
    ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), given_back AS (
    UPDATE delivery_delivery d SET lease = NULL, lease_until = NULL, next_attempt_at = %(now)s,
        state = CASE WHEN cancelled_at IS NULL THEN 'pending' ELSE 'cancelled' END,
        finished_at = CASE WHEN cancelled_at IS NULL THEN NULL ELSE %(now)s::timestamptz END
    FROM gone WHERE d.id = gone.id RETURNING d.id, d.attempts_made, d.state
), noted AS (
    INSERT INTO delivery_attempt (delivery_id, number, started_at, duration_s, outcome, answer)
    SELECT id, attempts_made, %(now)s, 0, 'retry', %(words)s FROM given_back ON CONFLICT DO NOTHING
)
SELECT id, state FROM given_back
"""


def trouble(now: datetime) -> datetime | None:
    """Deadlines, fallbacks, failures, in this order: one leads to the next."""
    counts = [fallbacks.give_up(now), fallbacks.fall_back(now), fallbacks.settle(now)]
    if max(counts) >= AT_A_TIME:
        return now
    return _next_trouble()


def _next_trouble() -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT LEAST((SELECT min(fallback_at) FROM delivery_delivery WHERE fallback_at IS NOT NULL),"
            " (SELECT min(deadline_at) FROM delivery_delivery WHERE state IN ('pending', 'sending')))"
        )
        row: tuple[datetime | None] = cursor.fetchone()
    return row[0]


@transaction.atomic
def leases(now: datetime) -> datetime | None:
    """Give back what a sender took and never marked: it died, or stood still."""
    with connection.cursor() as cursor:
        cursor.execute(LEASES, {"now": now, "limit": AT_A_TIME, "words": LOST})
        found = cursor.fetchall()
    if found:
        unbundle([pk for pk, state in found if state == State.CANCELLED], now)
        wake(OUTBOX_CHANNEL)
    return now if len(found) == AT_A_TIME else None


def measure(now: datetime) -> datetime | None:
    """The gauges of the outbox and of circuits."""
    for state in OPEN:
        OUTBOX.set(Delivery.objects.filter(state=state).count(), state.value)
    oldest = Delivery.objects.late(now).order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    OLDEST_DUE.set(max((now - oldest).total_seconds(), 0.0) if oldest else 0.0)
    for circuit in CircuitState:
        CIRCUITS.set(Circuit.objects.filter(state=circuit).count(), circuit.value)
    return None


def tidy(now: datetime) -> datetime | None:
    """Delete what is older than DELIVERIES_KEPT_DAYS, a batch at a time, and what throttles no longer count."""
    Spent.objects.filter(at__lt=now - timedelta(seconds=2 * LONGEST_WINDOW_S)).delete()
    before = now - timedelta(days=settings.DELIVERIES_KEPT_DAYS)
    old = Delivery.objects.filter(created_at__lt=before).exclude(state__in=OPEN)
    ids = list(old.order_by("created_at").values_list("id", flat=True)[:OLD_AT_A_TIME])
    Delivery.objects.filter(id__in=ids).delete()
    return now if len(ids) == OLD_AT_A_TIME else None


SWEEPS: tuple[Sweep, ...] = (
    Sweep("delivery trouble", trouble, wake=(TROUBLE,), pause_s=2.0),
    Sweep("delivery leases", leases, pause_s=2.0),
    Sweep("delivery measures", measure, pause_s=10.0),
    Sweep("delivery tidying", tidy, pause_s=300.0),
)
