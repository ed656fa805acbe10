"""Uptime and latency over the usual spans, read from roll-ups only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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


SECONDS = ("up_s", "degraded_s", "down_s", "unknown_s", "runs")


@dataclass(frozen=True, slots=True)
class Share:
    """One span. `ratio` is (up + degraded) / (up + degraded + down), None where nothing was observed; `observed` is the share of the
    span, without maintenance and pauses, for which a status was known."""

    ratio: float | None
    observed: float | None
    down_s: float
    runs: int


@dataclass(frozen=True, slots=True)
class Uptime(Share):
    """A share with the latencies of its runs, in seconds."""

    latency_mean_s: float | None
    latency_p95_s: float | None
    latency_max_s: float | None


def uptime(now: datetime, *, service_id: int, check_id: int | None = None) -> dict[str, Uptime]:
    """By span ("24h", "7d", "30d", "90d") for a service, or for one of its checks."""
    return {name: _uptime(service_id, check_id, now - length, tier_s) for name, (length, tier_s) in SPANS.items()}


def uptimes(now: datetime, *, service_id: int) -> dict[int, dict[str, Share]]:
    """By check, then by span, for all checks of a service that were rolled up: one statement a span."""
    found: dict[int, dict[str, Share]] = {}
    for name, (length, tier_s) in SPANS.items():
        rows = StatusRollup.objects.filter(
            service_id=service_id, check_id__isnull=False, tier_s=tier_s, start__gte=now - length
        )
        for sums in rows.order_by().values("check_id").annotate(**_totals(*SECONDS)):
            found.setdefault(sums["check_id"], {})[name] = Share(**_share(sums))
    return found


def _uptime(service_id: int, check_id: int | None, start: datetime, tier_s: int) -> Uptime:
    subject = Q(check_id=check_id) if check_id is not None else Q(check_id__isnull=True)
    rows = StatusRollup.objects.filter(subject, service_id=service_id, tier_s=tier_s, start__gte=start)
    sums = rows.aggregate(**_totals(*SECONDS, "latency_sum_s"), highest=Max("latency_max_s"))
    runs = sums["runs_total"] or 0
    return Uptime(
        **_share(sums),
        latency_mean_s=sums["latency_sum_s_total"] / runs if runs else None,
        latency_p95_s=percentile(merged(rows.values_list("latency", flat=True)), 0.95),
        latency_max_s=sums["highest"] if runs else None,
    )


def _totals(*columns: str) -> dict[str, Sum]:
    return {f"{name}_total": Sum(name) for name in columns}


def _share(sums: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Share, from the totals of SECONDS (None where no slot was found)."""
    up_s, degraded_s, down_s, unknown_s, runs = (sums[f"{name}_total"] or 0 for name in SECONDS)
    known_s = up_s + degraded_s + down_s
    return {
        "ratio": (up_s + degraded_s) / known_s if known_s else None,
        "observed": known_s / (known_s + unknown_s) if known_s + unknown_s else None,
        "down_s": float(down_s),
        "runs": runs,
    }
