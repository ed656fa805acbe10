"""Incidents that are one, and one that is two."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import connection

from alerts.delivery.choices import MessageKind
from alerts.incidents import paging
from alerts.incidents.choices import EntryKind, IncidentState
from alerts.incidents.closing import end_told, firing_counts, listed, wanted
from alerts.incidents.estate import Estate
from alerts.incidents.grouping import ToldState
from alerts.incidents.members import MemberRow, of_incidents
from alerts.incidents.messages import alert_title, incident_message
from alerts.incidents.models import Group, Incident, IncidentAlert, Membership, ReceiverTarget
from alerts.incidents.record import Record
from alerts.incidents.told_rows import ToldRow, told_read, told_write
from alerts.incidents.worst import worst_of
from opsportal.writing import Person

MOVE = """
INSERT INTO incidents_incidentalert (incident_id, alert_id, joined_at, left_at)
SELECT %s, alert_id, joined_at, left_at FROM incidents_incidentalert WHERE incident_id = %s
ON CONFLICT (incident_id, alert_id) DO NOTHING
"""


def incidents_merge(
    record: Record, source: Incident, into: Incident, estate: Estate, *, reason: str = "", by: Person = None
) -> None:
    """What is in `source` is in `into` from now on; whoever was told of it is told so. Both are locked by the caller, and open."""
    words = f"Merged into #{into.pk} {into.title}" + (f": {reason}" if reason else "")
    who = by.get_username() if by else ""
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [into.pk, source.pk])
    IncidentAlert.objects.filter(incident=source, left_at__isnull=True).update(left_at=record.now)
    Group.objects.filter(incident=source).update(incident=into, next_flush_at=record.now)
    source.state, source.merged_into, source.resolved_at = IncidentState.MERGED, into, record.now
    source.wake_at, source.updated_at = None, record.now
    source.save(update_fields=["state", "merged_into", "resolved_at", "wake_at", "updated_at"])
    message = incident_message(source, [], estate, kind=MessageKind.RESOLVED)
    message = replace(message, title=f"Merged into #{into.pk}: {source.title}", text=words)
    end_told(record, source, message, told_read([source.subject]))
    paging.end(source, message, record.now)
    recount(into, record)
    record.note(source, EntryKind.MERGED, words, by=who, into=into.pk)
    record.note(into, EntryKind.MERGED, f"#{source.pk} {source.title} is part of this now" + (f": {reason}" if reason else ""),
                by=who, source=source.pk)  # fmt: skip


def incident_divide(
    record: Record, source: Incident, alerts: Sequence[int], estate: Estate, *, by: Person = None
) -> Incident:
    """Take alerts out of an incident, locked by the caller, into one of their own, of which all are told that were told of the first.

    Groups whose alerts are all among them go along.
    """
    members = {one.id: one for one in of_incidents([source.pk]).get(source.pk, [])}
    taken = [members[pk] for pk in alerts]
    worst = worst_of(taken)
    made = Incident.objects.create(
        title=alert_title(worst),
        severity=worst.severity,
        service=worst.service,
        opened_at=record.now,
        joined_at=record.now,
        updated_at=record.now,
    )
    IncidentAlert.objects.bulk_create(
        IncidentAlert(incident=made, alert_id=one.id, joined_at=record.now) for one in taken
    )
    IncidentAlert.objects.filter(incident=source, alert__in=alerts).update(left_at=record.now)
    _groups_follow(source, made, record, taken)
    recount(source, record)
    recount(made, record)
    titles, who = listed([alert_title(one) for one in taken]), by.get_username() if by else ""
    record.note(made, EntryKind.OPENED, f"Split from #{source.pk}: {titles}", by=who, source=source.pk)
    record.note(source, EntryKind.SPLIT, f"Split off to #{made.pk}: {titles}", by=who, into=made.pk)
    _tell_split(record, source, made, [one for one in taken if one.is_firing], estate)
    return made


def _tell_split(record: Record, source: Incident, made: Incident, firing: Sequence[MemberRow], estate: Estate) -> None:
    """Channels are told of the new incident, and policies page of it."""
    owing = [target for (_, target), row in told_read([source.subject]).items() if row.state.owed]
    identities = frozenset(one.identity for one in firing)
    if not owing or not identities:
        return
    message = incident_message(made, firing, estate)
    knows = ToldRow(ToldState(identities, frozenset(), identities, record.now), sequence=1)
    for target in ReceiverTarget.objects.filter(pk__in=owing).select_related("channel", "policy", "receiver"):
        if target.channel is not None:
            why = f"Receiver {target.receiver} was told of #{source.pk}, from which it was split."
            record.deliveries.append(wanted(made, target.channel, f"{made.subject}/t{target.pk}/n1", message, why))
        elif target.policy is not None:
            paging.page(made, target.policy, message, record.now)
    told_write({(made.subject, target): knows for target in owing})


def _groups_follow(source: Incident, made: Incident, record: Record, taken: Sequence[MemberRow]) -> None:
    alerts = [one.id for one in taken]
    mixed = Membership.objects.filter(group__incident=source, alert__is_firing=True).exclude(alert__in=alerts)
    groups = Group.objects.filter(memberships__alert__in=alerts).exclude(pk__in=mixed.values("group"))
    Group.objects.filter(pk__in=list(groups.values_list("pk", flat=True))).update(
        incident=made, next_flush_at=record.now
    )


def recount(incident: Incident, record: Record) -> None:
    incident.firing_count = firing_counts([incident.pk]).get(incident.pk, 0)
    incident.alert_count = IncidentAlert.objects.filter(incident=incident).count()
    incident.updated_at = record.now
    incident.save(update_fields=["firing_count", "alert_count", "updated_at"])
    record.changed.add(incident.pk)
