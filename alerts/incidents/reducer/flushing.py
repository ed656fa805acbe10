"""Look at the groups that are due: what is kept quiet, which incident it is, who is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from alerts.incidents import grouping, intervals, paging
from alerts.incidents.choices import EntryKind, IncidentState
from alerts.incidents.closing import alerts_leave
from alerts.incidents.configuration import Configuration
from alerts.incidents.incident_rows import alerts_join, incidents_add, incidents_write
from alerts.incidents.members import MemberRow, newest, of_groups
from alerts.incidents.merging import incidents_merge
from alerts.incidents.record import Record
from alerts.incidents.reducer.cases import Case, Cases, settle, tell_people
from alerts.incidents.reducer.direct import node_of
from alerts.incidents.reducer.notifying import Look, Notifier
from alerts.incidents.reducer.suppression import Quiet, Quieter, quiet_store
from alerts.incidents.told_rows import told_read, told_write

MOST_GROUPS = 200
DUE = """
SELECT id, key, group_key, route_key, receiver_id, labels::text, incident_id, next_flush_at FROM incidents_group
WHERE next_flush_at <= %s ORDER BY next_flush_at, id LIMIT %s FOR UPDATE
"""
AFTER = """
UPDATE incidents_group g SET flushed_at = r.flushed_at, next_flush_at = r.next_flush_at, incident_id = r.incident_id,
    receiver_id = r.receiver_id, route_id = r.route_id
FROM json_to_recordset(%s::json) AS r(id bigint, flushed_at timestamptz, next_flush_at timestamptz, incident_id bigint, receiver_id bigint,
    route_id bigint)
WHERE g.id = r.id
"""
LINGER = timedelta(seconds=grouping.LINGER_S)


@dataclass(frozen=True, slots=True)
class Due:
    """A row of DUE."""

    id: int
    key: str
    group_key: str
    route_key: str
    receiver_id: int
    labels: str
    incident_id: int | None
    planned_at: datetime


def flush(record: Record, configuration: Configuration, most: int = MOST_GROUPS) -> int:
    """One batch of due groups, in the caller's transaction; how many they were."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [record.now, most])
        due = [Due(*row) for row in cursor.fetchall()]
    if not due:
        return 0
    members = of_groups(one.id for one in due)
    empty = [one for one in due if not members.get(one.id)]
    _delete([one.id for one in empty])
    looks = _looks([one for one in due if members.get(one.id)], members, configuration, record.now)
    _gather(looks, record, configuration)
    notifier = Notifier(configuration, record, told_read(look.key for look in looks))
    for look in looks:
        notifier.tell(look)
    notifier.page()
    told_write(notifier.written)
    leave_what_is_over(record, looks, configuration)
    _after(looks, members, record.now)
    return len(due)


def _looks(
    due: Sequence[Due], members: dict[int, list[MemberRow]], configuration: Configuration, now: datetime
) -> list[Look]:
    quieter = Quieter.at(now, configuration)
    looks, stored = [], []
    for one in due:
        node = node_of(one.route_key, configuration)
        mute = node and intervals.muted(node.mute_times, node.active_times, configuration.intervals, now)
        for member in members[one.id]:
            quiet = quieter.of(member.id, member.labels, member.service)
            if mute:
                quiet = Quiet({**quiet.by, "muted": [mute]}, quiet.until)
            stored.append((member, quiet))
        looks.append(
            Look(
                id=one.id,
                key=one.key,
                group_key=one.group_key,
                labels=orjson.loads(one.labels),
                planned_at=one.planned_at,
                node=node,
                receiver=configuration.receivers.get(node.receiver_id if node else one.receiver_id),
                receiver_id=node.receiver_id if node else one.receiver_id,
                members=list(newest(members[one.id]).values()),
                muted=mute or "",
                incident_id=one.incident_id,
            )
        )
    quiet_store(stored)
    for member, quiet in stored:
        member.suppressed_by, member.suppressed_until = dict(quiet.by), quiet.until
    return looks


def _gather(looks: Sequence[Look], record: Record, configuration: Configuration) -> None:
    """Bring the groups' alerts into incidents, and store these."""
    cases = Cases(configuration, record)
    cases.load(look.incident_id for look in looks if look.incident_id)
    louds = {look.id: look.loud() for look in looks}
    cases.look_up([one for look in looks for one in louds[look.id] if not _is_known(cases, look, one)])
    for look in looks:
        loud = louds[look.id]
        look.case = cases.of_group(look.incident_id, loud)
        before = cases.known.get(look.incident_id or 0)
        if look.case:
            _refresh(look.case, look.members)
            cases.join(look.case, loud)
        look.incident = look.case.incident if look.case else before.incident if before else None
    known = list(cases.known.values())
    for case in known:
        if case.joined:
            settle(case, record, configuration)
    _store(known, record)
    for case in known:
        _quiet_down(case, record)
        if case.joined and case.told and case.open:
            tell_people(case, configuration, record.now)
    _merge(cases, looks, record, configuration)


def _is_known(cases: Cases, look: Look, alert: MemberRow) -> bool:
    case = cases.known.get(look.incident_id or 0)
    return case is not None and case.open and alert.id in case.firing


def _refresh(case: Case, members: Iterable[MemberRow]) -> None:
    """What keeps the incident's alerts quiet, as it is now."""
    for member in members:
        if member.id in case.firing:
            case.firing[member.id] = member


def _store(cases: Sequence[Case], record: Record) -> None:
    for case in cases:
        if case.changed:
            case.incident.firing_count, case.incident.updated_at = len(case.firing), record.now
            record.changed.add(case.incident.pk)
    incidents_add([case.incident for case in cases if case.is_new])
    incidents_write([case.incident for case in cases if case.changed and not case.is_new])
    alerts_join([(case.incident.pk, one.id) for case in cases for one in case.joined], record.now)


def _quiet_down(case: Case, record: Record) -> None:
    """Everything that fires in it is kept quiet by now, or something is not any more."""
    incident = case.incident
    quiet = bool(case.firing) and not case.loud()
    if not case.open or quiet == incident.suppressed:
        return
    incident.suppressed = quiet
    incident.save(update_fields=["suppressed"])
    if quiet:
        why = _why(case.firing.values())
        record.note(incident, EntryKind.SUPPRESSED, f"Kept quiet: {why}. Nobody further is told.")
        if incident.state == IncidentState.OPEN:
            paging.hold(incident, f"Kept quiet: {why}.", record.now)
    else:
        case.again = True
        record.note(incident, EntryKind.SUPPRESSED, "No longer kept quiet, and it still fires: told again.")
        if incident.state == IncidentState.OPEN:
            paging.resume(incident, "No longer kept quiet, and it still fires.", record.now)


def _why(alerts: Iterable[MemberRow]) -> str:
    """By what kinds of things, in words."""
    words = {
        "silences": "a silence",
        "maintenance": "maintenance",
        "inhibitors": "another alert",
        "muted": "mute times",
    }
    kinds = {what for one in alerts for what in one.suppressed_by}
    return " and ".join(words[what] for what in words if what in kinds)


def _merge(cases: Cases, looks: Sequence[Look], record: Record, configuration: Configuration) -> None:
    """Incidents that turned out to be one, and the groups of this batch that were in them."""
    for into, tie in cases.merges:
        source = cases.known[tie.incident]
        target = cases.known[into]
        if source is target or not source.open or not target.open:
            continue
        incidents_merge(record, source.incident, target.incident, configuration.estate, reason=tie.reason)
        target.firing |= source.firing
        for look in looks:
            if look.case is source:
                look.case, look.incident = target, target.incident


def _after(looks: Sequence[Look], members: dict[int, list[MemberRow]], now: datetime) -> None:
    """Plan the next look; what has resolved leaves the group, a group with nothing left lingers and is deleted."""
    gone: list[int] = []
    rows: list[dict[str, Any]] = []
    for look in looks:
        left = [one for one in members[look.id] if not one.fired_at(look.planned_at)]
        gone += [one.membership_id for one in left]
        stays = len(left) < len(members[look.id])
        interval_s = look.node.group_interval_s if look.node else grouping.LINGER_S
        rows.append(
            {
                "id": look.id,
                "flushed_at": look.planned_at,
                "next_flush_at": grouping.next_flush_at(look.planned_at, now, interval_s)
                if stays
                else look.planned_at + LINGER,
                "incident_id": look.incident.pk if look.incident else None,
                "receiver_id": look.receiver_id,
                "route_id": (look.node.id or None) if look.node else None,
            }
        )
    with connection.cursor() as cursor:
        if gone:
            cursor.execute("DELETE FROM incidents_membership WHERE id = ANY(%s)", [gone])
        cursor.execute(AFTER, [orjson.dumps(rows).decode()])


def _delete(groups: list[int]) -> None:
    """Nothing came back while they lingered."""
    if groups:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM incidents_membership WHERE group_id = ANY(%s)", [groups])
            cursor.execute("DELETE FROM incidents_group WHERE id = ANY(%s)", [groups])


def leave_what_is_over(record: Record, looks: Sequence[Look], configuration: Configuration) -> None:
    """Alerts that were over already when their group was told, late."""
    over = [one.id for look in looks if look.case for one in look.members if not one.is_firing]
    alerts_leave(record, over, configuration.estate)
