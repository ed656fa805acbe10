"""What is scraped, from the memory of the `prometheus` checks, in the form of Prometheus's API of targets."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.utils import timezone

from monitoring.checks.models import Check
from monitoring.checks.probes.prometheus.remembering import Memory, recalled
from monitoring.checks.probes.prometheus.target_urls import PARAM
from monitoring.checks.probes.prometheus.targets import INTERVAL, TIMEOUT
from monitoring.metrics import querying
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Vector
from opsportal.http import scrub
from opsportal.http.redact import MASK, is_secret_name

KIND = "prometheus"
DURATION = "scrape_duration_seconds"
DURATION_TIMEOUT_S = 2.0


class Scraped(NamedTuple):
    """A check and what it remembers."""

    pool: str
    scraped_at: datetime
    memory: Memory


def active_targets(pool: str = "") -> list[dict[str, Any]]:
    """All targets, those of one check (`service/check`) if `pool` names it, by pool and URL.

    `lastScrapeDuration` is 0 where it is not known.
    """
    durations = _durations()
    found = []
    for one in _scraped(pool):
        for target in one.memory.targets.values():
            labels, discovered, url = _pairs(target.labels), _pairs(target.discovered), scrub(target.url)
            found.append(
                {
                    "discoveredLabels": discovered,
                    "labels": labels,
                    "scrapePool": one.pool,
                    "scrapeUrl": url,
                    "globalUrl": url,
                    "lastError": target.error,
                    "lastScrape": one.scraped_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                    "lastScrapeDuration": durations.get(tuple(sorted(labels.items())), 0),
                    "health": "down" if target.error else "up",
                    "scrapeInterval": discovered.get(INTERVAL, ""),
                    "scrapeTimeout": discovered.get(TIMEOUT, ""),
                }
            )
    return sorted(found, key=lambda target: (target["scrapePool"], target["scrapeUrl"]))


def dropped_targets(pool: str = "") -> list[dict[str, Any]]:
    """Labels of targets that relabelling drops, at most a hundred a check."""
    return [{"discoveredLabels": _pairs(labels)} for one in _scraped(pool) for labels in one.memory.dropped]


def _scraped(pool: str) -> Iterator[Scraped]:
    checks = (
        Check.objects.filter(kind=KIND, enabled=True)
        .select_related("service", "state")
        .order_by("service__slug", "slug")
    )
    for check in checks:
        name = f"{check.service.slug}/{check.slug}"
        if pool in ("", name) and check.state.last_checked_at is not None:
            memory = recalled(check.state.memory, timezone.now().timestamp())
            yield Scraped(name, check.state.last_checked_at, memory)


def _durations() -> dict[Labels, float]:
    """How long the last scrape of each target took, by its labels."""
    try:
        found = querying.query(DURATION, int(timezone.now().timestamp() * 1000), timeout_s=DURATION_TIMEOUT_S).value
    except PromqlError:
        return {}
    if not isinstance(found, Vector):
        return {}
    return {
        tuple(pair for pair in labels if pair[0] != "__name__"): value
        for labels, value in zip(found.labels, found.values[:, 0].tolist(), strict=True)
    }


def _pairs(labels: list[list[str]]) -> dict[str, str]:
    """Labels as a mapping; parameters of a query that look like secrets are masked."""
    return {
        name: MASK if is_secret_name(name.removeprefix(PARAM)) and name.startswith(PARAM) else text
        for name, text in labels
    }
