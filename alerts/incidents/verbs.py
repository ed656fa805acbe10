"""What people do to an incident from a page: the words of a form become one action."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.http import QueryDict

from alerts.incidents import actions
from alerts.incidents.actions import Answer
from alerts.incidents.asked import time_of
from alerts.incidents.models import Incident
from opsportal.writing import Person
from security.access.models import User

Verb = Callable[[Incident, QueryDict, Person, datetime], Answer]
SPANS = (
    ("1800", "30 minutes"),
    ("3600", "1 hour"),
    ("7200", "2 hours"),
    ("14400", "4 hours"),
    ("86400", "1 day"),
    ("604800", "1 week"),
)
BULK = ("acknowledge", "unacknowledge", "snooze", "resolve", "assign")
MOST = 200


def until_of(data: QueryDict, now: datetime) -> datetime | None:
    """A time that was written (`until`, UTC), or a span in seconds from now (`for`). None: as the action does by itself."""
    if text := data.get("until", ""):
        found = time_of(text)
        if found is None:
            raise ValidationError({"until": f"{text[:40]!r} is not a time such as 2026-03-02T09:00 (UTC)."})
        return found
    span = data.get("for", "")
    return now + timedelta(seconds=int(span)) if span.isdecimal() and len(span) < 8 else None


def acknowledge(incident: Incident, data: QueryDict, by: Person, now: datetime) -> Answer:
    return actions.incident_acknowledge(incident=incident, by=by, now=now, until=until_of(data, now))


def snooze(incident: Incident, data: QueryDict, by: Person, now: datetime) -> Answer:
    return actions.incident_snooze(incident=incident, by=by, now=now, until=until_of(data, now))


def assign(incident: Incident, data: QueryDict, by: Person, now: datetime) -> Answer:
    name = data.get("assignee", "").replace("\x00", "")
    to = User.objects.filter(username=name, is_active=True).first()
    if name and to is None:
        raise ValidationError({"assignee": f"There is no active account {name[:40]!r}."})
    return actions.incident_assign(incident=incident, to=to, by=by, now=now)


def merge(incident: Incident, data: QueryDict, by: Person, now: datetime) -> Answer:
    """`incidents`: numbers, with or without #, which become part of this one."""
    words = data.get("incidents", "").replace(",", " ").replace("#", " ").split()
    wrong = [word for word in words if not (word.isdecimal() and len(word) < 19)]
    found = list(Incident.objects.filter(pk__in=[int(word) for word in words if word not in wrong]))
    missing = {int(word) for word in words if word not in wrong} - {one.pk for one in found}
    if wrong or missing or not words:
        bad = ", ".join([*wrong, *(f"#{one}" for one in sorted(missing))])[:80] or "nothing"
        raise ValidationError({"incidents": f"{bad}: write the numbers of incidents, such as 41, 42."})
    return actions.incident_merge(incidents=found, into=incident, by=by, now=now)


def split(incident: Incident, data: QueryDict, by: Person, now: datetime) -> Answer:
    ids = [int(one) for one in data.getlist("alert") if one.isdecimal() and len(one) < 19]
    return actions.incident_split(incident=incident, alerts=ids, by=by, now=now)


def _plain(action: Callable[..., Answer]) -> Verb:
    return lambda incident, data, by, now: action(incident=incident, by=by, now=now)


VERBS: dict[str, Verb] = {
    "acknowledge": acknowledge,
    "unacknowledge": _plain(actions.incident_unacknowledge),
    "snooze": snooze,
    "resolve": _plain(actions.incident_resolve),
    "reopen": _plain(actions.incident_reopen),
    "assign": assign,
    "merge": merge,
    "split": split,
    "severity": lambda incident, data, by, now: actions.incident_severity_set(
        incident=incident, severity=data.get("severity", ""), by=by, now=now
    ),
    "comment": lambda incident, data, by, now: actions.incident_comment(
        incident=incident, text=data.get("text", ""), by=by, now=now
    ),
    "postmortem": lambda incident, data, by, now: actions.incident_postmortem_save(
        incident=incident, text=data.get("text", ""), by=by, now=now
    ),
}
