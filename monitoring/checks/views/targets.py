"""`/prometheus/api/v1/targets`: what is scraped, as Prometheus tells it. The form of all answers there is the metrics room's."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from monitoring.checks.scrape_targets import active_targets, dropped_targets
from monitoring.metrics import querying
from monitoring.metrics.prometheus.door import Door
from monitoring.metrics.prometheus.envelope import Answer
from monitoring.metrics.prometheus.parameters import Parameters
from monitoring.metrics.prometheus.selecting import selector
from monitoring.metrics.promql.matchers import matches
from monitoring.metrics.promql.storage import Matcher

RECENT_MS = 600_000
MOST_TARGETS = 200  # whose metrics are looked up for one answer
SUFFIXES = ("", "_total", "_bucket", "_count", "_sum", "_created", "_info")


class Targets(Door):
    """`state` (active, dropped, any) and `scrapePool`."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        state, pool = parameters.text("state").lower(), parameters.text("scrapePool")
        active = active_targets(pool) if state in ("", "any", "active") else []
        dropped = dropped_targets(pool) if state in ("", "any", "dropped") else []
        return Answer({"activeTargets": active, "droppedTargets": dropped})


class TargetsMetadata(Door):
    """`match_target`, `metric` and `limit`: what each target's metrics are, of those seen in the last ten minutes."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        metric, limit = parameters.text("metric"), parameters.limit()
        matchers = selector(text) if (text := parameters.text("match_target")) else ()
        wanted = [target["labels"] for target in active_targets() if matches(tuple(target["labels"].items()), matchers)]
        known = querying.metadata(metric)
        found: list[dict[str, Any]] = []
        for labels in wanted[:MOST_TARGETS]:
            names = _names(labels) if known else set()
            for one in known:
                if any(one.metric + suffix in names for suffix in SUFFIXES):
                    named = {} if metric else {"metric": one.metric}
                    found.append({"target": labels} | named | {"type": one.type, "help": one.help, "unit": one.unit})
            if limit and len(found) >= limit:
                break
        return Answer(found[:limit] if limit else found)


def _names(labels: dict[str, str]) -> set[str]:
    """Names of the metrics that a target has now."""
    now_ms = int(timezone.now().timestamp() * 1000)
    matchers = [Matcher(name, "=", value) for name, value in labels.items()]
    return set(querying.label_values("__name__", [matchers], now_ms - RECENT_MS, now_ms))
