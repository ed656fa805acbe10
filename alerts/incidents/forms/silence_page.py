"""The form of the page of a silence."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms

from alerts.incidents.forms.fields import MatchersField
from alerts.incidents.models import Incident, Silence
from alerts.incidents.queries import alerts_of

TIME_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
USUAL = timedelta(hours=2)
TOLD_OF = ("alertname", "service", "instance")  # labels that may differ between the incidents, and are named even so
MOST_VALUES = 20
SPECIAL = set("\\.+*?()|[]{}^$")


class UtcField(forms.DateTimeField):
    """A time of a datetime-local input, which is UTC."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(input_formats=TIME_FORMATS, widget=widget, **kwargs)


class SilencePageForm(forms.Form):
    matchers = MatchersField()
    starts_at = UtcField(required=False, label="From (UTC)", help_text="Empty: now.")
    ends_at = UtcField(label="To (UTC)")
    comment = forms.CharField(max_length=10_000, label="Why", widget=forms.TextInput(attrs={"maxlength": 500}))


def initial(found: Silence | None, incidents: list[Incident], now: datetime) -> dict[str, Any]:
    """What a form begins with: a stored silence, or what covers some incidents for two hours from now."""
    if found is not None:
        return {
            "matchers": found.matchers,
            "starts_at": found.starts_at,
            "ends_at": found.ends_at,
            "comment": found.comment,
        }
    end = (now.astimezone(UTC) + USUAL).replace(second=0, microsecond=0)
    names = ", ".join(f"#{one.pk}" for one in incidents)
    return {"matchers": covering(incidents), "ends_at": end, "comment": f"{names}: " if names else ""}


def covering(incidents: list[Incident]) -> list[str]:
    """Matchers for everything in some incidents: what all their alerts agree in, and the usual names where they differ."""
    labels = [alert.labels for one in incidents for alert in alerts_of(one)]
    found = []
    for name in sorted({name for each in labels for name in each}):
        values = list(dict.fromkeys(each.get(name, "") for each in labels))
        if len(values) == 1:
            found.append(f"{name}={quoted(values[0])}")
        elif name in TOLD_OF and "" not in values and len(values) <= MOST_VALUES:
            found.append(f"{name}=~{quoted('|'.join(escaped(value) for value in values))}")
    return found


def escaped(text: str) -> str:
    """As a regular expression that matches just this."""
    return "".join(f"\\{one}" if one in SPECIAL else one for one in text)


def quoted(text: str) -> str:
    words = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{words}"'
