"""People's own judgement of what is one problem and what is two."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError

from alerts.incidents.actions.common import Answer, estate, require_open
from alerts.incidents.choices import UNRESOLVED
from alerts.incidents.intake import INBOX
from alerts.incidents.leading import lead
from alerts.incidents.merging import incident_divide, incidents_merge
from alerts.incidents.models import Incident, IncidentAlert
from alerts.incidents.record import recorded
from opsportal.sweeps import wake
from opsportal.writing import Person


def incident_merge(*, incidents: Sequence[Incident], into: Incident, by: Person, now: datetime) -> Answer:
    """Make `incidents` part of `into`. What is part of it already is passed over."""
    with recorded(now) as record:
        lead()
        wanted = {one.pk for one in incidents} | {into.pk}
        locked = {one.pk: one for one in Incident.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
        target = locked[into.pk]
        require_open(target)
        if len(wanted) < 2:
            raise ValidationError({"incidents": "Name at least one other incident."})
        sources = [one for pk, one in locked.items() if pk != target.pk and one.merged_into_id != target.pk]
        for source in sources:
            if source.state not in UNRESOLVED:
                raise ValidationError({"incidents": f"#{source.pk} is not open: only open incidents can be merged."})
            incidents_merge(record, source, target, estate(), by=by)
        wake(INBOX)
        words = (
            f"{', '.join(f'#{one.pk}' for one in sources)} merged into #{target.pk}." if sources else "Merged already."
        )
        return Answer(target, bool(sources), words)


def incident_split(*, incident: Incident, alerts: Sequence[int], by: Person, now: datetime) -> Answer:
    """Take alerts (ids) out of an incident into a new one, which is told and paged of its own. Answers with the new one."""
    with recorded(now) as record:
        lead()
        locked = Incident.objects.select_for_update().get(pk=incident.pk)
        require_open(locked)
        inside = set(
            IncidentAlert.objects.filter(incident=locked, left_at__isnull=True).values_list("alert", flat=True)
        )
        wanted = list(dict.fromkeys(alerts))
        if not wanted or set(wanted) - inside:
            raise ValidationError(
                {"alerts": f"Name alerts that fire in it: {', '.join(map(str, sorted(inside)[:20])) or 'none does'}."}
            )
        if set(wanted) == inside:
            raise ValidationError({"alerts": "Leave at least one alert in the incident."})
        made = incident_divide(record, locked, wanted, estate(), by=by)
        wake(INBOX)
        return Answer(made, True, f"Split off to #{made.pk}.")
