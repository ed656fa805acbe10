"""What the metrics of the portal's own checks are, which no sender describes: from the kinds' lists of values. Pure but for the list
of probes."""

from functools import cache

from monitoring.checks.probes.base import Value
from monitoring.checks.probes.registry import PROBES
from monitoring.checks.value_names import DURATION_METRIC, STATUS_METRIC, metric_name
from monitoring.dashboards.values import DURATION, described_values

OWN = {
    STATUS_METRIC: Value("Status of a check after each run", "", "0 is up, 1 degraded, 2 unknown, 3 down."),
    DURATION_METRIC: Value(DURATION.label, "s", DURATION.help),
}


@cache
def known_metrics() -> dict[str, Value]:
    """Metric → what it is."""
    of_kinds = {
        metric_name(kind, name): value for kind in PROBES for name, value in described_values(kind).items() if name
    }
    return of_kinds | OWN


def described(metric: str) -> str:
    """A line about a metric; "" where nothing is known."""
    value = known_metrics().get(metric)
    return f"{value.label}. {value.help}".removesuffix(" ") if value else ""


def metrics_about(text: str) -> list[str]:
    """Metrics whose description holds `text`."""
    low = text.lower()
    return [metric for metric, value in known_metrics().items() if low and low in f"{value.label} {value.help}".lower()]
