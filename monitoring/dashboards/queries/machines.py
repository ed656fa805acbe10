"""Machines: services that have a check of kind `system`."""

from dataclasses import dataclass
from datetime import datetime

from monitoring.checks.models import Check, Service
from monitoring.dashboards import gauges
from monitoring.dashboards.queries.service import CheckRow, check_row

KIND = "system"


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One machine: its check, and the gauges of it."""

    service: Service
    row: CheckRow
    groups: list[gauges.Group]
    headline: list[gauges.Gauge]


def machine_rows(now: datetime, slug: str | None = None) -> list[MachineRow]:
    """All machines, or the checks of one, the worst first; one statement."""
    checks = Check.objects.filter(kind=KIND).select_related("service__state", "state", "schedule")
    if slug is not None:
        checks = checks.filter(service__slug=slug)
    return [machine_row(check, now) for check in checks.order_by("service__state__rank", "service__name", "name")[:500]]


def machine_row(check: Check, now: datetime) -> MachineRow:
    row = check_row(check, now)
    groups = gauges.groups(check.kind, row.state.last_values, check.thresholds)
    meters = [gauge for group in groups for gauge in group.meters]
    return MachineRow(check.service, row, groups, gauges.headline(meters))
