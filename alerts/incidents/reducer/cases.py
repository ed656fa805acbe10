"""Incidents as a batch of groups comes to them: joined, opened again, or opened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from alerts.incidents import paging
from alerts.incidents.choices import UNRESOLVED, EntryKind, IncidentState
from alerts.incidents.closing import listed
from alerts.incidents.configuration import Configuration
from alerts.incidents.correlation import Correlator, Root, Sign, Tie, probable_root
from alerts.incidents.incident_rows import incident_ids
from alerts.incidents.members import MemberRow, of_incidents
from alerts.incidents.messages import alert_title, incident_message
from alerts.incidents.models import Incident
from alerts.incidents.record import Record
from alerts.incidents.told_rows import Key, ToldRow, told_read
from alerts.incidents.worst import RANK, worst_of
from monitoring.events.choices import Severity

LOOKED_AT = 500  # alerts of one group that are looked at for ties: many of one group tell no more than some
# The open incidents that alerts are in, and after them those that were resolved lately, without an alert.
INSIDE = """
(SELECT m.alert_id, m.incident_id FROM incidents_incidentalert m JOIN incidents_incident i ON i.id = m.incident_id
    WHERE m.alert_id = ANY(%s) AND m.left_at IS NULL AND i.state = ANY(%s) ORDER BY m.incident_id DESC)
UNION ALL (SELECT NULL, id FROM incidents_incident WHERE state = 'resolved' AND resolved_at > %s)
"""
HAD = """
SELECT a.identity, m.incident_id FROM incidents_incidentalert m JOIN incidents_alert a ON a.id = m.alert_id
    JOIN incidents_incident i ON i.id = m.incident_id
WHERE m.incident_id = ANY(%s) AND a.identity = ANY(%s) ORDER BY i.resolved_at
"""


@dataclass(slots=True)
class Case:
    """An incident, what fires in it by alert id, and what its targets were told."""

    incident: Incident
    firing: dict[int, MemberRow] = field(default_factory=dict)
    told: dict[int, ToldRow] = field(default_factory=dict)  # by target
    joined: list[MemberRow] = field(default_factory=list)  # in this batch
    changed: bool = False
    is_new: bool = False
    again: bool = False  # tell everybody anew: what kept it quiet is over
    retold: set[int] = field(default_factory=set)  # targets that were, in this batch

    @property
    def open(self) -> bool:
        return self.incident.state in UNRESOLVED

    def loud(self) -> list[MemberRow]:
        """What fires and is not kept quiet."""
        return [one for one in self.firing.values() if not one.suppressed_by]


@dataclass(slots=True)
class Cases:
    """The incidents of a batch by id."""

    configuration: Configuration
    record: Record
    known: dict[int, Case] = field(default_factory=dict)
    correlator: Correlator | None = None
    merges: list[tuple[int, Tie]] = field(default_factory=list)
    of_alert: dict[int, int] = field(default_factory=dict)  # alert → the open incident that it is in
    of_identity: dict[str, int] = field(
        default_factory=dict
    )  # identity → the incident that had it and was resolved lately
    numbers: list[int] = field(default_factory=list)  # for incidents to be
    opened: int = 0

    def look_up(self, alerts: Sequence[MemberRow]) -> None:
        """Which incidents the alerts are in, or were in lately."""
        if not alerts:
            return
        after = self.record.now - timedelta(seconds=self.configuration.settings.reopen_window_s)
        with connection.cursor() as cursor:
            cursor.execute(INSIDE, [[one.id for one in alerts], list(UNRESOLVED), after])
            rows = cursor.fetchall()
            self.of_alert = {alert: incident for alert, incident in rows if alert}  # the oldest wins
            if lately := [incident for alert, incident in rows if alert is None]:
                cursor.execute(HAD, [lately, list({one.identity for one in alerts})])
                self.of_identity = dict(cursor.fetchall())

    def load(self, incidents: Iterable[int]) -> None:
        """Lock and read incidents that are not known yet."""
        wanted = set(incidents) - set(self.known)
        if not wanted:
            return
        rows = list(Incident.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
        members = of_incidents(wanted)
        told = told_read(row.subject for row in rows)
        for row in rows:
            firing = {one.id: one for one in members.get(row.pk, []) if one.is_firing}
            self.known[row.pk] = Case(row, firing, _of_subject(told, row.subject))

    def of_group(self, incident_id: int | None, loud: Sequence[MemberRow]) -> Case | None:
        """The incident that a group's alerts are in, or now come to; None where nothing fires that people must know of."""
        case = self.known.get(incident_id) if incident_id else None
        if case and case.open:
            return case
        if not loud or (case and self._was_resolved_by_hand(case, loud)):
            return None
        return self._same(loud) or self._recent(loud) or self._tied(loud) or self._opened(loud)

    def join(self, case: Case, alerts: Sequence[MemberRow]) -> None:
        """Put alerts into the incident that are in none yet."""
        new = [one for one in alerts if one.id not in case.firing and self._is_free(one, case)]
        if not new:
            return
        case.firing |= {one.id: one for one in new}
        case.joined += new
        case.changed = True
        case.incident.joined_at = self.record.now
        self.of_alert |= {one.id: case.incident.pk for one in new}
        if self.correlator:
            self.correlator.add(case.incident.pk, self.record.now, [sign_of(one) for one in new[:LOOKED_AT]])

    def _is_free(self, alert: MemberRow, case: Case) -> bool:
        """Not in another incident, to which somebody split it off."""
        return self.of_alert.get(alert.id, case.incident.pk) == case.incident.pk

    def _was_resolved_by_hand(self, case: Case, loud: Sequence[MemberRow]) -> bool:
        """Somebody said that it is over: that stands for the alerts that were in it, until it is looked at again."""
        waits = case.incident.state == IncidentState.RESOLVED and case.incident.wake_at is not None
        return waits and all(one.id in case.firing for one in loud)

    def _same(self, loud: Sequence[MemberRow]) -> Case | None:
        """An open incident that has one of the alerts already, by another group."""
        found = {self.of_alert[one.id] for one in loud if one.id in self.of_alert}
        return self._loaded(min(found, default=None))

    def _recent(self, loud: Sequence[MemberRow]) -> Case | None:
        """An incident that had one of the alerts and was resolved a short while ago: it is opened again."""
        found = {self.of_identity[one.identity] for one in loud if one.identity in self.of_identity}
        case = self._loaded(max(found, default=None))
        if case is None or case.incident.state != IncidentState.RESOLVED:
            return case if case and case.open else None
        reopen(case, self.record, f"Opened again: {listed([alert_title(one) for one in loud])} fires again", loud)
        return case

    def _tied(self, loud: Sequence[MemberRow]) -> Case | None:
        """An open incident that the alerts belong to; those that belong to several bring them together."""
        if not self.configuration.settings.correlate:
            return None
        signs = [sign_of(one) for one in loud[:LOOKED_AT]]
        ties = self._correlator().ties(signs, self.record.now)
        self._load_open([tie.incident for tie in ties])
        ties = [tie for tie in ties if (case := self.known.get(tie.incident)) and case.open and not _sleeps(case)]
        if not ties:
            return None
        case = self.known[ties[0].incident]
        self.record.note(case.incident, EntryKind.CORRELATED, ties[0].reason)
        self.merges += [(case.incident.pk, tie) for tie in ties[1:]]
        return case

    def _opened(self, loud: Sequence[MemberRow]) -> Case:
        worst = worst_of(loud)
        now = self.record.now
        incident = Incident(
            pk=self._number(),
            title=alert_title(worst),
            severity=worst.severity,
            service=worst.service,
            opened_at=now,
            joined_at=now,
            updated_at=now,
        )
        case = self.known[incident.pk] = Case(incident, is_new=True)
        self.record.note(incident, EntryKind.OPENED, f"Opened: {listed([alert_title(one) for one in loud])}")
        return case

    def _number(self) -> int:
        """A number of an incident; the more were needed so far, the more are drawn at once."""
        if not self.numbers:
            self.numbers = incident_ids(max(self.opened, 1))
        self.opened += 1
        return self.numbers.pop(0)

    def _loaded(self, incident_id: int | None) -> Case | None:
        if incident_id is None:
            return None
        self.load([incident_id])
        return self.known.get(incident_id)

    def _load_open(self, incidents: Sequence[int]) -> None:
        """Those that are open still: what is remembered of them may be older."""
        unknown = [one for one in incidents if one not in self.known]
        if len(unknown) > 1:
            unknown = list(Incident.objects.filter(pk__in=unknown, state__in=UNRESOLVED).values_list("pk", flat=True))
        self.load(unknown)

    def _correlator(self) -> Correlator:
        if self.correlator is None:
            self.correlator = self.configuration.memory.correlator(self.configuration, self.record.now)
            self._add_joined(self.correlator)
        return self.correlator

    def _add_joined(self, correlator: Correlator) -> None:
        """What joined in this batch and is not stored yet."""
        for case in self.known.values():
            if case.joined:
                correlator.add(case.incident.pk, self.record.now, [sign_of(one) for one in case.joined[:LOOKED_AT]])


def reopen(case: Case, record: Record, words: str, alerts: Sequence[MemberRow]) -> None:
    """Open a resolved incident again, as a new episode: everybody is told anew."""
    incident = case.incident
    incident.state, incident.episode = IncidentState.OPEN, incident.episode + 1
    incident.resolved_at = incident.wake_at = incident.acknowledged_at = None
    incident.resolved_by = incident.acknowledged_by = None
    incident.suppressed = False
    if alerts and not incident.severity_set:
        incident.severity = worst_of(alerts).severity
    case.changed = True
    record.note(incident, EntryKind.REOPENED, words)


def settle(case: Case, record: Record, configuration: Configuration) -> None:
    """What follows for an incident from what joined it: severity, root, counts."""
    incident = case.incident
    titles = [alert_title(one) for one in case.joined]
    if incident.alert_count:
        record.note(
            incident, EntryKind.ALERT_JOINED, f"{listed(titles)} joined", alerts=[one.id for one in case.joined][:100]
        )
    incident.alert_count += len(case.joined)
    worst = worst_of(case.firing.values())
    if not incident.severity_set and RANK[worst.severity] < RANK[incident.severity]:
        record.note(
            incident,
            EntryKind.SEVERITY,
            f"{Severity(worst.severity).label} now, was {Severity(incident.severity).label}",
        )
        incident.severity = worst.severity
    _name_root(
        case, record, probable_root([sign_of(one) for one in case.firing.values()], configuration.estate.depends)
    )


def sign_of(alert: MemberRow) -> Sign:
    return Sign(alert.labels, alert.starts_at, alert_title(alert))


def tell_people(case: Case, configuration: Configuration, now: datetime) -> None:
    """Let the escalations at work say how things stand."""
    alerts = case.loud() or list(case.firing.values())
    paging.update(case.incident, incident_message(case.incident, alerts, configuration.estate), now)


def _name_root(case: Case, record: Record, root: Root) -> None:
    incident = case.incident
    if not root.name or (root.name[:300], root.reason[:500]) == (incident.root_cause, incident.root_reason):
        return
    is_new = root.name[:300] != incident.root_cause
    if is_new:
        record.note(incident, EntryKind.CORRELATED, f"Probable root: {root.name}. {root.reason}", root=root.name)
    candidates = case.firing.values() if is_new else case.joined
    if of_root := [one for one in candidates if root.name in sign_of(one).names]:
        worst = worst_of(of_root)
        incident.title, incident.service = alert_title(worst), worst.service or incident.service
    incident.root_cause, incident.root_reason = root.name[:300], root.reason[:500]


def _sleeps(case: Case) -> bool:
    return case.incident.state == IncidentState.SNOOZED


def _of_subject(told: dict[Key, ToldRow], subject: str) -> dict[int, ToldRow]:
    return {target: row for (key, target), row in told.items() if key == subject}
