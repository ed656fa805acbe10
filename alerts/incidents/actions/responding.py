"""What people answer to an incident. Each is done once: the same answer again changes nothing and says so."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from alerts.delivery.choices import MessageKind
from alerts.incidents import paging
from alerts.incidents.actions.common import (
    Answer,
    answering,
    doer,
    estate,
    firing_in,
    name_of,
    require_open,
    save,
    text_of,
    when,
)
from alerts.incidents.choices import UNRESOLVED, EntryKind, IncidentState
from alerts.incidents.closing import incidents_close, told_of_state
from alerts.incidents.intake import INBOX
from alerts.incidents.messages import incident_message
from alerts.incidents.models import Group, Incident, IncidentSettings
from alerts.incidents.working_hours import next_working_hours
from alerts.oncall.models import LayerMember, QuietHours
from monitoring.events.choices import Severity
from opsportal.sweeps import wake
from opsportal.writing import Person

LONGEST = timedelta(days=30)
FORGET = ("acknowledged_by", "acknowledged_at", "wake_at")


def incident_acknowledge(
    *, incident: Incident, by: Person, now: datetime, via: str = "", until: datetime | None = None
) -> Answer:
    """Somebody looks after it: nobody further is paged, until `until` or the policies' acknowledge timeout."""
    _check_until(until, now)
    with answering(incident, now) as (locked, record):
        if locked.state not in UNRESOLVED:
            return Answer(locked, False, f"Nothing to acknowledge: it is {_state(locked)}.")
        if locked.state == IncidentState.ACKNOWLEDGED and until is None:
            who = locked.acknowledged_by or "somebody"
            return Answer(locked, False, f"Already acknowledged by {who}{_until(locked.wake_at)}.")
        timeout_s = paging.acknowledged_for_s(locked)
        locked.wake_at = until or (now + timedelta(seconds=timeout_s) if timeout_s else None)
        locked.state, locked.acknowledged_by_id, locked.acknowledged_at = (
            IncidentState.ACKNOWLEDGED,
            by.pk if by else None,
            now,
        )
        save(locked, record, "state", *FORGET)
        words = f"Acknowledged{doer(by, via)}{_until(locked.wake_at)}."
        record.note(locked, EntryKind.ACKNOWLEDGED, words, by=name_of(by), via=via)
        paging.hold(locked, words, now)
        told_of_state(record, locked, firing_in(locked), estate(), MessageKind.ACKNOWLEDGED)
        return Answer(locked, True, words)


def incident_unacknowledge(*, incident: Incident, by: Person, now: datetime, via: str = "") -> Answer:
    """Nobody looks after it any more: people are paged again, from the first step. Wakes a snoozed one too."""
    with answering(incident, now) as (locked, record):
        if locked.state not in (IncidentState.ACKNOWLEDGED, IncidentState.SNOOZED):
            return Answer(locked, False, f"Nobody has acknowledged it: it is {_state(locked)}.")
        words = f"No longer {_state(locked)}{doer(by, via)}: open again."
        locked.state = IncidentState.OPEN
        locked.acknowledged_by = locked.acknowledged_at = locked.wake_at = None
        save(locked, record, "state", *FORGET)
        record.note(locked, EntryKind.REOPENED, words, by=name_of(by), via=via)
        if not locked.suppressed:
            paging.resume(locked, words, now)
        return Answer(locked, True, words)


def incident_snooze(
    *, incident: Incident, by: Person, now: datetime, via: str = "", until: datetime | None = None
) -> Answer:
    """Nobody is paged until `until`, and then only if it is still open. Without `until`: the next working hours of who snoozes."""
    ends_at = until or next_working_hours(now, zone_of(by))
    _check_until(ends_at, now)
    with answering(incident, now) as (locked, record):
        if locked.state not in UNRESOLVED:
            return Answer(locked, False, f"Nothing to snooze: it is {_state(locked)}.")
        if locked.state == IncidentState.SNOOZED and locked.wake_at == ends_at:
            return Answer(locked, False, f"Already snoozed{_until(ends_at)}.")
        locked.state, locked.wake_at = IncidentState.SNOOZED, ends_at
        locked.acknowledged_by_id, locked.acknowledged_at = by.pk if by else None, now
        save(locked, record, "state", *FORGET)
        words = f"Snoozed{doer(by, via)}{_until(ends_at)}."
        record.note(locked, EntryKind.SNOOZED, words, by=name_of(by), via=via)
        paging.hold(locked, words, now)
        return Answer(locked, True, words)


def incident_resolve(*, incident: Incident, by: Person, now: datetime, via: str = "") -> Answer:
    """Somebody says that it is over. What fires even so after the reopen window opens it again, what is new in it at once."""
    with answering(incident, now) as (locked, record):
        if locked.state not in UNRESOLVED:
            return Answer(locked, False, f"It is {_state(locked)} already.")
        firing = len(firing_in(locked))
        window = timedelta(seconds=IncidentSettings.objects.get_or_create(pk=1)[0].reopen_window_s)
        words = f"Resolved{doer(by, via)}."
        if firing:
            words += (
                f" {firing} alert{'s' if firing > 1 else ''} still fire{'' if firing > 1 else 's'}: opened again at"
            )
            words += f" {when(now + window)} if that goes on."
        incidents_close(record, [locked], estate(), summary=words, by=by, wake_at=now + window if firing else None)
        return Answer(locked, True, words)


def incident_reopen(*, incident: Incident, by: Person, now: datetime, via: str = "") -> Answer:
    """It is not over: a new episode, everybody is told anew."""
    with answering(incident, now, groups=True) as (locked, record):
        if locked.state != IncidentState.RESOLVED:
            return Answer(locked, False, f"It is {_state(locked)} already.")
        locked.state, locked.episode = IncidentState.OPEN, locked.episode + 1
        locked.resolved_at = locked.resolved_by = None
        locked.acknowledged_by = locked.acknowledged_at = locked.wake_at = None
        save(locked, record, "state", "episode", "resolved_at", "resolved_by", *FORGET)
        words = f"Opened again{doer(by, via)}."
        record.note(locked, EntryKind.REOPENED, words, by=name_of(by), via=via)
        firing = firing_in(locked)
        paging.page_again(locked, incident_message(locked, firing, estate()), now)
        Group.objects.filter(incident=locked).update(next_flush_at=now)
        wake(INBOX)
        return Answer(locked, True, words)


def incident_assign(*, incident: Incident, to: Any, by: Person, now: datetime, via: str = "") -> Answer:
    """Say who sees to it; `to` None: nobody any more."""
    with answering(incident, now) as (locked, record):
        if locked.assigned_to_id == (to.pk if to else None):
            return Answer(locked, False, f"It is assigned to {to} already." if to else "It is assigned to nobody.")
        locked.assigned_to = to
        save(locked, record, "assigned_to")
        words = f"Assigned to {to}{doer(by, via)}." if to else f"Assigned to nobody{doer(by, via)}."
        record.note(locked, EntryKind.ASSIGNED, words, by=name_of(by))
        return Answer(locked, True, words)


def incident_comment(*, incident: Incident, text: str, by: Person, now: datetime, via: str = "") -> Answer:
    """Put a line of somebody's own on the timeline."""
    with answering(incident, now) as (locked, record):
        text = text_of(text, "text")
        record.note(locked, EntryKind.COMMENT, text, by=name_of(by), via=via)
        return Answer(locked, True, "Noted.")


def incident_severity_set(*, incident: Incident, severity: str, by: Person, now: datetime, via: str = "") -> Answer:
    """Say how severe it is, whatever its alerts say."""
    if severity not in Severity.values:
        raise ValidationError({"severity": f"{severity!r} is not one of {', '.join(Severity.values)}."})
    with answering(incident, now) as (locked, record):
        require_open(locked)
        if locked.severity == severity and locked.severity_set:
            return Answer(locked, False, f"It is {Severity(severity).label} already.")
        was = Severity(locked.severity).label
        locked.severity, locked.severity_set = severity, True
        save(locked, record, "severity", "severity_set")
        words = f"{Severity(severity).label} now, was {was}{doer(by, via)}."
        record.note(locked, EntryKind.SEVERITY, words, by=name_of(by))
        paging.update(locked, incident_message(locked, firing_in(locked), estate()), now)
        return Answer(locked, True, words)


def incident_postmortem_save(*, incident: Incident, text: str, by: Person, now: datetime) -> Answer:
    """Store what was learnt; empty takes it away."""
    with answering(incident, now) as (locked, record):
        text = text_of(text, "postmortem") if text.strip() else ""
        if text == locked.postmortem:
            return Answer(locked, False, "It says so already.")
        locked.postmortem = text
        save(locked, record, "postmortem")
        record.note(
            locked,
            EntryKind.POSTMORTEM,
            f"Post-mortem {'written' if text else 'taken away'}{doer(by, '')}.",
            by=name_of(by),
        )
        return Answer(locked, True, "Saved.")


def zone_of(by: Person) -> ZoneInfo:
    """The time zone somebody lives by: of their quiet hours, else of a schedule they are in, else the portal's."""
    if by is None:
        return ZoneInfo(settings.TIME_ZONE)
    own = QuietHours.objects.filter(user_id=by.pk).values_list("time_zone", flat=True).first()
    shared = (
        LayerMember.objects.filter(user_id=by.pk).order_by("pk").values_list("layer__schedule__time_zone", flat=True)
    )
    return ZoneInfo(own or shared.first() or settings.TIME_ZONE)


def _check_until(until: datetime | None, now: datetime) -> None:
    if until is None:
        return
    if timezone.is_naive(until):
        raise ValidationError({"until": "Write the time with its zone, such as 2026-03-02T09:00:00Z."})
    if not now < until <= now + LONGEST:
        raise ValidationError({"until": "Write a time within the next 30 days."})


def _until(time: datetime | None) -> str:
    return f" until {when(time)}" if time else ""


def _state(incident: Incident) -> str:
    return str(IncidentState(incident.state).label).lower()
