"""The feed: what happened, the newest first."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from monitoring.dashboards.filters import feed_filter
from monitoring.dashboards.queries.feed import feed_page
from monitoring.events.choices import Severity


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def feed(request: HttpRequest) -> HttpResponse:
    """The page; with `fragment=1` only its list."""
    asked = feed_filter(request.GET)
    found = feed_page(asked)
    context = {
        "asked": asked,
        "found": found,
        "severities": Severity,
        "older_address": asked.address(before=found.older),
        "newest_address": asked.address(),
    }
    fragment = request.GET.get("fragment") == "1"
    response = render(request, "dashboards/_events.html" if fragment else "dashboards/feed.html", context)
    response["Cache-Control"] = "no-store"
    return response
