"""Words of the pages: icons, statuses, ages, numbers with units. Everything they print is escaped."""

from datetime import datetime

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from monitoring.checks.choices import Status
from monitoring.events.choices import Severity
from opsportal import units

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A Material Symbol. Always beside a word or in a labelled control, so it is hidden from screen readers."""
    return format_html('<span class="icon" aria-hidden="true">{}</span>', name)


@register.simple_tag
def status(value: str, *, pill: bool = False) -> SafeString:
    """A status as shape, word and colour."""
    known = Status(value or Status.PENDING)
    extra = " pill" if pill else ""
    return format_html(
        '<span class="status status-{}{}" data-slot="status">{}<span>{}</span></span>',
        known.colour,
        extra,
        icon(known.icon),
        known.label,
    )


@register.simple_tag
def statuses_json() -> SafeString:
    """Words and shapes of the statuses for the scripts of a page."""
    return json_script({known.value: {"label": known.label, "icon": known.icon} for known in Status}, "statuses")


@register.simple_tag
def severity(value: str) -> SafeString:
    known = Severity(value)
    return format_html(
        '<span class="status pill status-{}">{}<span>{}</span></span>', known.value, icon(known.icon), known.label
    )


@register.simple_tag
def age(then: datetime | None, word: str = "") -> SafeString:
    """How long ago, ticking in the browser; the exact time is its title. `word`: "in" counts down instead."""
    if then is None:
        return SafeString("—")
    now = timezone.now()
    span = units.age(then - now if word == "in" else now - then)
    return format_html(
        '<time datetime="{}" data-age="{}" title="{} UTC">{}</time>',
        then.isoformat(),
        word,
        f"{then:%Y-%m-%d %H:%M:%S}",
        span,
    )


@register.simple_tag
def nav_link(name: str, label: str, symbol: str, current: str = "") -> SafeString:
    """A link of the bar; nothing where the portal has no such address. `current`: the path of the page."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return SafeString("")
    here = current == address if address == "/" else current.startswith(address)
    mark = SafeString(' aria-current="page"') if here else ""
    return format_html('<a href="{}"{}>{}<span>{}</span></a>', address, mark, icon(symbol), label)


@register.filter
def humanised(value: float | None, unit: str = "") -> str:
    return units.humanise(value, unit)


@register.filter
def uptime(ratio: float | None) -> str:
    return units.percent(ratio)
