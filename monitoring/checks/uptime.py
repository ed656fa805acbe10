"""Uptime and latency over the usual spans, read from roll-ups only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, Sum

from monitoring.checks.latency import merged, percentile
from monitoring.checks.models import StatusRollup
from monitoring.checks.rollups import DAY_S, HOUR_S, SLOT_S

# Span → the coarsest tier that still has many slots in it.
SPANS = {
    "24h": (timedelta(hours=24), SLOT_S),
    "7d": (timedelta(days=7), HOUR_S),
    "30d": (timedelta(days=30), DAY_S),
    "90d": (timedelta(days=90), DAY_S),
}


@dataclass(frozen=True, slots=True)
class Uptime:
    """One span. `ratio` is (up + degraded) / (up + degraded + down), None where nothing was observed; `observed` is the share of the
    span, without maintenance and pauses, for which a status was known. Latencies in seconds."""

    ratio: float | None
    observed: float | None
    down_s: float
    runs: int
    latency_mean_s: float | None
    latency_p95_s: float | None
    latency_max_s: float | None


def uptime(now: datetime, *, service_id: int, check_id: int | None = None) -> dict[str, Uptime]:
    """By span ("24h", "7d", "30d", "90d") for a service, or for one of its checks."""
    return {name: _uptime(service_id, check_id, now - length, tier_s) for name, (length, tier_s) in SPANS.items()}


def _uptime(service_id: int, check_id: int | None, start: datetime, tier_s: int) -> Uptime:
    subject = Q(check_id=check_id) if check_id is not None else Q(check_id__isnull=True)
    rows = StatusRollup.objects.filter(subject, service_id=service_id, tier_s=tier_s, start__gte=start)
    columns = ("up_s", "degraded_s", "down_s", "unknown_s", "runs", "latency_sum_s")
    sums = rows.aggregate(**{name: Sum(name) for name in columns}, highest=Max("latency_max_s"))
    good_s = (sums["up_s"] or 0.0) + (sums["degraded_s"] or 0.0)
    down_s = sums["down_s"] or 0.0
    known_s, unknown_s, runs = good_s + down_s, sums["unknown_s"] or 0.0, sums["runs"] or 0
    return Uptime(
        ratio=good_s / known_s if known_s else None,
        observed=known_s / (known_s + unknown_s) if known_s + unknown_s else None,
        down_s=down_s,
        runs=runs,
        latency_mean_s=sums["latency_sum_s"] / runs if runs else None,
        latency_p95_s=percentile(merged(rows.values_list("latency", flat=True)), 0.95),
        latency_max_s=sums["highest"] if runs else None,
    )
