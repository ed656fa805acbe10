"""The list of incidents, a page at a time by key: the cost of a page does not grow with its distance from the first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When

from alerts.incidents.asked import RANKS, After, Asked
from alerts.incidents.models import Incident
from alerts.incidents.queries import incidents_listed
from alerts.oncall.models import Schedule
from alerts.oncall.queries import NowAndNext, now_and_next
from security.access.models import User

PAGE_SIZE = 50
MOST_SCHEDULES = 12
ORDERS = {
    "newest": ("-opened_at", "-id"),
    "oldest": ("opened_at", "id"),
    "severity": ("rank", "-opened_at", "-id"),
}
RANK = Case(
    *(When(severity=name, then=Value(rank)) for name, rank in RANKS.items()),
    default=Value(9),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class ListPage:
    """`after`: where the next page begins; None where there is none."""

    incidents: list[Incident]
    after: After | None


def list_page(asked: Asked, me: int) -> ListPage:
    """The incidents that are asked for; `me` is the account for `mine`."""
    found = _filtered(asked, me)
    if asked.sort == "severity":
        found = found.annotate(rank=RANK)
    if asked.after:
        found = found.filter(_beyond(asked.sort, asked.after))
    incidents = list(found.order_by(*ORDERS[asked.sort])[: PAGE_SIZE + 1])
    more = len(incidents) > PAGE_SIZE
    incidents = incidents[:PAGE_SIZE]
    last = incidents[-1] if more else None
    return ListPage(incidents, last and After(RANKS.get(last.severity, 9), last.opened_at, last.pk))


def _filtered(asked: Asked, me: int) -> Any:
    wanted: dict[str, Any] = {}
    if asked.wanted:
        wanted["state__in"] = asked.wanted
    if asked.severities:
        wanted["severity__in"] = asked.severities
    if asked.service:
        wanted["service"] = asked.service
    if asked.since:
        wanted["opened_at__gte"] = asked.since
    if asked.assignee:
        # By the account's number: the index knows no names.
        wanted["assigned_to"] = User.objects.filter(username=asked.assignee).values_list("pk", flat=True).first() or 0
    found: Any = incidents_listed().filter(**wanted)
    if asked.mine:
        found = found.filter(Q(assigned_to=me) | Q(acknowledged_by=me))
    return found.search(asked.text) if asked.text else found


def _beyond(sort: str, after: After) -> Q:
    if sort == "oldest":
        return Q(opened_at__gte=after.time) & (Q(opened_at__gt=after.time) | Q(id__gt=after.id))
    later = Q(opened_at__lte=after.time) & (Q(opened_at__lt=after.time) | Q(id__lt=after.id))
    return Q(rank__gt=after.rank) | Q(rank=after.rank) & later if sort == "severity" else later


def on_call_now(now: datetime) -> list[NowAndNext]:
    """Who is on call, for the first schedules by name."""
    return now_and_next(list(Schedule.objects.order_by("name")[:MOST_SCHEDULES]), now)


def responders() -> list[User]:
    """Whom an incident can be assigned to."""
    return list(User.objects.filter(is_active=True).order_by("username")[:500])
