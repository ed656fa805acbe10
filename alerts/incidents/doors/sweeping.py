"""What the doors look for again and again: acknowledgements that came before the incident, and what need not be remembered any more."""

from datetime import datetime, timedelta

from django.db import transaction

from alerts.incidents.doors.occurrences import ACKNOWLEDGED, acknowledge_now
from alerts.incidents.doors.once import REMEMBERED
from alerts.incidents.models import OpenAlert, RememberedAnswer
from opsportal.sweeps import Sweep

AGAIN = timedelta(seconds=2)
MOST = 200
MOST_FORGOTTEN = 5_000


def acknowledge_waiting(now: datetime) -> datetime | None:
    """Acknowledge what has come into an incident by now."""
    with transaction.atomic():
        waiting = (
            OpenAlert.objects.filter(acknowledge_at__lte=now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("key")
            .order_by("acknowledge_at")[:MOST]
        )
        for one in waiting:
            over = one.ends_at <= now or acknowledge_now(one, now)
            one.acknowledge_at = None if over else now + AGAIN
            one.save(update_fields=["acknowledge_at"])
    return OpenAlert.objects.filter(acknowledge_at__isnull=False).order_by("acknowledge_at").values_list(
        "acknowledge_at", flat=True
    ).first()  # fmt: skip


def forget(now: datetime) -> datetime | None:
    """Delete answers after a day, and alerts that have ended by themselves."""
    answers = RememberedAnswer.objects.filter(created_at__lte=now - REMEMBERED).values("pk")[:MOST_FORGOTTEN]
    over = OpenAlert.objects.filter(ends_at__lte=now).values("pk")[:MOST_FORGOTTEN]
    forgotten = (
        RememberedAnswer.objects.filter(pk__in=answers).delete()[0],
        OpenAlert.objects.filter(pk__in=over).delete()[0],
    )
    return now if max(forgotten) >= MOST_FORGOTTEN else None


SWEEPS: tuple[Sweep, ...] = (
    Sweep("acknowledgements", acknowledge_waiting, wake=(ACKNOWLEDGED,), pause_s=30.0),
    Sweep("doors", forget, pause_s=60.0),
)
