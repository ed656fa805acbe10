"""Roll-ups: written slot by slot from the changes of status and from the latencies, then summed up to hours and days.

Every statement sets a slot as a whole, so that doing it again does no harm.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction

from monitoring.checks.choices import Status
from monitoring.checks.latency import LATENCY_BUCKETS_S
from monitoring.checks.models import Check, CheckState, ServiceState, StatusChange, StatusRollup
from monitoring.checks.rollups import DAY_S, HOUR_S, SLOT_S, Turn, slot_start, spent
from monitoring.checks.value_names import DURATION_METRIC
from monitoring.metrics.store import Selector, Summary, summarise

# After a longer absence the slots before are left empty: there is nothing to tell of them.
LONGEST_CATCH_UP = timedelta(days=3)

Subject = tuple[int, int | None]  # service id, check id (None: the service itself)

UPSERT = """
INSERT INTO checks_statusrollup
    (tier_s, start, service_id, check_id, up_s, degraded_s, down_s, unknown_s, excluded_s, runs, latency_sum_s, latency_max_s, latency)
SELECT %(tier_s)s, %(start)s, r.* FROM json_to_recordset(%(rows)s::json) AS r(
    service_id bigint, check_id bigint, up_s float8, degraded_s float8, down_s float8, unknown_s float8, excluded_s float8,
    runs int, latency_sum_s float8, latency_max_s float8, latency jsonb)
ON CONFLICT (service_id, check_id, tier_s, start) DO UPDATE SET
    up_s = excluded.up_s, degraded_s = excluded.degraded_s, down_s = excluded.down_s, unknown_s = excluded.unknown_s,
    excluded_s = excluded.excluded_s, runs = excluded.runs, latency_sum_s = excluded.latency_sum_s,
    latency_max_s = excluded.latency_max_s, latency = excluded.latency
"""
SUM_UP = """
WITH slots AS MATERIALIZED (
    SELECT * FROM checks_statusrollup WHERE tier_s = %(from_s)s AND start >= %(start)s AND start < %(end)s
), buckets AS (
    SELECT service_id, check_id, jsonb_object_agg(bucket, n) AS latency FROM (
        SELECT service_id, check_id, e.key AS bucket, sum(e.value::int) AS n
        FROM slots, jsonb_each_text(latency) AS e GROUP BY service_id, check_id, e.key) counted
    GROUP BY service_id, check_id
), summed AS (
    SELECT service_id, check_id, sum(up_s) AS up_s, sum(degraded_s) AS degraded_s, sum(down_s) AS down_s, sum(unknown_s) AS unknown_s,
        sum(excluded_s) AS excluded_s, sum(runs) AS runs, sum(latency_sum_s) AS latency_sum_s, max(latency_max_s) AS latency_max_s
    FROM slots GROUP BY service_id, check_id
)
INSERT INTO checks_statusrollup
    (tier_s, start, service_id, check_id, up_s, degraded_s, down_s, unknown_s, excluded_s, runs, latency_sum_s, latency_max_s, latency)
SELECT %(tier_s)s, %(start)s, s.*, COALESCE(b.latency, '{}')
FROM summed s LEFT JOIN buckets b ON b.service_id = s.service_id AND b.check_id IS NOT DISTINCT FROM s.check_id
ON CONFLICT (service_id, check_id, tier_s, start) DO UPDATE SET
    up_s = excluded.up_s, degraded_s = excluded.degraded_s, down_s = excluded.down_s, unknown_s = excluded.unknown_s,
    excluded_s = excluded.excluded_s, runs = excluded.runs, latency_sum_s = excluded.latency_sum_s,
    latency_max_s = excluded.latency_max_s, latency = excluded.latency
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Latencies of one subject in one slot."""

    runs: int = 0
    total_s: float = 0.0
    highest_s: float = 0.0
    counts: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: "Latency") -> "Latency":
        counts = defaultdict(int, self.counts)
        for bucket, count in other.counts:
            counts[bucket] += count
        highest_s = max(self.highest_s, other.highest_s)
        return Latency(self.runs + other.runs, self.total_s + other.total_s, highest_s, tuple(counts.items()))


def rollup(now: datetime) -> int:
    """Write every slot from the newest one there is up to `now`, the present one as far as it has come; how many slots."""
    newest = StatusRollup.objects.filter(tier_s=SLOT_S, start__gte=now - LONGEST_CATCH_UP).order_by("-start").first()
    start = newest.start if newest else slot_start(now, SLOT_S)
    slots = 0
    while start <= now:
        with transaction.atomic():
            _write_slot(start, min(start + timedelta(seconds=SLOT_S), now))
            _sum_up(start)
        start += timedelta(seconds=SLOT_S)
        slots += 1
    return slots


def _write_slot(start: datetime, end: datetime) -> None:
    turns, latencies = _turns_since(start), _latencies(start, end)
    rows = [
        _row(subject, spent(start, end, turns[subject], status), latencies.get(subject, Latency()))
        for subject, status in _subjects()
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, {"tier_s": SLOT_S, "start": start, "rows": orjson.dumps(rows).decode()})


def _sum_up(slot: datetime) -> None:
    """Bring the hour and the day of the slot up to date."""
    with connection.cursor() as cursor:
        for from_s, tier_s in ((SLOT_S, HOUR_S), (HOUR_S, DAY_S)):
            start = slot_start(slot, tier_s)
            end = start + timedelta(seconds=tier_s)
            cursor.execute(SUM_UP, {"from_s": from_s, "tier_s": tier_s, "start": start, "end": end})


def _subjects() -> Iterable[tuple[Subject, Status]]:
    for service_id, check_id, status in CheckState.objects.values_list(
        "check_ref__service_id", "check_ref_id", "status"
    ):
        yield (service_id, check_id), Status(status)
    for service_id, status in ServiceState.objects.values_list("service_id", "status"):
        yield (service_id, None), Status(status)


def _turns_since(start: datetime) -> dict[Subject, list[Turn]]:
    turns: dict[Subject, list[Turn]] = defaultdict(list)
    changes = StatusChange.objects.filter(time__gte=start, hard=True).order_by("time", "id")
    for service_id, check_id, time, before, after in changes.values_list(
        "service_id", "check_id", "time", "before", "after"
    ):
        turns[service_id, check_id].append(Turn(time, Status(before), Status(after)))
    return turns


def _latencies(start: datetime, end: datetime) -> dict[Subject, Latency]:
    """By check, and by service over all of its checks."""
    ids = {
        (service, check): (service_id, check_id)
        for check_id, check, service_id, service in Check.objects.values_list(
            "id", "slug", "service_id", "service__slug"
        )
    }
    found: dict[Subject, Latency] = defaultdict(Latency)
    for summary in summarise(Selector(DURATION_METRIC, {}), start, end, LATENCY_BUCKETS_S):
        subject = ids.get((summary.labels["service"], summary.labels["check"]))
        if subject is not None:
            found[subject] = latency = _latency_of(summary)
            found[subject[0], None] += latency
    return found


def _latency_of(summary: Summary) -> Latency:
    return Latency(summary.samples, summary.total, summary.highest, tuple(summary.counts.items()))


def _row(subject: Subject, seconds: dict[str, float], latency: Latency) -> dict[str, Any]:
    return {
        "service_id": subject[0],
        "check_id": subject[1],
        **seconds,
        "runs": latency.runs,
        "latency_sum_s": latency.total_s,
        "latency_max_s": latency.highest_s,
        "latency": dict(latency.counts),
    }
