"""The end of incidents: nobody is paged any more, and whoever was told is told that it is over, in the same transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import orjson
from django.db import connection

from alerts.delivery.bulk import Wanted
from alerts.delivery.choices import MessageKind
from alerts.delivery.messages import Message
from alerts.delivery.models import Channel
from alerts.incidents import paging
from alerts.incidents.choices import UNRESOLVED, EntryKind, IncidentState
from alerts.incidents.estate import Estate
from alerts.incidents.incident_rows import incidents_write
from alerts.incidents.members import MemberRow, of_incidents
from alerts.incidents.messages import incident_message
from alerts.incidents.models import Incident, ReceiverTarget
from alerts.incidents.record import Record
from alerts.incidents.told_rows import Key, ToldRow, told_over, told_read, told_write
from opsportal.writing import Person

LEAVE = """
UPDATE incidents_incidentalert i SET left_at = %s FROM incidents_alert a
WHERE a.id = i.alert_id AND i.alert_id = ANY(%s) AND i.left_at IS NULL AND NOT a.is_firing
RETURNING i.incident_id, a.annotations ->> 'summary', a.labels ->> 'alertname', a.id
"""
STATEFUL = ("slack", "pagerduty")  # kinds that show an incident's state in place


def alerts_leave(record: Record, alert_ids: Collection[int], estate: Estate) -> None:
    """Alerts are over: they leave their incidents, and where nothing fires any more the incident is resolved."""
    if not alert_ids:
        return
    left: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, [record.now, list(alert_ids)])
        for incident_id, summary, name, alert_id in sorted(cursor.fetchall(), key=lambda row: row[3]):
            left[incident_id].append(summary or name or f"Alert {alert_id}")
    if not left:
        return
    incidents = list(Incident.objects.select_for_update().filter(pk__in=left).order_by("pk"))
    over = []
    firing = firing_counts(left)
    for incident in incidents:
        incident.firing_count = firing.get(incident.pk, 0)
        incident.updated_at = record.now
        record.note(incident, EntryKind.ALERT_LEFT, f"{listed(left[incident.pk])} resolved")
        if not incident.firing_count and incident.state in UNRESOLVED:
            over.append(incident)
    ending = {one.pk for one in over}
    incidents_write([one for one in incidents if one.pk not in ending])
    incidents_close(record, over, estate, summary="Resolved: nothing in it fires any more")


def firing_counts(incidents: Iterable[int]) -> dict[int, int]:
    """How many alerts fire in each incident."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT incident_id, count(*) FROM incidents_incidentalert WHERE incident_id = ANY(%s) AND left_at IS NULL GROUP BY 1",
            [list(incidents)],
        )
        return dict(cursor.fetchall())


def listed(titles: Sequence[str]) -> str:
    """Alerts in words: the one, or how many with the first of them."""
    if len(titles) == 1:
        return titles[0]
    more = f" and {len(titles) - 5} others" if len(titles) > 5 else ""
    return f"{len(titles)} alerts ({', '.join(titles[:5])}{more})"


def incidents_close(
    record: Record,
    incidents: Sequence[Incident],
    estate: Estate,
    *,
    summary: str,
    by: Person = None,
    wake_at: datetime | None = None,
) -> None:
    """Resolve incidents, locked by the caller. `wake_at`: when to look whether something still fires."""
    if not incidents:
        return
    members = of_incidents([one.pk for one in incidents], with_left=True)
    for incident in incidents:
        incident.state, incident.resolved_at, incident.resolved_by_id = (
            IncidentState.RESOLVED,
            record.now,
            by.pk if by else None,
        )
        incident.wake_at, incident.suppressed, incident.updated_at = wake_at, False, record.now
        record.note(incident, EntryKind.RESOLVED, summary, by=by.get_username() if by else "")
    incidents_write(incidents)
    told: dict[str, dict[Key, ToldRow]] = defaultdict(dict)
    for key, row in told_read([one.subject for one in incidents]).items():
        told[key[0]][key] = row
    for incident in incidents:
        if incident.subject in told:
            message = _end_message(incident, members.get(incident.pk, []), estate)
            end_told(record, incident, message, told[incident.subject])
            paging.end(incident, message, record.now)


def end_told(record: Record, incident: Incident, message: Message, told: Mapping[Key, ToldRow]) -> None:
    """Tell the channels that were told of it."""
    owing = {key: row for key, row in told.items() if row.state.owed}
    if not owing:
        return
    targets = ReceiverTarget.objects.select_related("channel", "receiver").in_bulk([target for _, target in owing])
    for (_, target), row in owing.items():
        _tell_end(record, incident, targets[target], row, message)
    told_write({key: told_over(row, record.now) for key, row in owing.items()})


def told_of_state(
    record: Record, incident: Incident, alerts: Sequence[MemberRow], estate: Estate, kind: MessageKind
) -> None:
    """Let channels that show how an incident stands show it: those of STATEFUL that were told of it."""
    told = told_read([incident.subject])
    ids = [target for (_, target), row in told.items() if row.state.owed]
    targets = ReceiverTarget.objects.filter(pk__in=ids, channel__kind__in=STATEFUL, channel__enabled=True)
    message = incident_message(incident, alerts, estate, kind=kind)
    for target in targets.select_related("channel", "receiver"):
        channel = target.channel
        assert channel is not None  # noqa: S101 - filtered by its kind
        key = f"{incident.subject}/t{target.pk}/{kind}/{record.now:%Y%m%dT%H%M%S%f}"
        why = f"Receiver {target.receiver} was told that it fires."
        record.deliveries.append(wanted(incident, channel, key, message, why))


def _end_message(incident: Incident, members: Sequence[MemberRow], estate: Estate) -> Message:
    """The newest episode begins with the last time it was opened; what left it before is not told again."""
    began = incident.joined_at - timedelta(days=1)
    recent = [one for one in members if not one.stale or one.updated_at >= began] or list(members)
    return incident_message(incident, recent, estate, kind=MessageKind.RESOLVED)


def _tell_end(record: Record, incident: Incident, target: ReceiverTarget, row: ToldRow, message: Message) -> None:
    channel = target.channel
    if channel is None or not target.send_resolved:
        return
    key = f"{incident.subject}/t{target.pk}/n{row.sequence + 1}"
    why = f"Receiver {target.receiver} was told that it fires."
    record.deliveries.append(wanted(incident, channel, key, message, why))


def wanted(incident: Incident, channel: Channel, key: str, message: Message, why: str) -> Wanted:
    """A message about an incident to a channel."""
    return Wanted(
        key=key,
        subject=incident.subject,
        thread=incident.thread,
        message=message_text(message),
        kind=message.kind,
        why=why,
        target_name=str(channel),
        channel_id=channel.pk,
        urgency=paging.urgency_of(incident.severity),
        fair_key=incident.service,
    )


def message_text(message: Message) -> str:
    return orjson.dumps(message.as_json()).decode()
