"""Addresses that calendar programs subscribe to: read by token, made and taken back by people."""

from hashlib import sha256

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_POST, require_safe

from alerts.oncall import actions
from alerts.oncall.calendars.queries import feed_by_token, feed_calendar
from alerts.oncall.models import Feed, Schedule
from opsportal.writing import person_of
from security.access.models import User

REFUSED = "This address is not valid any more. Make a new one on the schedule's page.\n"
FRESH_S = 900


@login_not_required
@require_safe
def schedule_ics(request: HttpRequest, slug: str) -> HttpResponse:
    """Everybody's shifts of a schedule, by `?token=`."""
    return _ics(request, Schedule.objects.filter(slug=slug).first(), f"{slug}.ics", mine=False)


@login_not_required
@require_safe
def my_shifts_ics(request: HttpRequest) -> HttpResponse:
    """The shifts on all schedules of the token's person."""
    return _ics(request, None, "my-shifts.ics", mine=True)


def _ics(request: HttpRequest, found: Schedule | None, name: str, *, mine: bool) -> HttpResponse:
    feed = feed_by_token(request.GET.get("token", ""), found) if found or mine else None
    if feed is None:
        return HttpResponseForbidden(REFUSED, content_type="text/plain; charset=utf-8")
    now = timezone.now()
    content = feed_calendar(
        feed, now, lambda one: request.build_absolute_uri(reverse("oncall:schedule", args=[one.slug]))
    )
    actions.feed_used(feed=feed, now=now)
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["ETag"] = etag
    answer["Cache-Control"] = f"private, max-age={FRESH_S}"
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    conditional = get_conditional_response(request, etag=etag, response=answer)
    return conditional if isinstance(conditional, HttpResponse) else answer


@require_POST
@permission_required("oncall.view_schedule", raise_exception=True)
def feed_create(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Make an address for a schedule, or without one for own shifts; shown once."""
    found = get_object_or_404(Schedule, slug=slug) if slug else None
    person = get_object_or_404(User, username=request.user.get_username())
    _, token = actions.feed_create(user=person, schedule=found, now=timezone.now(), by=person)
    place = reverse("oncall:schedule-ics", args=[slug]) if found else reverse("oncall:my-shifts-ics")
    address = f"{request.build_absolute_uri(place)}?token={token}"
    return render(request, "oncall/feed.html", {"schedule": found, "address": address})


@require_POST
@permission_required("oncall.view_schedule", raise_exception=True)
def feed_revoke(request: HttpRequest, slug: str = "") -> HttpResponse:
    found = get_object_or_404(Schedule, slug=slug) if slug else None
    feed = get_object_or_404(Feed.objects.select_related("user", "schedule"), user=request.user.pk, schedule=found)
    actions.feed_revoke(feed=feed, by=person_of(request))
    messages.success(request, "The address was taken back; calendars that use it are refused from now on.")
    return redirect("oncall:schedule", slug) if slug else redirect("oncall:schedules")
