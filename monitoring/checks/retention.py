"""Partitions of this room and of the rooms below it: made ahead, dropped when too old."""

from datetime import datetime, timedelta

from django.conf import settings

from monitoring.checks.models import StatusRollup
from monitoring.checks.rollups import HOUR_S, SLOT_S
from monitoring.events.models import EVENTS
from opsportal.partitions import PartitionedTable, ensure, expire

CHANGES = PartitionedTable("checks_statuschange", "time", "month")
ROLLUPS = PartitionedTable("checks_statusrollup", "start", "month")
PINGS = PartitionedTable("checks_heartbeatping", "time", "month")

SLOTS_KEPT = timedelta(days=3)
HOURS_KEPT = timedelta(days=35)


def retention(now: datetime) -> dict[str, list[str]]:
    """Make the partitions that are coming, drop those that are over; names of both."""
    keep_days = {
        EVENTS: settings.EVENTS_KEPT_DAYS,
        CHANGES: settings.EVENTS_KEPT_DAYS,
        PINGS: settings.EVENTS_KEPT_DAYS,
        ROLLUPS: settings.ROLLUPS_KEPT_DAYS,
    }
    made = [name for table in keep_days for name in ensure(table, now)]
    dropped = [name for table, days in keep_days.items() for name in expire(table, now - timedelta(days=days))]
    StatusRollup.objects.filter(tier_s=SLOT_S, start__lt=now - SLOTS_KEPT).delete()
    StatusRollup.objects.filter(tier_s=HOUR_S, start__lt=now - HOURS_KEPT).delete()
    return {"made": made, "dropped": dropped}
