"""Answers with the points of one chart, of a check or of a machine: JSON for the page, CSV for people."""

import csv
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.utils import timezone

from monitoring.dashboards import series
from monitoring.dashboards.timerange import TimeRange, time_range

NAME_LENGTH = 200
Charted = Callable[[str, TimeRange], series.Chart]
"""Reads the chart of a value's name over a range."""


def json_response(request: HttpRequest, charted: Charted) -> JsonResponse:
    asked = time_range(request.GET, timezone.now())
    if asked.problems:
        return JsonResponse({"detail": asked.problems[0]}, status=400)
    response = JsonResponse(series.payload(charted(_name(request), asked)))
    response["Cache-Control"] = "no-store"
    return response


def csv_response(request: HttpRequest, slug: str, charted: Charted) -> HttpResponse:
    asked = time_range(request.GET, timezone.now())
    if asked.problems:
        return HttpResponseBadRequest(asked.problems[0], content_type="text/plain")
    shown = charted(_name(request), asked)
    name = f"{slug}-{shown.value.name or 'duration'}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    csv.writer(response).writerows(series.rows(shown))
    return response


def _name(request: HttpRequest) -> str:
    return request.GET.get("value", "")[:NAME_LENGTH]
