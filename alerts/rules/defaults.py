"""The rules that a portal begins with, and the thresholds that they share. Pure data.

They are about what a portal measures by itself: its seeded checks, its own engine and its own events. A fresh portal that idles is quiet.
"""

from dataclasses import dataclass, field
from typing import Any

from alerts.rules.choices import Category, Comparator, RuleKind
from monitoring.events.choices import Severity


@dataclass(frozen=True, slots=True)
class DefaultThreshold:
    name: str
    value: float
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class DefaultRule:
    """`threshold` names one of THRESHOLDS; of an event rule it is the count."""

    slug: str
    name: str
    category: Category
    severity: Severity
    summary: str
    kind: RuleKind = RuleKind.METRIC
    expression: str = ""
    comparator: Comparator = Comparator.PRESENT
    threshold: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    for_s: float = 0
    enabled: bool = True


THRESHOLDS = (
    DefaultThreshold("cpu-used", 0.95, "ratio", "CPU time that is used"),
    DefaultThreshold("memory-used", 0.95, "ratio", "Memory that is not available"),
    DefaultThreshold("disk-used", 0.95, "ratio", "Space used on a disk"),
    DefaultThreshold("disk-full-in", 24, "hours", "Until a disk is full, at the pace of the last six hours"),
    DefaultThreshold("connections-used", 0.9, "ratio", "Connections of PostgreSQL in use"),
    DefaultThreshold("answer-time", 5, "seconds", "Of HTTP checks, over five minutes"),
    DefaultThreshold("check-lateness", 10, "seconds", "99 % of the checks begin at most so late"),
    DefaultThreshold("failed-deliveries", 3, "messages", "Given up within a quarter of an hour"),
    DefaultThreshold("deletions", 10, "deletions", "Of configuration, within ten minutes"),
)

_HEALTH, _ABOVE = Category.SYSTEM_HEALTH, Comparator.ABOVE
_MACHINE = "{{ $labels.service }}"
RULES = (
    DefaultRule(
        "service-down", "Service is down", _HEALTH, Severity.CRITICAL, "{{ $labels.service }} is down",
        kind=RuleKind.CHECK_STATUS, settings={"of": "service", "statuses": ["down"]}, for_s=60,
    ),
    DefaultRule(
        "checks-stale", "Check is not run", _HEALTH, Severity.WARNING,
        "{{ $labels.service }}/{{ $labels.check }} has had no result for long",
        kind=RuleKind.CHECK_STATUS, settings={"of": "check", "statuses": ["stale"]}, for_s=300,
    ),
    DefaultRule(
        "cpu-busy", "CPU is busy", _HEALTH, Severity.WARNING, f"CPU of {_MACHINE} is {{{{ $value | humanizePercentage }}}} used",
        expression="avg_over_time(system_cpu_used_ratio[5m])", comparator=_ABOVE, threshold="cpu-used", for_s=900,
    ),
    DefaultRule(
        "memory-full", "Memory is full", _HEALTH, Severity.WARNING,
        f"Memory of {_MACHINE} is {{{{ $value | humanizePercentage }}}} used",
        expression="system_memory_used_ratio", comparator=_ABOVE, threshold="memory-used", for_s=300,
    ),
    DefaultRule(
        "disk-full", "Disk is full", _HEALTH, Severity.CRITICAL,
        f"A disk of {_MACHINE} is {{{{ $value | humanizePercentage }}}} full",
        expression="system_disk_used_ratio", comparator=_ABOVE, threshold="disk-used", for_s=300,
    ),
    DefaultRule(
        "disk-filling", "Disk is filling", _HEALTH, Severity.WARNING,
        f"A disk of {_MACHINE} is full in {{{{ $value }}}} hours at this pace",
        expression=(
            "system_disk_free_bytes / (deriv(system_disk_free_bytes[6h]) * -3600 > 0) and system_disk_free_bytes offset 3h"
        ),
        comparator=Comparator.BELOW, threshold="disk-full-in", for_s=1800,
    ),
    DefaultRule(
        "connections-full", "PostgreSQL runs out of connections", _HEALTH, Severity.WARNING,
        f"{{{{ $value | humanizePercentage }}}} of the connections of {_MACHINE} are in use",
        expression="postgresql_connections_used_ratio", comparator=_ABOVE, threshold="connections-used", for_s=300,
    ),
    DefaultRule(
        "answers-slow", "Answers are slow", Category.PERFORMANCE, Severity.WARNING,
        f"{_MACHINE}/{{{{ $labels.check }}}} answers in {{{{ $value | humanizeDuration }}}}",
        expression="avg_over_time(http_total_seconds[5m])", comparator=_ABOVE, threshold="answer-time", for_s=300,
    ),
    DefaultRule(
        "checks-late", "Checks run late", _HEALTH, Severity.WARNING, "Checks begin {{ $value | humanizeDuration }} late",
        expression="avg_over_time(engine_lateness_p99_seconds[5m])", comparator=_ABOVE, threshold="check-lateness", for_s=300,
    ),
    DefaultRule(
        "engine-silent", "No check is run at all", _HEALTH, Severity.CRITICAL, "The engine of the portal has written nothing",
        expression="absent(engine_runs)", for_s=300,
    ),
    DefaultRule(
        "deliveries-failed", "Messages were not delivered", _HEALTH, Severity.WARNING, "Messages of the portal were given up",
        kind=RuleKind.EVENT, settings={"kinds": ["alerts.delivery.failed"], "window_s": 900}, threshold="failed-deliveries",
    ),
    DefaultRule(
        "channel-out", "A channel does not work", _HEALTH, Severity.WARNING, "Nothing is sent through a channel for now",
        kind=RuleKind.EVENT, settings={"kinds": ["alerts.channel.open"], "window_s": 900},
    ),
    DefaultRule(
        "nobody-reached", "A page reached nobody", _HEALTH, Severity.CRITICAL, "An escalation had nobody to tell",
        kind=RuleKind.EVENT, settings={"kinds": ["alerts.escalation.nobody"], "window_s": 900},
    ),
    DefaultRule(
        "samples-refused", "Samples are refused", _HEALTH, Severity.WARNING, "Samples that were sent are not kept",
        kind=RuleKind.EVENT, settings={"kinds": ["metrics.refused"], "window_s": 900},
    ),
    DefaultRule(
        "machine-joined", "A machine joined", Category.SECURITY, Severity.INFO, "A machine sends readings for the first time",
        kind=RuleKind.EVENT, settings={"kinds": ["machine.joined"], "window_s": 600}, enabled=False,
    ),
    DefaultRule(
        "much-deleted", "Much was deleted", Category.COMPLIANCE, Severity.WARNING, "Much of the configuration was deleted",
        kind=RuleKind.EVENT, threshold="deletions",
        settings={
            "kinds": ["config.service.deleted", "config.check.deleted", "alerts.rule.deleted", "alerts.policy.deleted"],
            "window_s": 600,
        },
    ),
    DefaultRule(
        "rule-off", "A rule was switched off", Category.COMPLIANCE, Severity.INFO, "A rule was switched off",
        kind=RuleKind.EVENT, settings={"kinds": ["alerts.rule.disabled"], "window_s": 600}, enabled=False,
    ),
)  # fmt: skip


def table() -> str:
    """The rules and their thresholds, as docs/alert-rules.md has them."""
    values = {one.name: f"{one.value:g} {one.unit}" for one in THRESHOLDS}
    rows = ["| Rule | Category | Severity | Threshold | For | |", "|---|---|---|---|---|---|"]
    for rule in RULES:
        threshold = f"`{rule.threshold}` {values[rule.threshold]}" if rule.threshold else ""
        lasts = f"{rule.for_s:g} s" if rule.for_s else ""
        state = "" if rule.enabled else "off"
        rows.append(
            f"| {rule.name} (`{rule.slug}`) | {rule.category.label} | {rule.severity.label} | {threshold} | {lasts} | {state} |"
        )
    return "\n".join(rows)
