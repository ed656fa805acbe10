"""The page of one service, its charts, its changes, and what an operator may do there."""

import json

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from monitoring.checks.actions import checks_pause, checks_resume, checks_run_now, person_of
from monitoring.checks.models import Check, Service, StatusChange
from monitoring.dashboards import series, strips
from monitoring.dashboards.queries.pings import ping_body
from monitoring.dashboards.queries.service import service_page
from monitoring.dashboards.timerange import PRESETS, time_range
from monitoring.dashboards.views.charts import csv_response, json_response

VERBS = {
    "run": "{} run{s} as soon as an engine is free.",
    "pause": "{} paused until resumed.",
    "resume": "{} resumed.",
}


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def service(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    found = get_object_or_404(Service.objects.select_related("state", "state__affected_by"), slug=slug)
    asked = time_range(request.GET, now)
    page = service_page(found, now)
    context = {
        "page": page,
        "all_paused": all(row.paused for row in page.checks),
        "range": asked,
        "presets": list(PRESETS),
        "slot_gaps": strips.GAPS,
    }
    return render(request, "dashboards/service.html", context)


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def series_json(request: HttpRequest, slug: str) -> HttpResponse:
    """One chart: `?check=<slug>&value=<name>&range=…`. 400 with the field's name where the address is wrong."""
    return json_response(request, lambda name, asked: series.chart(_check(request, slug), name, asked))


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def series_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """The same points as a file."""
    return csv_response(request, slug, lambda name, asked: series.chart(_check(request, slug), name, asked))


@require_safe
@permission_required("checks.view_service", raise_exception=True)
def change(request: HttpRequest, change_id: int) -> HttpResponse:
    """The evidence of one change of status."""
    found = get_object_or_404(StatusChange, pk=change_id)
    context = {
        "change": found,
        "service": Service.objects.filter(pk=found.service_id).first(),
        "evidence": json.dumps(found.evidence, indent=2, ensure_ascii=False, sort_keys=True) if found.evidence else "",
        "check": Check.objects.filter(pk=found.check_id).first() if found.check_id else None,
    }
    return render(request, "dashboards/change.html", context)


@require_safe
@permission_required(("checks.view_service", "checks.view_heartbeatping"), raise_exception=True)
def ping_text(request: HttpRequest, slug: str, ping_id: int) -> HttpResponse:
    """What a job sent along with a ping, as plain text: a job's words are never a page."""
    body = ping_body(slug, ping_id)
    if body is None:
        raise Http404
    return HttpResponse(body, content_type="text/plain; charset=utf-8")


@require_POST
@permission_required(("checks.view_service", "checks.run_check"), raise_exception=True)
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Run, pause or resume one check (`check`: its slug) or all checks of a service."""
    found = get_object_or_404(Service, slug=slug)
    checks = found.checks.all()
    if request.POST.get("check"):
        checks = checks.filter(pk=get_object_or_404(checks, slug=request.POST["check"]).pk)
    verb = request.POST.get("verb", "")
    if verb not in VERBS:
        return HttpResponseBadRequest(f"verb: use one of {', '.join(VERBS)}.", content_type="text/plain")
    count = _do(verb, list(checks), request)
    words = f"{count} check{'' if count == 1 else 's'}"
    messages.success(request, VERBS[verb].format(words, s="s" if count == 1 else ""))
    return redirect("dashboards:service", slug)


def _do(verb: str, checks: list[Check], request: HttpRequest) -> int:
    by = person_of(request)
    if verb == "run":
        return checks_run_now(checks=checks, by=by)
    if verb == "pause":
        return checks_pause(checks=checks, until=None, by=by)
    return checks_resume(checks=checks, by=by)


def _check(request: HttpRequest, slug: str) -> Check:
    checks = Check.objects.select_related("service")
    found: Check = get_object_or_404(checks, service__slug=slug, slug=request.GET.get("check", ""))
    return found
