"""Words of the pages of incidents. Everything they print is escaped."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.delivery.choices import State
from alerts.incidents.asked import RANKS
from alerts.incidents.choices import IncidentState
from alerts.incidents.models import Incident

register = template.Library()
LATEST, SHOWN = 100, 3  # the card shows the worst few of the latest


@register.simple_tag
def incident_state(value: str) -> SafeString:
    """A state as shape, word and colour."""
    known = IncidentState(value)
    return format_html(
        '<span class="status pill state-{}"><span class="icon" aria-hidden="true">{}</span><span>{}</span></span>',
        known.value,
        known.icon,
        known.label,
    )


@register.simple_tag
def delivery_state(value: str) -> SafeString:
    known = State(value)
    return format_html(
        '<span class="status sent-{}"><span class="icon" aria-hidden="true">{}</span><span>{}</span></span>',
        known.value,
        known.icon,
        known.label,
    )


@register.simple_tag(takes_context=True)
def open_badge(context: Any) -> SafeString:
    """Where the browser shows how many incidents are open; empty for who may not see them."""
    user = context.get("user")
    if user is None or not user.has_perm("incidents.view_incident"):
        return SafeString("")
    return format_html(
        '<span class="badge" id="open-incidents" title="Open incidents" hidden>{}<span class="visually-hidden"> open</span></span>',
        "0",
    )


@register.inclusion_tag("incidents/_open_card.html", takes_context=True)
def open_incidents(context: Any) -> dict[str, Any]:
    """The worst open incidents for the overview; nothing where none is open, or for who may not see them."""
    user = context.get("user")
    if user is None or not user.has_perm("incidents.view_incident"):
        return {"incidents": []}
    found = list(Incident.objects.filter(state=IncidentState.OPEN).order_by("-opened_at", "-id")[:LATEST])
    worst = sorted(found, key=lambda one: RANKS.get(one.severity, len(RANKS)))
    return {"incidents": worst[:SHOWN], "count": f"{LATEST}+" if len(found) == LATEST else len(found)}
