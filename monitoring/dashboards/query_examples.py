"""Expressions to begin with: those whose metrics are there."""

from typing import NamedTuple

from monitoring.metrics.browsing import names_there


class Example(NamedTuple):
    """An expression, the metric it needs, and what it shows."""

    text: str
    metric: str
    words: str


EXAMPLES = (
    Example("check_duration_seconds", "check_duration_seconds", "How long every check took"),
    Example("topk(5, avg_over_time(check_duration_seconds[1h]))", "check_duration_seconds", "The five slowest checks of the hour"),
    Example("max by (service) (check_status)", "check_status", "The worst status of each service: 0 is up, 3 is down"),
    Example("system_cpu_used_ratio", "system_cpu_used_ratio", "Processor in use, machine by machine"),
    Example("max by (service, mount) (system_disk_used_ratio) > 0.8", "system_disk_used_ratio", "Disks that are more than 80 % full"),
    Example("quantile by (service) (0.95, http_total_seconds)", "http_total_seconds", "Slow answers, service by service"),
    Example("sum by (instance, mode) (rate(node_cpu_seconds_total[5m]))", "node_cpu_seconds_total", "What processors do"),
    Example("up", "up", "Which exporters answer"),
)  # fmt: skip
MOST = 6


def examples() -> list[Example]:
    """None where nothing of it has been measured."""
    there = names_there([one.metric for one in EXAMPLES])
    return [one for one in EXAMPLES if one.metric in there][:MOST]
