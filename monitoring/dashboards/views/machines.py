"""Machines: what they have left of processor, memory, disk and network."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring.dashboards.queries.machines import machine_rows
from monitoring.dashboards.timerange import PRESETS, time_range


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def machines(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/machines.html", {"machines": machine_rows(timezone.now())})


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def machine(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    found = machine_rows(now, slug)
    if not found:
        raise Http404
    context = {
        "service": found[0].service,
        "machines": found,
        "range": time_range(request.GET, now),
        "presets": list(PRESETS),
    }
    return render(request, "dashboards/machine.html", context)
