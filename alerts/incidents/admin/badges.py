"""Shape, word and colour of a state or a severity."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from alerts.incidents.choices import IncidentState
from monitoring.events.choices import Severity

COLOURS: dict[str, str] = {
    IncidentState.OPEN: "danger",
    IncidentState.ACKNOWLEDGED: "warning",
    IncidentState.SNOOZED: "info",
    IncidentState.RESOLVED: "success",
    Severity.CRITICAL: "danger",
    Severity.ERROR: "danger",
    Severity.WARNING: "warning",
    Severity.NOTICE: "info",
    "active": "warning",
    "pending": "info",
}


def badge(value: str, words: str, icon: str = "") -> SafeString:
    return render_to_string("unfold/helpers/label.html", {"icon": icon, "text": words, "type": COLOURS.get(value, "")})


def state_badge(state: str) -> SafeString:
    known = IncidentState(state)
    return badge(known, str(known.label), known.icon)


def severity_badge(severity: str) -> SafeString:
    known = Severity(severity)
    return badge(known, str(known.label), known.icon)
