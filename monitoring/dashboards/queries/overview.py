"""The services of the overview."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Count, Min, Q

from monitoring.checks.choices import Status
from monitoring.checks.models import Service, ServiceState, StatusRollup
from monitoring.checks.querysets import ServiceQuerySet
from monitoring.dashboards import strips
from monitoring.dashboards.choices import Density
from monitoring.dashboards.filters import OverviewFilter

OPTIONS_LIMIT = 200
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
    rollups: dict[int, list[strips.Rollup]] = defaultdict(list)
    rows = (
        StatusRollup.objects.of_services()
        .filter(service_id__in=list(states), tier_s=strips.SLOT_S, start__gte=strips.first_slot(now))
        .values_list("service_id", *strips.Rollup._fields)
    )
    for service_id, *values in rows.iterator(chunk_size=10_000):
        rollups[service_id].append(strips.Rollup(*values))
    return {pk: strips.build(rollups[pk], now, status) for pk, status in states.items()}


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
