"""Words of the query page and the metric browser: large numbers, and links that open an expression."""

from urllib.parse import quote

from django import template
from django.urls import reverse

from monitoring.checks.models import Check, Machine
from monitoring.dashboards import series
from monitoring.dashboards.timerange import TimeRange

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """100,000."""
    return f"{number:,}"


@register.filter
def query_address(expression: str) -> str:
    """The query page with an expression."""
    return f"{reverse('dashboards:query')}?q={quote(expression, safe='')}"


@register.simple_tag
def chart_query(value: str, asked: TimeRange, check: Check | None = None, machine: Machine | None = None) -> str:
    """The query page with what a chart shows. A simple_tag escapes it."""
    text = series.machine_expression(machine, value) if machine else series.expression(check, value) if check else ""
    return f"{query_address(text)}&{asked.address}" if text else ""
