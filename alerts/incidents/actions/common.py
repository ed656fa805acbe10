"""What all answers to incidents share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError

from alerts.incidents.choices import UNRESOLVED, IncidentState
from alerts.incidents.configuration import revise
from alerts.incidents.estate import Estate, estate_read
from alerts.incidents.intake import INBOX
from alerts.incidents.leading import lead
from alerts.incidents.members import MemberRow, of_incidents
from alerts.incidents.models import Incident
from alerts.incidents.record import Record, recorded
from monitoring.events.announcing import announce
from opsportal.sweeps import wake
from opsportal.writing import Person

MOST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """The incident, whether something was done, and in a sentence how things stand now."""

    incident: Incident
    done: bool
    words: str


@contextmanager
def answering(incident: Incident, now: datetime, *, groups: bool = False) -> Iterator[tuple[Incident, Record]]:
    """A transaction over an incident, locked; of a merged one over that which it is part of. `groups`: it will write groups too."""
    with recorded(now) as record:
        if groups:
            lead()
        locked = Incident.objects.select_for_update().get(pk=incident.pk)
        for _ in range(100):
            if locked.merged_into_id is None:
                break
            locked = Incident.objects.select_for_update().get(pk=locked.merged_into_id)
        yield locked, record


def save(incident: Incident, record: Record, *fields: str) -> None:
    incident.updated_at = record.now
    incident.save(update_fields=[*fields, "updated_at"])
    record.changed.add(incident.pk)


def name_of(by: Person) -> str:
    return by.get_username() if by else ""


def doer(by: Person, via: str) -> str:
    """Who did it, in words: `by ada via Slack`."""
    words = f" by {by.get_username()}" if by else ""
    return words + (f" via {via}" if via else "")


def require_open(incident: Incident) -> None:
    """Raises ValidationError where nothing can be done about it any more."""
    if incident.state not in UNRESOLVED:
        raise ValidationError(
            f"Incident #{incident.pk} is {IncidentState(incident.state).label.lower()}; reopen it first."
        )


def text_of(text: str, field: str) -> str:
    """Raises ValidationError by field for an empty or too long text."""
    text = text.strip()
    if not text:
        raise ValidationError({field: "Write something."})
    if len(text) > MOST_TEXT:
        raise ValidationError({field: f"{len(text):,} characters; at most {MOST_TEXT:,}."})
    if "\x00" in text:
        raise ValidationError({field: "It holds a NUL character: leave it out."})
    return text


def firing_in(incident: Incident) -> list[MemberRow]:
    """The alerts that fire in it."""
    return [one for one in of_incidents([incident.pk]).get(incident.pk, []) if one.is_firing]


def when(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M %Z}"


def configured(*, thing: str, verb: str, subject: str, summary: str, by: Person, changed: list[str]) -> None:
    """What decides over alerts has changed: on the timeline, and heard of by the reducer."""
    announce(
        kind=f"alerts.{thing}.{verb}", subject=subject, summary=summary, by=by, payload={"changed": sorted(changed)}
    )
    revise()
    wake(INBOX)


def estate() -> Estate:
    return estate_read()
