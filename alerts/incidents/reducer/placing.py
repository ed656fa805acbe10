"""Put alerts into the groups that the routing tree names."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from alerts.incidents import grouping, routing
from alerts.incidents.configuration import Configuration
from alerts.incidents.reducer.alert_rows import AlertRow
from alerts.incidents.reducer.direct import direct_node, node_of
from alerts.incidents.routing import Node

STANDING = """
SELECT g.key, g.id, g.next_flush_at, g.flushed_at,
    NOT EXISTS (SELECT FROM incidents_membership m JOIN incidents_alert a ON a.id = m.alert_id WHERE m.group_id = g.id AND a.is_firing
        AND NOT m.stale AND a.id <> ALL(%s)) AS is_empty
FROM incidents_group g WHERE g.key = ANY(%s) FOR UPDATE OF g
"""
ADD = """
INSERT INTO incidents_group (key, group_key, route_key, route_id, receiver_id, labels, created_at, next_flush_at)
SELECT key, group_key, route_key, route_id, receiver_id, labels, created_at, next_flush_at
FROM json_to_recordset(%s::json) AS r(key text, group_key text, route_key text, route_id bigint, receiver_id bigint, labels jsonb,
    created_at timestamptz, next_flush_at timestamptz)
RETURNING key, id
"""
PLAN = """
UPDATE incidents_group g SET next_flush_at = r.at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(id, at) WHERE g.id = r.id AND g.next_flush_at IS DISTINCT FROM r.at
"""
WAITING = """
SELECT g.id, g.route_key, g.next_flush_at, m.alert_id FROM incidents_membership m JOIN incidents_group g ON g.id = m.group_id
WHERE m.alert_id = ANY(%s) AND NOT m.stale AND g.flushed_at IS NULL AND g.next_flush_at IS NOT NULL
"""
JOIN = """
INSERT INTO incidents_membership (group_id, alert_id, joined_at, stale)
SELECT group_id, alert_id, %s, false FROM unnest(%s::bigint[], %s::bigint[]) AS r(group_id, alert_id)
ON CONFLICT (group_id, alert_id) DO UPDATE SET stale = false WHERE incidents_membership.stale
"""


@dataclass(slots=True)
class Place:
    """A group that alerts of a batch go to. `id` 0: it is not there yet."""

    key: str
    node: Node
    labels: dict[str, str]
    alerts: list[AlertRow]
    id: int = 0
    next_flush_at: datetime | None = None
    flushed_at: datetime | None = None
    is_empty: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "group_key": routing.group_key(self.node, self.labels),
            "route_key": self.node.unique_key,
            "route_id": self.node.id or None,
            "receiver_id": self.node.receiver_id,
            "labels": self.labels,
            "created_at": min(alert.received_at for alert in self.alerts),
            "next_flush_at": self.next_flush_at,
        }


def place(alerts: Sequence[AlertRow], configuration: Configuration, now: datetime) -> list[Place]:
    """Put new alerts into their groups, in the caller's transaction. Without a tree they wait for one."""
    if configuration.root is None or not alerts:
        return []
    places = _places(alerts, configuration, configuration.root)
    _find(places, [alert.id for alert in alerts])
    for one in places.values():
        _plan(one)
    _store([one for one in places.values() if not one.id], [one for one in places.values() if one.id])
    pairs = [(one.id, alert.id) for one in places.values() for alert in one.alerts]
    with connection.cursor() as cursor:
        cursor.execute(JOIN, [now, [group for group, _ in pairs], [alert for _, alert in pairs]])
    return list(places.values())


def hasten(alerts: Sequence[AlertRow], configuration: Configuration) -> None:
    """Alerts started earlier than was known: groups of theirs that were not told yet may have waited long enough."""
    if not alerts:
        return
    by_id = {alert.id: alert for alert in alerts}
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [list(by_id)])
        sooner: dict[int, datetime] = {}
        for pk, route_key, planned, alert_id in cursor.fetchall():
            node, alert = node_of(route_key, configuration), by_id[alert_id]
            if node:
                starts_at = alert.episode.starts_at
                first = grouping.first_flush_at(alert.received_at, starts_at, node.group_wait_s)
                sooner[pk] = min(sooner.get(pk, planned), first)
        cursor.execute(PLAN, [list(sooner), list(sooner.values())])


def _places(alerts: Iterable[AlertRow], configuration: Configuration, root: Node) -> dict[str, Place]:
    places: dict[str, Place] = {}
    keys: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    for alert in alerts:
        direct = direct_node(alert.labels, configuration)
        for node in [direct] if direct else routing.route(root, alert.labels):
            labels = routing.group_labels(node, alert.labels)
            known = (node.unique_key, tuple(labels.items()))
            key = keys.get(known)
            if key is None:
                key = keys[known] = digest(routing.told_key(node, labels))
                places.setdefault(key, Place(key, node, labels, []))
            places[key].alerts.append(alert)
    return places


def digest(told_key: str) -> str:
    """How a group is named in the database."""
    return hashlib.blake2b(told_key.encode(), digest_size=16).hexdigest()


def _find(places: dict[str, Place], alerts: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [alerts, list(places)])
        for key, pk, next_flush_at, flushed_at, is_empty in cursor.fetchall():
            one = places[key]
            one.id, one.next_flush_at, one.flushed_at, one.is_empty = pk, next_flush_at, flushed_at, is_empty


def _plan(one: Place) -> None:
    """When the group is told, as each alert joined it when it came in."""
    for alert in one.alerts:
        one.next_flush_at = grouping.joined_flush_at(
            one.next_flush_at,
            one.flushed_at,
            alert.received_at,
            alert.episode.starts_at,
            one.node.group_wait_s,
            one.node.group_interval_s,
            was_empty=one.is_empty,
        )
        one.is_empty = False


def _store(new: list[Place], standing: list[Place]) -> None:
    with connection.cursor() as cursor:
        if new:
            cursor.execute(ADD, [orjson.dumps([one.as_json() for one in new]).decode()])
            ids = dict(cursor.fetchall())
            for one in new:
                one.id = ids[one.key]
        if standing:
            cursor.execute(PLAN, [[one.id for one in standing], [one.next_flush_at for one in standing]])
