"""What the page of an incident shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from alerts.delivery.choices import State
from alerts.incidents.actions import zone_of
from alerts.incidents.choices import UNRESOLVED, EntryKind, IncidentState
from alerts.incidents.coming import coming
from alerts.incidents.list_page import responders
from alerts.incidents.models import Alert, Incident
from alerts.incidents.queries import Line, alerts_of, timeline
from alerts.incidents.verbs import SPANS
from alerts.incidents.working_hours import next_working_hours
from alerts.oncall.choices import StepOutcome
from monitoring.events.choices import Severity

MOST_LINES = 300  # of the timeline, unless everything is asked for
MOST_CHARTS = 2
PLACES = {"incident": EntryKind, "escalation": StepOutcome, "delivery": State}
SHOWN_FIRST = ("alertname", "severity", "service", "instance")


@dataclass(frozen=True, slots=True)
class AlertRow:
    """`value` as its sender wrote it, if it did; `link`: where it comes from, if that can be opened."""

    alert: Alert
    labels: list[tuple[str, str]]
    value: str
    summary: str
    link: str
    quiet: str


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line with what it is in words, and its tone: good, bad or none."""

    line: Line
    label: str
    tone: str


def parts(incident: Incident, now: datetime, *, every: bool) -> dict[str, Any]:
    """The parts that follow the incident while the page is open."""
    lines = timeline(incident)[::-1]
    shown = lines if every else lines[:MOST_LINES]
    alerts = [alert_row(one) for one in alerts_of(incident)]
    return {
        "incident": incident,
        "is_unresolved": incident.state in UNRESOLVED,
        "is_firing_after_all": incident.state == IncidentState.RESOLVED and incident.firing_count > 0,
        "alerts": alerts,
        "charts": charts(alerts),
        "coming": coming(incident),
        "lines": [line_row(one) for one in shown],
        "lines_left": len(lines) - len(shown),
        "now": now,
    }


def forms(user: Any, now: datetime) -> dict[str, Any]:
    """What the forms of the page offer."""
    hours = next_working_hours(now, zone_of(user))
    return {
        "responders": responders(),
        "severities": Severity,
        "spans": SPANS,
        "working_hours": hours,
        "working_hours_zone": zone_of(user),
    }


def alert_row(alert: Alert) -> AlertRow:
    labels, notes = alert.labels, alert.annotations
    rest = sorted(name for name in labels if name not in SHOWN_FIRST)
    order = [name for name in SHOWN_FIRST[1:] if name in labels] + rest
    return AlertRow(
        alert=alert,
        labels=[(name, labels[name]) for name in order],
        value=str(notes.get("value", "")),
        summary=str(notes.get("summary") or notes.get("description") or notes.get("message") or ""),
        link=alert.generator_url if link_is_safe(alert.generator_url) else "",
        quiet=", ".join(sorted(name for name, why in alert.suppressed_by.items() if why)),
    )


def link_is_safe(url: str) -> bool:
    """Whether a sender's link may be a link here: a path of the portal, or a web address."""
    return url.startswith(("http://", "https://")) or (url.startswith("/") and not url.startswith(("//", "/\\")))


def charts(rows: list[AlertRow]) -> list[dict[str, str]]:
    """The queries of the rules behind it, each once: {"query", "link"}."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        address = urlsplit(row.link)
        if address.path == "/query/" and not address.netloc and (asked := parse_qs(address.query).get("q")):
            found.setdefault(asked[0], {"query": asked[0], "link": row.link})
    return list(found.values())[:MOST_CHARTS]


def line_row(line: Line) -> LineRow:
    known = PLACES[line.source]
    value = line.state if line.source == "delivery" else line.kind
    label = str(known(value).label) if value in known.values else value
    good = value in (EntryKind.RESOLVED, EntryKind.ACKNOWLEDGED, State.DELIVERED)
    bad = value in (EntryKind.OPENED, EntryKind.REOPENED, State.FAILED, StepOutcome.EMPTY, StepOutcome.LAST_RESORT)
    return LineRow(line, label, "good" if good else "bad" if bad else "")
