"""What the admin's lists show of a status: shape, word and colour."""

from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from monitoring.checks.choices import Status

COLOURS = {
    Status.UP: "success",
    Status.DEGRADED: "warning",
    Status.DOWN: "danger",
    Status.STALE: "warning",
    Status.MAINTENANCE: "info",
}


def badge(value: str) -> SafeString:
    status = Status(value)
    return render_to_string(
        "unfold/helpers/label.html",
        {"icon": status.icon, "text": status.label, "type": COLOURS.get(status, "")},
    )


def age(time: datetime | None) -> str:
    """How long ago, in one unit."""
    if time is None:
        return "—"
    now = timezone.now()
    seconds = max(0, (now - time).total_seconds())
    return f"{seconds:.0f} s ago" if seconds < 60 else f"{timesince(time, now, depth=1)} ago"
