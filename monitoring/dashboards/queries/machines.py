"""Machines: services that have a check of kind `system`, and machines that report through the agent without one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform

from monitoring.checks.models import Check, Machine, Service
from monitoring.checks.status import STALE_AFTER_INTERVALS
from monitoring.dashboards import gauges
from monitoring.dashboards.queries.service import CheckRow, check_row
from monitoring.dashboards.values import ShownValue, charts_of

KIND = "system"
SILENT_AFTER = timedelta(seconds=90)
"""The least time without a report that counts as silence: one late batch of a fast agent is none."""


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


@dataclass(frozen=True, slots=True)
class ReportingMachine:
    """A machine as its agent told of it. Nothing judges it: `stale` says only that its reports stopped."""

    machine: Machine
    facts: Mapping[str, str]
    groups: list[gauges.Group]
    headline: list[gauges.Gauge]
    charts: list[ShownValue]
    stale: bool
    watched: bool


def unwatched_machines(now: datetime) -> list[ReportingMachine]:
    """Machines that no check watches, those that stopped reporting first; one statement."""
    found = [reporting_machine(machine, now) for machine in Machine.objects.exclude(_watched()).order_by("name")[:500]]
    return sorted(found, key=lambda one: not one.stale)


def machine_reporting(slug: str, now: datetime) -> ReportingMachine | None:
    machine = Machine.objects.annotate(watched=_watched()).filter(slug=slug).first()
    return reporting_machine(machine, now) if machine else None


def reporting_machine(machine: Machine, now: datetime) -> ReportingMachine:
    values = machine.report.get("values", {})
    groups = gauges.groups(KIND, values, [])
    return ReportingMachine(
        machine=machine,
        facts=machine.report.get("facts", {}),
        groups=groups,
        headline=gauges.headline([gauge for group in groups for gauge in group.meters]),
        charts=[value for value in charts_of(KIND, values) if value.name],
        stale=is_stale(machine, now),
        watched=getattr(machine, "watched", False),
    )


def is_stale(machine: Machine, now: datetime) -> bool:
    """Whether its reports stopped: none for three of its intervals, and for SILENT_AFTER at least."""
    silence = max(SILENT_AFTER, STALE_AFTER_INTERVALS * timedelta(seconds=machine.interval_s))
    return machine.last_report_at is None or now - machine.last_report_at > silence


def _watched() -> Q:
    """Whether a check watches a machine: by the name it reports with, or as the service of that name."""
    checks = Check.objects.filter(kind=KIND)
    by_host = checks.annotate(host=KeyTextTransform("host", "settings")).filter(host=OuterRef("slug"))
    return Exists(by_host) | Exists(checks.filter(service__slug=OuterRef("slug")))
