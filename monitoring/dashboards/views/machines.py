"""Machines: what they have left of processor, memory, disk and network."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring.checks.models import Machine
from monitoring.dashboards import series
from monitoring.dashboards.queries.machines import machine_reporting, machine_rows, unwatched_machines
from monitoring.dashboards.timerange import PRESETS, time_range
from monitoring.dashboards.views.charts import csv_response, json_response


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def machines(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    watched, reporting = machine_rows(now), unwatched_machines(now)
    context = {"machines": watched, "reporting": reporting, "count": len(watched) + len(reporting)}
    return render(request, "dashboards/machines.html", context)


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def machine(request: HttpRequest, slug: str) -> HttpResponse:
    """The machine a check watches as the service `slug`, else the one that reports by that name."""
    now = timezone.now()
    context = {"range": time_range(request.GET, now), "presets": list(PRESETS)}
    if found := machine_rows(now, slug):
        return render(request, "dashboards/machine.html", context | {"service": found[0].service, "machines": found})
    agent = machine_reporting(slug, now)
    if agent is None:
        raise Http404
    return render(request, "dashboards/reporting_machine.html", context | {"agent": agent})


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def series_json(request: HttpRequest, slug: str) -> JsonResponse:
    """One chart of what an agent reported: `?value=<name>&range=…`. 400 with the field's name where the address is wrong."""
    found = get_object_or_404(Machine, slug=slug)
    return json_response(request, lambda name, asked: series.machine_chart(found, name, asked))


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def series_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same points as a file."""
    found = get_object_or_404(Machine, slug=slug)
    return csv_response(request, slug, lambda name, asked: series.machine_chart(found, name, asked))
