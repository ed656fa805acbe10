"""Every write of this room: keyword-only verbs, one transaction each, on the timeline with who did it.

Wrong input raises django.core.exceptions.ValidationError; its keys name the field.
"""

from alerts.incidents.actions.common import Answer
from alerts.incidents.actions.keys import (
    has_secret,
    integration_key_delete,
    integration_key_renew,
    integration_key_save,
    integration_key_try,
)
from alerts.incidents.actions.merging import incident_merge, incident_split
from alerts.incidents.actions.responding import (
    incident_acknowledge,
    incident_assign,
    incident_comment,
    incident_postmortem_save,
    incident_reopen,
    incident_resolve,
    incident_severity_set,
    incident_snooze,
    incident_unacknowledge,
    zone_of,
)
from alerts.incidents.actions.routes import (
    inhibition_delete,
    inhibition_save,
    interval_delete,
    interval_save,
    maintenance_delete,
    maintenance_save,
    matchers_of,
    receiver_delete,
    receiver_save,
    route_delete,
    route_save,
    settings_save,
)
from alerts.incidents.actions.silences import Preview, alerts_matching, silence_expire, silence_preview, silence_save
from opsportal.writing import Person, person_of

__all__ = [
    "Answer",
    "Person",
    "Preview",
    "alerts_matching",
    "has_secret",
    "incident_acknowledge",
    "incident_assign",
    "incident_comment",
    "incident_merge",
    "incident_postmortem_save",
    "incident_reopen",
    "incident_resolve",
    "incident_severity_set",
    "incident_snooze",
    "incident_split",
    "incident_unacknowledge",
    "inhibition_delete",
    "inhibition_save",
    "integration_key_delete",
    "integration_key_renew",
    "integration_key_save",
    "integration_key_try",
    "interval_delete",
    "interval_save",
    "maintenance_delete",
    "maintenance_save",
    "matchers_of",
    "person_of",
    "receiver_delete",
    "receiver_save",
    "route_delete",
    "route_save",
    "settings_save",
    "silence_expire",
    "silence_preview",
    "silence_save",
    "zone_of",
]
