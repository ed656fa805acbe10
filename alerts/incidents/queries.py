"""Joined reads of incidents for pages and the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet

from alerts.delivery.models import Attempt, Delivery
from alerts.incidents import routing
from alerts.incidents.choices import UNRESOLVED, EntryKind
from alerts.incidents.configuration import routes_read
from alerts.incidents.identity import labels_check
from alerts.incidents.models import Alert, Incident, IncidentEntry, Receiver, Route, Silence
from alerts.incidents.silencing import State, state
from alerts.oncall.models import EscalationEntry, EscalationPolicy

MOST_LINES = 2000  # of each source in one timeline: the latest


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline. `source`: incident, escalation or delivery. `id` is unique among the lines of its source.

    `attempts` of a delivery: each {"number", "started_at", "duration_s", "outcome", "status_code", "answer"}.
    """

    time: datetime
    source: str
    id: int
    kind: str
    summary: str
    by: str = ""
    icon: str = ""
    state: str = ""
    attempts: list[dict[str, Any]] = field(default_factory=list)
    payload: Mapping[str, Any] = field(default_factory=dict)


ICONS = {
    EntryKind.OPENED: "local_fire_department",
    EntryKind.ALERT_JOINED: "add_alert",
    EntryKind.ALERT_LEFT: "notifications_off",
    EntryKind.NOTIFIED: "send",
    EntryKind.SUPPRESSED: "notifications_paused",
    EntryKind.ACKNOWLEDGED: "front_hand",
    EntryKind.ACK_EXPIRED: "timer_off",
    EntryKind.SNOOZED: "snooze",
    EntryKind.REOPENED: "replay",
    EntryKind.RESOLVED: "check_circle",
    EntryKind.MERGED: "merge",
    EntryKind.SPLIT: "call_split",
    EntryKind.ASSIGNED: "assignment_ind",
    EntryKind.SEVERITY: "priority_high",
    EntryKind.COMMENT: "comment",
    EntryKind.POSTMORTEM: "menu_book",
    EntryKind.CORRELATED: "hub",
}


def incidents_listed() -> QuerySet[Incident]:
    """With the people in them, the newest first."""
    return Incident.objects.select_related("acknowledged_by", "assigned_to", "resolved_by").order_by(
        "-opened_at", "-id"
    )


def alerts_listed() -> QuerySet[Alert]:
    return Alert.objects.order_by("-starts_at", "-id")


def unresolved_counts() -> dict[str, int]:
    """How many incidents are open, acknowledged, snoozed."""
    rows = Incident.objects.filter(state__in=UNRESOLVED).values_list("state").annotate(Count("pk")).order_by()
    return dict.fromkeys((one.value for one in UNRESOLVED), 0) | dict(rows)


def alerts_of(incident: Incident, *, most: int = 500) -> QuerySet[Alert]:
    """Its alerts, those that fire first, each with `joined_at` and `left_at` by its IncidentAlert."""
    return alerts_listed().filter(incidents__incident=incident).order_by("-is_firing", "-starts_at", "-id")[:most]


def silences_listed(now: datetime, wanted: State | None = None) -> QuerySet[Silence]:
    """Silences, those that end last first; only those in a state, if wanted."""
    rows = Silence.objects.select_related("user").order_by("-ends_at", "-id")
    if wanted == "active":
        return rows.filter(starts_at__lte=now, ends_at__gte=now)
    if wanted == "pending":
        return rows.filter(starts_at__gt=now)
    return rows.filter(ends_at__lt=now) if wanted == "expired" else rows


def silence_state(silence: Silence, now: datetime) -> State:
    return state(silence.starts_at, silence.ends_at, now)


def timeline(incident: Incident) -> list[Line]:
    """Everything that happened, oldest first: what alerts and people did, what escalations did, each message with each attempt."""
    lines = [*_entries(incident), *_escalations(incident), *_deliveries(incident)]
    return sorted(lines, key=lambda line: (line.time, line.source != "incident", line.source, line.id))


def entry_line(entry: IncidentEntry) -> Line:
    return Line(
        time=entry.time,
        source="incident",
        id=entry.pk,
        kind=entry.kind,
        summary=entry.summary,
        by=entry.by,
        icon=ICONS.get(EntryKind(entry.kind), ""),
        payload=entry.payload,
    )


def _entries(incident: Incident) -> Iterable[Line]:
    return (entry_line(one) for one in incident.entries.order_by("-time", "-id")[:MOST_LINES])


def _escalations(incident: Incident) -> Iterable[Line]:
    rows = EscalationEntry.objects.filter(escalation__subject=incident.subject).select_related("escalation__policy")
    for one in rows.order_by("-time", "-id")[:MOST_LINES]:
        policy = one.escalation.policy
        yield Line(
            time=one.time,
            source="escalation",
            id=one.pk,
            kind=one.outcome,
            summary=one.summary,
            icon="stairs",
            payload={"policy": str(policy or ""), "step": one.step, "lap": one.lap, "targets": one.targets},
        )


def _deliveries(incident: Incident) -> Iterable[Line]:
    rows = list(Delivery.objects.filter(subject=incident.subject).order_by("-created_at", "-id")[:MOST_LINES])
    attempts: dict[int, list[dict[str, Any]]] = {}
    for one in Attempt.objects.filter(delivery__in=rows).order_by("delivery", "number"):
        attempts.setdefault(one.delivery_id, []).append(
            {
                "number": one.number,
                "started_at": one.started_at,
                "duration_s": one.duration_s,
                "outcome": one.outcome,
                "status_code": one.status_code,
                "answer": one.answer,
            }
        )
    for row in rows:
        yield Line(
            time=row.created_at,
            source="delivery",
            id=row.pk,
            kind=row.kind,
            summary=f"{row.get_kind_display()} to {row.target_name}: {row.get_state_display()}",
            icon="send",
            state=row.state,
            attempts=attempts.get(row.pk, []),
            payload={
                "why": row.why,
                "last_error": row.last_error,
                "held_by": row.held_by,
                "next_attempt_at": row.next_attempt_at.isoformat() if row.state == "pending" else None,
                "finished_at": row.finished_at.isoformat() if row.finished_at else None,
            },
        )


def routes_listed() -> QuerySet[Route]:
    return (
        Route.objects.select_related("parent", "receiver")
        .prefetch_related("mute_times", "active_times")
        .order_by("position", "id")
    )


def receivers_listed() -> QuerySet[Receiver]:
    return Receiver.objects.prefetch_related("targets__channel", "targets__policy").order_by("name")


@dataclass(frozen=True, slots=True)
class TriedRoute:
    """A route on the way of an alert, with its receiver's name."""

    node: routing.Node
    depth: int
    matched: bool
    taken: bool
    why: str
    receiver: str


@dataclass(frozen=True, slots=True)
class RouteTest:
    """Who would be told, and every route that was tried."""

    receivers: list[str]
    tried: list[TriedRoute]


def route_tried(labels: Mapping[str, str]) -> RouteTest:
    """Which routes an alert would take, as the tree is now. Raises ValidationError where there is none."""
    try:
        root = routing.tree(routes_read())
        wanted = labels_check(labels)
    except ValueError as error:
        raise ValidationError({"labels": str(error)}) from None
    names = dict(Receiver.objects.values_list("pk", "name"))
    policy = EscalationPolicy.objects.filter(slug=wanted.get("policy", "")).first()
    if policy is not None:
        return RouteTest([f"Policy {policy}: the label `policy` names it, and the tree is not looked at"], [])
    tried = [
        TriedRoute(one.node, one.depth, one.matched, one.taken, one.why, names.get(one.node.receiver_id, ""))
        for one in routing.explain(root, wanted)
    ]
    return RouteTest([one.receiver for one in tried if one.taken], tried)
