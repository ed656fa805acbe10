"""The services of the overview."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import Count, Min, Q

from monitoring.checks.choices import Status
from monitoring.checks.models import Service, ServiceState
from monitoring.checks.querysets import ServiceQuerySet
from monitoring.checks.rollups import SLOT_S
from monitoring.dashboards import strips
from monitoring.dashboards.choices import Density
from monitoring.dashboards.filters import OverviewFilter

OPTIONS_LIMIT = 200
# One row a service instead of ninety: what the driver and the ORM cost by row would be half of the page's time.
ROLLUPS = """
SELECT service_id, json_agg(json_build_array(extract(epoch FROM start)::bigint, up_s, degraded_s, down_s, unknown_s,
                                             excluded_s, runs, latency_sum_s, latency))::text
  FROM checks_statusrollup
 WHERE check_id IS NULL AND service_id = ANY(%s) AND tier_s = %s AND start >= %s
 GROUP BY service_id
"""
WRONG = (Status.DOWN, Status.DEGRADED, Status.STALE, Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many services of all have this status, and since when the first of them."""

    status: Status
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One service on the overview; no strip on a wall."""

    service: Service
    state: ServiceState
    strip: strips.Strip | None


@dataclass(frozen=True, slots=True)
class Overview:
    """One page of the overview. `matched` counts all pages of the filter, `counts` the whole estate."""

    counts: list[StatusCount]
    total: int
    matched: int
    page: int
    pages: int
    rows: list[Row]
    owners: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[StatusCount]:
        return [count for count in self.counts if count.status in WRONG]


def overview(asked: OverviewFilter, now: datetime) -> Overview:
    """Four statements: counts, the page of services, their roll-ups, what can be filtered by."""
    found = matching(asked)
    counts, matched = status_counts(found)
    size = asked.density.page_size
    pages = max(1, -(-matched // size))
    page = min(asked.page, pages)
    services = list(found.select_related("state", "state__affected_by").worst_first()[(page - 1) * size : page * size])
    drawn = {} if asked.density is Density.WALL else strips_of(services, now)
    owners, labels = options()
    return Overview(
        counts=counts,
        total=sum(count.count for count in counts),
        matched=matched,
        page=page,
        pages=pages,
        rows=[Row(service, state_of(service), drawn.get(service.pk)) for service in services],
        owners=owners,
        labels=labels,
    )


def matching(asked: OverviewFilter) -> ServiceQuerySet:
    found: ServiceQuerySet = Service.objects.all()
    if asked.text:
        found = found.search(asked.text)
    if asked.statuses:
        found = found.filter(state__status__in=asked.statuses)
    if asked.owner:
        found = found.filter(owner=asked.owner)
    if asked.label:
        found = found.with_label(*asked.label)
    return found


def status_counts(found: ServiceQuerySet) -> tuple[list[StatusCount], int]:
    """Services by status over the whole estate, the worst first, and how many of them are in `found`."""
    rows = ServiceState.objects.values_list("status").annotate(
        total=Count("pk"), oldest=Min("since"), matched=Count("pk", filter=Q(pk__in=found.values("pk")))
    )
    counted = list(rows)
    counts = [StatusCount(Status(status), total, oldest) for status, total, oldest, _ in counted]
    return sorted(counts, key=lambda count: count.status.rank), sum(row[3] for row in counted)


def strips_of(services: Iterable[Service], now: datetime) -> dict[int, strips.Strip]:
    """The strip of each service by its id, from one statement."""
    states = {service.pk: state_of(service).status for service in services}
    with connection.cursor() as cursor:
        cursor.execute(ROLLUPS, [list(states), SLOT_S, strips.first_slot(now)])
        rollups = {service_id: [rollup(row) for row in orjson.loads(rows)] for service_id, rows in cursor.fetchall()}
    return {pk: strips.build(rollups.get(pk, ()), now, status) for pk, status in states.items()}


def rollup(row: list[Any]) -> strips.Rollup:
    start_s, *values = row
    return strips.Rollup(datetime.fromtimestamp(start_s, UTC), *values)


def state_of(service: Service) -> ServiceState:
    """The state of a service; one that has none yet is pending."""
    found: ServiceState | None = getattr(service, "state", None)
    return found or ServiceState(service=service, rank=Status.PENDING.rank)


def options() -> tuple[list[str], list[str]]:
    """The most used owners and labels ("env:prod"), which the filter offers."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            (SELECT 'owner', owner, count(*) FROM checks_service WHERE owner <> '' GROUP BY 2 ORDER BY 3 DESC LIMIT %(limit)s)
            UNION ALL
            (SELECT 'label', label.key || ':' || label.value, count(*)
               FROM checks_service, jsonb_each_text(labels) AS label
              WHERE jsonb_typeof(labels) = 'object' GROUP BY 2 ORDER BY 3 DESC LIMIT %(limit)s)
            """,
            {"limit": OPTIONS_LIMIT},
        )
        found = cursor.fetchall()
    owners = sorted(word for kind, word, _ in found if kind == "owner")
    return owners, sorted(word for kind, word, _ in found if kind == "label")
