"""The overview: is anything wrong, since when, who owns it, what next."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring.checks.choices import Status
from monitoring.dashboards import strips
from monitoring.dashboards.choices import Density
from monitoring.dashboards.filters import OverviewFilter, overview_filter
from monitoring.dashboards.queries.overview import Overview
from monitoring.dashboards.queries.overview import overview as overview_page

DENSITY_COOKIE = "opsportal-density"
YEAR_S = 31_536_000


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def overview(request: HttpRequest) -> HttpResponse:
    """The page; with `fragment=1` only its list, which the browser swaps in after a change."""
    asked = overview_filter(request.GET, request.COOKIES.get(DENSITY_COOKIE, ""))
    found = overview_page(asked, timezone.now())
    context = {
        "asked": asked,
        "found": found,
        "densities": densities(asked),
        "chips": chips(asked, found),
        "slot_gaps": strips.GAPS,
        "clear_address": asked.address(q="", status="", owner="", label=""),
        "previous_address": asked.address(page=found.page - 1),
        "next_address": asked.address(page=found.page + 1),
    }
    fragment = request.GET.get("fragment") == "1"
    response = render(request, "dashboards/_overview.html" if fragment else "dashboards/overview.html", context)
    response["Cache-Control"] = "no-store"
    if "density" in request.GET:
        response.set_cookie(
            DENSITY_COOKIE, asked.density, YEAR_S, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return response


def densities(asked: OverviewFilter) -> list[dict[str, object]]:
    return [
        {"label": density.label, "address": asked.address(density=density), "current": density is asked.density}
        for density in Density
    ]


def chips(asked: OverviewFilter, found: Overview) -> list[dict[str, object]]:
    """One link a status, which adds it to the filter or takes it out again."""
    shown = {count.status: count.count for count in found.counts}
    for word in asked.statuses:
        shown.setdefault(Status(word), 0)
    links = []
    for status in sorted(shown, key=lambda status: status.rank):
        on = status in asked.statuses
        rest = tuple(word for word in asked.statuses if word != status)
        address = asked.address(status=rest if on else (*rest, status.value))
        links.append({"status": status, "count": shown[status], "on": on, "address": address})
    return links
