"""What people answer to messages about incidents: buttons, replies, links."""

from django.conf import settings
from django.core.exceptions import ValidationError

from alerts.delivery import responses
from alerts.delivery.responses import Reply, Response, Standing, Verb
from alerts.incidents.actions import (
    Answer,
    incident_acknowledge,
    incident_resolve,
    incident_snooze,
    incident_unacknowledge,
)
from alerts.incidents.choices import UNRESOLVED, IncidentState
from alerts.incidents.models import Incident

PERMISSION = "incidents.respond_incident"


def register() -> None:
    responses.register("incident", answered, described)


def described(subject: str) -> Standing | None:
    """How an incident stands now, for the page behind a link."""
    incident = found(subject)
    if incident is None:
        return None
    state = IncidentState(incident.state)
    verbs: tuple[Verb, ...] = ()
    if state in UNRESOLVED:
        first = () if state == IncidentState.ACKNOWLEDGED else (Verb.ACKNOWLEDGE,)
        verbs = (*first, Verb.RESOLVE, Verb.SNOOZE)
    url = settings.PUBLIC_URL + incident.get_absolute_url()
    return Standing(f"#{incident.pk} {incident.title}", state.label, url, verbs)


def found(subject: str) -> Incident | None:
    """The incident that `incident:42` names, or the one that it became part of."""
    number = subject.partition(":")[2]
    incident = (
        Incident.objects.select_related("merged_into").filter(pk=int(number)).first() if number.isdigit() else None
    )
    return incident.merged_into if incident and incident.merged_into else incident


def answered(response: Response) -> Reply:
    """Do it, in the name of whoever answered. Somebody who is known must have the permission; somebody who is not (a button in a channel,
    whose signature was checked) is named by `via`."""
    incident = found(response.subject)
    if incident is None:
        return Reply(False, "This incident is not there any more.")
    by = response.by
    if by is not None and not by.has_perm(PERMISSION):  # type: ignore[attr-defined]
        return Reply(False, f"{by} may not answer to incidents; ask an administrator for the permission {PERMISSION}.")
    try:
        answer = _act(response, incident)
    except ValidationError as error:
        return Reply(False, " ".join(error.messages))
    return Reply(answer.done, f"#{answer.incident.pk}: {answer.words}")


def _act(response: Response, incident: Incident) -> Answer:
    by, now, via, until = response.by, response.now, response.via, response.until
    if response.verb == Verb.ACKNOWLEDGE:
        return incident_acknowledge(incident=incident, by=by, now=now, via=via, until=until)
    if response.verb == Verb.RESOLVE:
        return incident_resolve(incident=incident, by=by, now=now, via=via)
    if response.verb == Verb.SNOOZE:
        return incident_snooze(incident=incident, by=by, now=now, via=via, until=until)
    return incident_unacknowledge(incident=incident, by=by, now=now, via=via)
