"""Words of on-call pages."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from alerts.oncall import bars
from alerts.oncall.people import name_of
from alerts.oncall.wallclock import wall_time
from security.access.models import User

register = template.Library()


@register.simple_tag
def moment(at: datetime, zone: ZoneInfo | str) -> SafeString:
    """An instant by the clock of a zone; its title is the zone's name."""
    home = ZoneInfo(zone) if isinstance(zone, str) else zone
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), home.key, bars.moment(at, home))


@register.simple_tag
def moment_value(at: datetime, zone: ZoneInfo) -> str:
    """As the value of a field for a local time."""
    return f"{wall_time(at, zone):%Y-%m-%dT%H:%M}"


@register.filter
def share(ratio: float) -> str:
    """0.125 as 12.5%."""
    return f"{100 * ratio:.1f}%"


@register.filter
def person(user: User) -> str:
    return name_of(user)


@register.filter
def zone_words(name: str) -> str:
    """Europe/Isle_of_Man as Europe/Isle of Man."""
    return name.replace("_", " ")
