"""The look of the admin: its name, its colours (those of static/opsportal/tokens.css) and its sidebar.

A room adds its models to SIDEBAR; an entry shows once its model is registered in the admin, to those who may look at it.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    icon: str  # a Material Symbol
    model: str  # app.Model


SIDEBAR: dict[str, tuple[Entry, ...]] = {
    "Watching": (
        Entry("Services", "dns", "checks.Service"),
        Entry("Checks", "monitor_heart", "checks.Check"),
        Entry("Maintenance", "build", "checks.MaintenanceWindow"),
        Entry("Databases", "database", "checks.DatabaseTarget"),
        Entry("Machines", "memory", "checks.Machine"),
        Entry("Remote write", "forward", "shipping.Destination"),
    ),
    "Alerting": (
        Entry("Incidents", "local_fire_department", "incidents.Incident"),
        Entry("Alerts", "notification_important", "incidents.Alert"),
        Entry("Silences", "notifications_paused", "incidents.Silence"),
        Entry("Routes", "alt_route", "incidents.Route"),
        Entry("Receivers", "inbox", "incidents.Receiver"),
        Entry("Inhibition", "filter_alt_off", "incidents.InhibitionRule"),
        Entry("Time intervals", "date_range", "incidents.TimeInterval"),
        Entry("Recurring maintenance", "event_repeat", "incidents.RecurringMaintenance"),
        Entry("Integration keys", "key_vertical", "incidents.IntegrationKey"),
        Entry("Settings of incidents", "tune", "incidents.IncidentSettings"),
        Entry("Alert rules", "rule_settings", "rules.AlertRule"),
        Entry("Thresholds of rules", "straighten", "rules.RuleThreshold"),
        Entry("Rule groups", "library_books", "rules.RuleGroup"),
        Entry("Recording rules", "radio_button_checked", "rules.RecordingRule"),
        Entry("States of rules", "toggle_on", "rules.RuleState"),
        Entry("On-call schedules", "support_agent", "oncall.Schedule"),
        Entry("Overrides", "swap_horiz", "oncall.Override"),
        Entry("Teams", "groups", "oncall.Team"),
        Entry("Escalation policies", "stairs", "oncall.EscalationPolicy"),
        Entry("Escalations", "escalator", "oncall.Escalation"),
        Entry("Personal rules", "rule", "oncall.PersonalRule"),
        Entry("Quiet hours", "bedtime", "oncall.QuietHours"),
        Entry("Channels", "send", "delivery.Channel"),
        Entry("Contact methods", "contact_phone", "delivery.ContactMethod"),
        Entry("Deliveries", "outbox", "delivery.Delivery"),
        Entry("Circuits", "electrical_services", "delivery.Circuit"),
    ),
    "What happened": (
        Entry("Events", "timeline", "events.Event"),
        Entry("Status changes", "change_history", "checks.StatusChange"),
        Entry("Pings of jobs", "cardiology", "checks.HeartbeatPing"),
        Entry("Series", "show_chart", "metrics.Series"),
        Entry("Metrics", "label", "metrics.MetricMetadata"),
        Entry("Sources of metrics", "sensors", "metrics.MetricSource"),
        Entry("Store of samples", "inventory_2", "metrics.StoreState"),
    ),
    "People": (
        Entry("Users", "person", "access.User"),
        Entry("Roles and groups", "group", "auth.Group"),
        Entry("API tokens", "key", "access.ApiToken"),
    ),
}

# One blue in eleven lightnesses: 600 is the light theme's --accent, 400 the dark theme's.
PRIMARY = {
    "50": "oklch(97.3% .013 252)",
    "100": "oklch(94.2% .028 252)",
    "200": "oklch(88.6% .058 252)",
    "300": "oklch(81.6% .093 252)",
    "400": "oklch(75.4% .118 249)",
    "500": "oklch(58.5% .148 252)",
    "600": "oklch(47.2% .137 253)",
    "700": "oklch(42.2% .122 253)",
    "800": "oklch(36.5% .1 253)",
    "900": "oklch(31.2% .078 253)",
    "950": "oklch(24.2% .055 253)",
}


def configuration(environment_label: str) -> dict[str, Any]:
    """settings.UNFOLD."""
    look: dict[str, Any] = {
        "SITE_TITLE": "Opsportal",
        "SITE_HEADER": "Opsportal",
        "SITE_SUBHEADER": "Administration",
        "SITE_SYMBOL": "monitor_heart",
        "SITE_URL": "/",
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
        "SHOW_HISTORY": True,
        "COLORS": {"primary": PRIMARY},
        "SIDEBAR": {"show_search": True, "navigation": "opsportal.unfold.navigation"},
        "COMMAND": {"search_models": False, "show_history": False},
    }
    if environment_label:
        look |= {"ENVIRONMENT": "opsportal.unfold.environment", "ENVIRONMENT_TITLE_PREFIX": f"[{environment_label}]"}
    return look


def icon(request: HttpRequest) -> str:
    from django.templatetags.static import static

    return static("opsportal/icon.svg")


def environment(request: HttpRequest) -> list[str]:
    """The label at the top of every page, and its colour."""
    from django.conf import settings

    return [settings.ENVIRONMENT_LABEL, "danger" if settings.PRODUCTION else "info"]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar of whoever asks: groups with at least one model they may look at."""
    portal = {
        "title": "",
        "items": [
            {"title": "Overview of the portal", "icon": "dashboard", "link": "/", "active": False},
        ],
    }
    groups = [
        {"title": title, "separator": True, "items": _items(request, entries)} for title, entries in SIDEBAR.items()
    ]
    return [portal, *(group for group in groups if group["items"])]


def _items(request: HttpRequest, entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    from django.contrib import admin
    from django.urls import reverse

    doors = {model._meta.label: door for model, door in admin.site._registry.items()}
    return [
        {
            "title": entry.title,
            "icon": entry.icon,
            "link": reverse(f"admin:{entry.model.lower().replace('.', '_')}_changelist"),
        }
        for entry in entries
        if entry.model in doors and doors[entry.model].has_view_permission(request)
    ]
