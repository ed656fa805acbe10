"""The first picture of the live topics of this room: `incidents`, and `incident:<id>`. What follows is pushed by `record`."""

from django.contrib.auth.models import AbstractUser

from alerts.incidents.choices import UNRESOLVED
from alerts.incidents.live_payloads import entry_payload, incident_payload
from alerts.incidents.models import Incident
from alerts.incidents.queries import incidents_listed
from opsportal import live
from opsportal.live.apart import Picture, apart
from opsportal.live.topics import UnknownTopic

MOST_INCIDENTS = 500
MOST_ENTRIES = 200


def register() -> None:
    live.topics.register("incidents", permission="incidents.view_incident", snapshot=incidents)
    live.topics.register("incident:", permission="incidents.view_incident", snapshot=incident)


@apart
def incidents(user: AbstractUser, topic: str) -> Picture:
    """The newest of those that are not resolved, by id."""
    return {
        str(one.pk): incident_payload(one) for one in incidents_listed().filter(state__in=UNRESOLVED)[:MOST_INCIDENTS]
    }


@apart
def incident(user: AbstractUser, topic: str) -> Picture:
    """The incident under `incident`, the latest lines of its timeline under `entry:<id>`."""
    number = topic.partition(":")[2]
    found: Incident | None = (
        incidents_listed().filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    )
    if found is None:
        raise UnknownTopic(topic)
    entries = found.entries.order_by("-time", "-id")[:MOST_ENTRIES]
    return {"incident": incident_payload(found)} | {f"entry:{one.pk}": entry_payload(one) for one in entries}
