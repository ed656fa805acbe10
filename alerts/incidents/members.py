"""Alerts as members of groups and of incidents, read in bulk with everything that is told of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

COLUMNS = """a.id, a.identity, a.labels::text, a.annotations::text, a.generator_url, a.severity, a.service, a.starts_at, a.ends_at,
    a.updated_at, a.is_firing, a.suppressed_by::text, a.suppressed_until"""
OF_GROUPS = f"""
SELECT m.group_id, m.id, m.stale, {COLUMNS} FROM incidents_membership m JOIN incidents_alert a ON a.id = m.alert_id
WHERE m.group_id = ANY(%s) ORDER BY m.group_id, a.starts_at, a.id
"""  # noqa: S608 - own columns
OF_INCIDENTS = f"""
SELECT i.incident_id, i.id, i.left_at IS NOT NULL, {COLUMNS}
FROM incidents_incidentalert i JOIN incidents_alert a ON a.id = i.alert_id
WHERE i.incident_id = ANY(%s) AND (i.left_at IS NULL OR %s) ORDER BY i.incident_id, a.starts_at, a.id
"""  # noqa: S608 - own columns


@dataclass(slots=True)
class MemberRow:
    """An alert in a group (`of` is the group) or in an incident (`of` is that). `stale`: the tree does not lead it there any more; in an
    incident: it has left."""

    of: int
    membership_id: int
    stale: bool
    id: int
    identity: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    generator_url: str
    severity: str
    service: str
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    is_firing: bool
    suppressed_by: dict[str, list[str]] = field(default_factory=dict)
    suppressed_until: datetime | None = None

    def fired_at(self, time: datetime) -> bool:
        """Whether it was known to fire then: it does now, or its end came, or was heard of, later."""
        return self.is_firing or max(self.ends_at, self.updated_at) > time


def of_groups(groups: Iterable[int]) -> dict[int, list[MemberRow]]:
    """By group, in the order they started."""
    return _read(OF_GROUPS, [list(groups)])


def of_incidents(incidents: Iterable[int], *, with_left: bool = False) -> dict[int, list[MemberRow]]:
    """By incident: the alerts that are in it, with those that have left it if wanted."""
    return _read(OF_INCIDENTS, [list(incidents), with_left])


def newest(members: Iterable[MemberRow]) -> dict[str, MemberRow]:
    """One an identity: of several episodes the newest."""
    found: dict[str, MemberRow] = {}
    for one in members:
        standing = found.get(one.identity)
        if standing is None or (one.is_firing, one.id) > (standing.is_firing, standing.id):
            found[one.identity] = one
    return found


def _read(statement: str, parameters: list[Any]) -> dict[int, list[MemberRow]]:
    found: dict[int, list[MemberRow]] = {}
    if not parameters[0]:
        return found
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        for row in cursor.fetchall():
            member = MemberRow(*row)
            member.labels, member.annotations = orjson.loads(row[5]), orjson.loads(row[6])
            member.suppressed_by = orjson.loads(row[14])
            found.setdefault(member.of, []).append(member)
    return found
