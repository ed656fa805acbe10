"""Who is on call in every schedule, and the calendar of one."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts.oncall.calendar_range import SPANS, Shown, shown
from alerts.oncall.forms.changes import ImportForm, OverrideForm, SwapForm
from alerts.oncall.models import Feed, Schedule
from alerts.oncall.page import schedule_page
from alerts.oncall.queries import now_and_next


@require_safe
@permission_required("oncall.view_schedule", raise_exception=True)
def schedules(request: HttpRequest) -> HttpResponse:
    """Every schedule: who is on call, until when, and who comes next."""
    turns = now_and_next(list(Schedule.objects.order_by("name")), timezone.now())
    context = {
        "turns": turns,
        "mine": [turn for turn in turns if request.user in turn.now.people],
        "feed": Feed.objects.filter(user=request.user.pk, schedule=None).first(),
    }
    return render(request, "oncall/schedules.html", context)


@require_safe
@permission_required("oncall.view_schedule", raise_exception=True)
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """The calendar of one schedule: `?span=week|2weeks|month&from=YYYY-MM-DD&tz=Europe/Vienna`."""
    return schedule_response(request, get_object_or_404(Schedule, slug=slug), timezone.now())


def schedule_response(request: HttpRequest, found: Schedule, now: datetime, **forms: Any) -> HttpResponse:
    """The page; `forms` are those that were filled in and have faults, by name."""
    asked = shown(request.GET, found.time_zone, now)
    page = schedule_page(found, asked, now)
    zone = asked.zone
    context = {
        "page": page,
        "schedule": found,
        "links": links(asked, found),
        "open": next(iter(forms), ""),
        "override_form": OverrideForm(zone=zone, people=page.people),
        "swap_form": SwapForm(zone=zone, ahead=page.ahead),
        "import_form": ImportForm(),
        "feed": Feed.objects.filter(user=request.user.pk, schedule=found).first(),
    }
    return render(request, "oncall/schedule.html", context | forms, status=400 if forms else 200)


def links(asked: Shown, found: Schedule) -> dict[str, Any]:
    """Addresses of what lies beside what is shown; the span, the days and the zone stay in each."""
    now = {"span": asked.span, "from": asked.days[0].isoformat(), "tz": asked.zone.key}

    def address(**changes: str | None) -> str:
        return "?" + urlencode({key: value for key, value in (now | changes).items() if value})

    return {
        "here": address(),
        "before": address(**{"from": asked.before.isoformat()}),
        "after": address(**{"from": asked.after.isoformat()}),
        "today": address(**{"from": None}),
        "own_zone": address(tz=found.time_zone),
        "other_zone": address(tz="ZONE"),
        "spans": [(name, label, address(span=name)) for name, label in SPANS.items()],
    }
