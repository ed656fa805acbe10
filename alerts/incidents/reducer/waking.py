"""What sleeps and is woken: acknowledgements and snoozes, incidents resolved by hand that still fire, quiet that ends, reminders."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection
from django.db.models import F

from alerts.incidents import paging
from alerts.incidents.choices import EntryKind, IncidentState
from alerts.incidents.configuration import Configuration
from alerts.incidents.incident_rows import incidents_write
from alerts.incidents.members import MemberRow, of_incidents
from alerts.incidents.models import Group, Incident, Silence
from alerts.incidents.record import Record
from alerts.incidents.reducer.cases import Case, reopen
from alerts.incidents.reminding import silence_remind

MOST = 500
QUIET_OVER = """
WITH over AS (
    UPDATE incidents_alert SET suppressed_until = NULL WHERE id IN (
        SELECT id FROM incidents_alert WHERE is_firing AND suppressed_until <= %s ORDER BY suppressed_until LIMIT %s)
    RETURNING id
)
SELECT DISTINCT m.group_id FROM incidents_membership m JOIN over ON over.id = m.alert_id
"""


def wake(record: Record, configuration: Configuration) -> int:
    """Do what is due, in the caller's transaction; how much that was."""
    return _incidents(record) + _quiet_ends(record, configuration) + _reminders(record, configuration)


def _incidents(record: Record) -> int:
    due = Incident.objects.select_for_update().filter(wake_at__lte=record.now).order_by("wake_at", "pk")[:MOST]
    rows = list(due)
    if not rows:
        return 0
    members = of_incidents([one.pk for one in rows])
    for incident in rows:
        _wake(incident, [one for one in members.get(incident.pk, []) if one.is_firing], record)
    return len(rows)


def _wake(incident: Incident, firing: Sequence[MemberRow], record: Record) -> None:
    was = incident.state
    incident.wake_at, incident.updated_at = None, record.now
    if was == IncidentState.RESOLVED:
        _still_fires(incident, firing, record)
        return
    incident.save(update_fields=["wake_at", "updated_at"])
    if was not in (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED):
        return
    if was == IncidentState.ACKNOWLEDGED:
        kind, words = (
            EntryKind.ACK_EXPIRED,
            f"The acknowledgement of {incident.acknowledged_by or 'somebody'} ended: open again",
        )
    else:
        kind, words = EntryKind.REOPENED, "The snooze is over, and it still fires: open again"
    incident.state = IncidentState.OPEN
    incident.acknowledged_by = incident.acknowledged_at = None
    incident.save(update_fields=["state", "acknowledged_by", "acknowledged_at"])
    record.note(incident, kind, words)
    if not incident.suppressed:
        paging.resume(incident, words, record.now)


def _still_fires(incident: Incident, firing: Sequence[MemberRow], record: Record) -> None:
    """Somebody resolved it by hand a while ago: what fires even so opens it again, what does not has left it."""
    loud = [one for one in firing if not one.suppressed_by]
    if not loud:
        incident.save(update_fields=["wake_at", "updated_at"])
        return
    case = Case(incident, {one.id: one for one in firing})
    who = f" by {incident.resolved_by}" if incident.resolved_by else ""
    reopen(case, record, f"Opened again: it was resolved{who}, and still fires", loud)
    incident.firing_count = len(firing)
    incidents_write([incident])
    Group.objects.filter(incident=incident).update(next_flush_at=record.now)


def _quiet_ends(record: Record, configuration: Configuration) -> int:
    """Silences and maintenance are over: the groups of what still fires are looked at now. That moves their ticks."""
    with connection.cursor() as cursor:
        cursor.execute(QUIET_OVER, [record.now, MOST])
        groups = [pk for (pk,) in cursor.fetchall()]
    if configuration.settings.prompt_ends:
        Group.objects.filter(pk__in=groups, next_flush_at__gt=record.now).update(next_flush_at=record.now)
    return len(groups)


def _reminders(record: Record, configuration: Configuration) -> int:
    """Of silences that end soon, to those who made them; of short ones none."""
    lead = timedelta(seconds=configuration.settings.silence_reminder_s)
    due = Silence.objects.select_for_update(of=("self",)).filter(
        reminded_at__isnull=True,
        ends_at__gt=record.now,
        ends_at__lte=record.now + lead,
        starts_at__lt=F("ends_at") - 2 * lead,
    )
    silences = list(due.order_by("pk")[:MOST])
    for silence in silences:
        silence_remind(record, silence)
    return len(silences)
