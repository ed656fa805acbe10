"""What the store does by itself, and what is written down about it."""

import logging
import time
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from monitoring.metrics.compaction import Compacted, Deadline, compact
from monitoring.metrics.retention import (
    counts_renew,
    hot_partitions_drop,
    hot_partitions_make,
    series_remove,
    tiers_expire,
)
from monitoring.metrics.rolling import Rolled, roll

log = logging.getLogger(__name__)

TICK_S = 40.0
"""Longest time one tick works; what is left waits for the next."""

NOTE = """
WITH there AS (UPDATE metrics_state SET compacted_at = %(now)s, facts = facts || %(facts)s::jsonb RETURNING id)
INSERT INTO metrics_state (id, series_epoch, compacted_at, facts)
SELECT 1, 0, %(now)s, %(facts)s::jsonb WHERE NOT EXISTS (SELECT FROM there)
"""


def store_tick(*, now: datetime, seconds: float = TICK_S) -> Compacted:
    """One minute's share: partitions ahead, blocks of what is due, empty partitions dropped."""
    began = time.monotonic()
    hot_partitions_make(now)
    deadline = Deadline(seconds)
    done = compact(now, deadline)
    rolled = Rolled() if done.left or done.busy else roll(now, deadline)
    hot_partitions_drop(now)
    if not done.busy:
        _note(
            now,
            {
                "hours": done.hours,
                "days": done.days,
                "samples": done.samples,
                "rolled_days": rolled.days,
                "left": done.left or rolled.left,
                "seconds": round(time.monotonic() - began, 3),
            },
        )
    return done


def store_hourly(*, now: datetime) -> dict[str, Any]:
    """Drop what is kept no longer, renew counts; what was dropped and removed. Raw samples that are not rolled up yet wait for that."""
    counts_renew(now)
    behind = roll(now, Deadline(TICK_S)).left
    if behind:
        log.warning("Raw samples are not dropped this hour: their roll-ups are not complete yet.")
    return {"dropped": tiers_expire(now, spare_raw=behind), "series_removed": series_remove(now)}


def _note(now: datetime, facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {"now": now, "facts": orjson.dumps({"last_tick": facts}).decode()})
