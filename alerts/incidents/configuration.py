"""What decides over alerts, as it stands in the database: read once, and again when its revision has changed."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import F

from alerts.incidents import inhibition, intervals, recurrence, routing
from alerts.incidents.estate import Estate, estate_read
from alerts.incidents.intervals import Intervals
from alerts.incidents.matching import Matchers, parse_all
from alerts.incidents.models import (
    IncidentSettings,
    InhibitionRule,
    Receiver,
    ReceiverTarget,
    RecurringMaintenance,
    Route,
    Silence,
    TimeInterval,
)
from alerts.incidents.recurrence import Recurrence
from alerts.incidents.reducer.remembering import Memory
from alerts.incidents.routing import Node, RouteData
from alerts.incidents.silencing import SilenceView

log = logging.getLogger(__name__)

BELIEVED = timedelta(seconds=30)  # for what is changed by hand in the database


@dataclass(frozen=True, slots=True)
class TargetView:
    """A receiver's target: a channel or a policy."""

    id: int
    receiver_id: int
    channel_id: int | None
    policy_id: int | None
    send_resolved: bool


@dataclass(frozen=True, slots=True)
class ReceiverView:
    id: int
    name: str
    per_incident: bool
    targets: tuple[TargetView, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A recurring maintenance."""

    id: int
    name: str
    matchers: Matchers
    recurrence: Recurrence
    duration_s: float


@dataclass(slots=True)
class Configuration:
    """`root` is None while no tree can be made of the routes. `digest` is of what decides where alerts go."""

    settings: IncidentSettings
    loaded_at: datetime
    root: Node | None = None
    digest: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)  # by unique key
    intervals: Mapping[str, Intervals] = field(default_factory=dict)
    rules: tuple[inhibition.Rule, ...] = ()
    silences: tuple[SilenceView, ...] = ()
    plans: tuple[Plan, ...] = ()
    receivers: dict[int, ReceiverView] = field(default_factory=dict)
    targets: dict[int, TargetView] = field(default_factory=dict)
    estate: Estate = field(default_factory=Estate)
    direct: dict[str, int] = field(default_factory=dict)  # receivers that stand for a policy, by its slug
    memory: Memory = field(default_factory=Memory)

    def reread_receivers(self) -> None:
        self.receivers = receivers_read()
        self.targets = {one.id: one for receiver in self.receivers.values() for one in receiver.targets}

    def is_stale(self, revision: int, now: datetime) -> bool:
        return revision != self.settings.revision or not timedelta(0) <= now - self.loaded_at < BELIEVED


def settings_stored() -> IncidentSettings:
    """The one row; made on first use."""
    return IncidentSettings.objects.get_or_create(pk=1)[0]


def revise() -> None:
    """What decides over alerts has changed, in the caller's transaction."""
    settings_stored()
    IncidentSettings.objects.filter(pk=1).update(revision=F("revision") + 1)


def load(now: datetime) -> Configuration:
    """Everything as it is now. What cannot be understood is logged and left out: the rest goes on."""
    found = Configuration(settings=settings_stored(), loaded_at=now)
    rows = routes_read()
    try:
        found.root = routing.tree(rows)
    except ValueError as error:
        log.error("incidents: no routing tree, alerts wait for one: %s", error)
    else:
        found.nodes = {node.unique_key: node for node in routing.walk(found.root)}
        found.digest = _digest(rows)
    found.intervals = {
        row.name: intervals.parse(row.intervals) for row in TimeInterval.objects.all() if _sound(row, row.name)
    }
    found.rules = tuple(_rule(row) for row in InhibitionRule.objects.filter(enabled=True).order_by("id"))
    found.silences = silences_read(now)
    found.plans = tuple(_plan(row) for row in RecurringMaintenance.objects.filter(enabled=True).order_by("id"))
    found.reread_receivers()
    found.estate = estate_read()
    return found


def routes_read() -> list[RouteData]:
    """The routes as the thinking wants them."""
    rows = Route.objects.prefetch_related("mute_times", "active_times").order_by("position", "id")
    return [
        RouteData(
            id=row.pk,
            parent_id=row.parent_id,
            position=row.position,
            matchers=tuple(row.matchers),
            receiver_id=row.receiver_id,
            group_by=None if row.group_by is None else tuple(row.group_by),
            group_wait_s=row.group_wait_s,
            group_interval_s=row.group_interval_s,
            repeat_interval_s=row.repeat_interval_s,
            goes_on=row.goes_on,
            mute_times=tuple(one.name for one in row.mute_times.all()),
            active_times=tuple(one.name for one in row.active_times.all()),
            name=row.name,
        )
        for row in rows
    ]


def silences_read(now: datetime) -> tuple[SilenceView, ...]:
    """Those that are active or will be."""
    return tuple(
        SilenceView(str(row.uuid), parse_all(row.matchers), row.starts_at, row.ends_at)
        for row in Silence.objects.filter(ends_at__gte=now).order_by("id")
    )


def receivers_read() -> dict[int, ReceiverView]:
    targets = {
        receiver_id: tuple(rows)
        for receiver_id, rows in groupby(
            (
                TargetView(row.pk, row.receiver_id, row.channel_id, row.policy_id, row.send_resolved)
                for row in ReceiverTarget.objects.order_by("receiver_id", "id")
            ),
            key=lambda one: one.receiver_id,
        )
    }
    return {
        row.pk: ReceiverView(row.pk, row.name, row.per_incident, targets.get(row.pk, ()))
        for row in Receiver.objects.all()
    }


def _sound(row: TimeInterval, name: str) -> bool:
    try:
        intervals.parse(row.intervals)
    except ValueError as error:
        log.error("incidents: time interval %r is left out: %s", name, error)
        return False
    return True


def _rule(row: InhibitionRule) -> inhibition.Rule:
    return inhibition.Rule(
        row.pk, row.name, parse_all(row.source_matchers), parse_all(row.target_matchers), tuple(row.equal)
    )


def _plan(row: RecurringMaintenance) -> Plan:
    return Plan(
        row.pk,
        row.name,
        parse_all(row.matchers),
        recurrence.parse(row.recurrence, row.first_at, row.time_zone),
        row.duration_s,
    )


def _digest(rows: list[RouteData]) -> str:
    return hashlib.blake2b(repr(rows).encode(), digest_size=16).hexdigest()
