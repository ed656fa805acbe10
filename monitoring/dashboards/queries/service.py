"""Everything the page of one service shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from monitoring.checks.choices import Status
from monitoring.checks.models import (
    Check,
    CheckSchedule,
    CheckState,
    MaintenanceWindow,
    Service,
    ServiceState,
    StatusChange,
)
from monitoring.checks.probes.registry import LABELS
from monitoring.checks.queries import ping_url
from monitoring.checks.uptime import Share, Uptime, uptime, uptimes
from monitoring.dashboards import strips
from monitoring.dashboards.queries.overview import state_of, strips_of
from monitoring.dashboards.queries.pings import PingRow, last_pings
from monitoring.dashboards.values import ShownValue, charts_of, shown_values
from monitoring.events.models import Event

CHANGES_SHOWN = 20
EVENTS_SHOWN = 20
NEIGHBOURS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of a service, with what its last run saw."""

    check: Check
    state: CheckState
    schedule: CheckSchedule | None
    kind_label: str
    values: list[ShownValue]
    charts: list[ShownValue]
    paused: bool
    uptime: Mapping[str, Share] = field(default_factory=dict)
    pings: Sequence[PingRow] = ()
    ping_url: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of status, with the check it is of (None: the service itself)."""

    change: StatusChange
    check: Check | None


@dataclass(frozen=True, slots=True)
class ServicePage:
    service: Service
    state: ServiceState
    strip: strips.Strip
    checks: list[CheckRow]
    needs: list[Service]
    needed_by: list[Service]
    changes: list[Change]
    events: list[Event]
    maintenance: MaintenanceWindow | None
    uptime: Mapping[str, Uptime]


def service_page(service: Service, now: datetime) -> ServicePage:
    checks = checks_of(service, now)
    by_id = {row.check.pk: row.check for row in checks}
    neighbours = Service.objects.select_related("state").worst_first()
    return ServicePage(
        service=service,
        state=state_of(service),
        strip=strips_of([service], now)[service.pk],
        checks=checks,
        needs=list(neighbours.filter(dependents=service)[:NEIGHBOURS_SHOWN]),
        needed_by=list(neighbours.filter(depends_on=service)[:NEIGHBOURS_SHOWN]),
        changes=changes_of(service, by_id),
        events=list(events_of(service)[:EVENTS_SHOWN]),
        maintenance=MaintenanceWindow.objects.active(now).filter(service=service).first(),
        uptime=uptime(now, service_id=service.pk),
    )


def checks_of(service: Service, now: datetime) -> list[CheckRow]:
    """The checks of a service, the worst first; as many statements for a hundred as for one."""
    checks = list(service.checks.select_related("state", "schedule", "heartbeat_key"))
    shares, pings = uptimes(now, service_id=service.pk), last_pings(checks)
    rows = [
        replace(
            check_row(check, now),
            uptime=shares.get(check.pk, {}),
            pings=pings.get(check.pk, ()),
            ping_url=ping_url(check),
        )
        for check in checks
    ]
    return sorted(rows, key=lambda row: (Status(row.state.status).rank, row.check.name))


def check_row(check: Check, now: datetime) -> CheckRow:
    state = getattr(check, "state", None) or CheckState(check_ref=check)
    return CheckRow(
        check=check,
        state=state,
        schedule=getattr(check, "schedule", None),
        kind_label=LABELS.get(check.kind, check.kind),
        values=shown_values(check.kind, state.last_values),
        charts=charts_of(check.kind, state.last_values),
        paused=not check.enabled or bool(check.paused_until and check.paused_until > now),
    )


def changes_of(service: Service, checks: Mapping[int, Check]) -> list[Change]:
    found = StatusChange.objects.filter(service_id=service.pk)[:CHANGES_SHOWN]
    return [Change(change, checks.get(change.check_id or 0)) for change in found]


def events_of(service: Service) -> QuerySet[Event]:
    """Events of the service and of its checks."""
    own = Q(subject=f"service:{service.slug}")
    return Event.objects.filter(own | Q(subject__startswith=f"check:{service.slug}/"))
