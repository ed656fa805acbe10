"""What people change from the calendar page: overrides, swaps, imports."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from alerts.oncall import actions
from alerts.oncall.bars import when
from alerts.oncall.calendar_range import shown, zone_of
from alerts.oncall.calendars.importing import Preview, overrides_import, preview
from alerts.oncall.forms.changes import ImportForm, OverrideForm, SwapForm
from alerts.oncall.models import Override, Schedule
from alerts.oncall.page import schedule_page
from alerts.oncall.people import name_of
from alerts.oncall.rotation import Span
from alerts.oncall.views.schedules import schedule_response
from opsportal.writing import by_field, person_of
from security.access.models import User

SALT = "oncall.import"
IMPORT_WITHIN_S = 3600


@require_POST
@permission_required("oncall.add_override", raise_exception=True)
def override_add(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Schedule, slug=slug)
    people = User.objects.filter(is_active=True).order_by("username")
    form = OverrideForm(request.POST, zone=zone_of(request.POST.get("tz", ""), found.time_zone), people=list(people))
    if not did(form, lambda data: actions.override_save(schedule=found, by=person_of(request), **data)):
        return schedule_response(request, found, timezone.now(), override_form=form)
    messages.success(request, "The override is set.")
    return redirect(calendar_url(request, found))


@require_POST
@permission_required("oncall.delete_override", raise_exception=True)
def override_delete(request: HttpRequest, slug: str, override_id: int) -> HttpResponse:
    override = get_object_or_404(Override.objects.select_related("schedule"), pk=override_id, schedule__slug=slug)
    actions.override_delete(override=override, by=person_of(request))
    messages.success(request, "The override was taken back.")
    return redirect(calendar_url(request, override.schedule))


@require_POST
@permission_required("oncall.add_override", raise_exception=True)
def swap(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    found = get_object_or_404(Schedule, slug=slug)
    zone = zone_of(request.POST.get("tz", ""), found.time_zone)
    page = schedule_page(found, shown(request.GET, found.time_zone, now), now)
    form = SwapForm(request.POST, zone=zone, ahead=page.ahead)
    people = {user.pk: user for user, _ in page.ahead}

    def work(data: dict[str, Any]) -> None:
        (one, ones), (other, others) = (_ahead(data[name], now) for name in ("ones", "others"))
        actions.shifts_swap(
            schedule=found, one=people[one], ones=ones, other=people[other], others=others, reason=data["reason"],
            by=person_of(request),
        )  # fmt: skip

    if not did(form, work, {"other": "others"}):
        return schedule_response(request, found, now, swap_form=form)
    messages.success(request, "The shifts are swapped.")
    return redirect(calendar_url(request, found))


@require_POST
@permission_required("oncall.add_override", raise_exception=True)
def import_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """What a file would do; the file goes along signed, and is read anew when it is applied."""
    now = timezone.now()
    found = get_object_or_404(Schedule, slug=slug)
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return schedule_response(request, found, now, import_form=form)
    content = form.cleaned_data["file"]
    seen = preview(schedule=found, content=content, now=now)
    signed = signing.dumps({"schedule": found.pk, "text": content.decode("latin-1")}, salt=SALT, compress=True)
    return _import_page(request, found, seen, signed=signed)


@require_POST
@permission_required("oncall.add_override", raise_exception=True)
def import_apply(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Schedule, slug=slug)
    content = _signed_content(request, found)
    done = overrides_import(schedule=found, content=content, now=timezone.now(), by=person_of(request))
    messages.success(
        request, f"{done.count('new')} overrides were imported, {done.count('changed')} were changed, "
        f"{done.count('as it was')} were there already.",
    )  # fmt: skip
    return redirect(calendar_url(request, found))


def _signed_content(request: HttpRequest, found: Schedule) -> bytes:
    try:
        signed = signing.loads(request.POST.get("file", ""), salt=SALT, max_age=IMPORT_WITHIN_S)
    except signing.BadSignature:
        raise BadRequest("This preview is no longer valid. Choose the file again.") from None
    if signed["schedule"] != found.pk:
        raise BadRequest("This preview is of another schedule. Choose the file again.")
    return str(signed["text"]).encode("latin-1")


def _import_page(request: HttpRequest, found: Schedule, seen: Preview, signed: str) -> HttpResponse:
    zone = ZoneInfo(found.time_zone)
    rows = [
        (one.entry.line, name_of(one.user), when(one.entry.start, one.entry.end, zone), one.state)
        for one in seen.planned
    ]
    context = {
        "schedule": found,
        "rows": rows,
        "faults": seen.faults,
        "past": seen.past,
        "to_do": seen.count("new") + seen.count("changed"),
        "signed": signed,
    }
    return render(request, "oncall/import.html", context)


def _ahead(shift: tuple[int, Span], now: datetime) -> tuple[int, Span]:
    """Of a shift that has begun what is still to come, from the present minute: what was, was."""
    person, span = shift
    return person, span._replace(start=max(span.start, now.replace(second=0, microsecond=0)))


def did(form: forms.Form, work: Callable[[dict[str, Any]], Any], other_names: dict[str, str] | None = None) -> bool:
    """Whether the form is valid and its work was done; faults of the work stand at their fields."""
    if not form.is_valid():
        return False
    try:
        work({key: value for key, value in form.cleaned_data.items() if key != "tz"})
    except ValidationError as error:
        for place, words in by_field(error).items():
            name = (other_names or {}).get(place, place)
            form.add_error(name if name in form.fields else None, list(words))
        return False
    return True


def calendar_url(request: HttpRequest, found: Schedule) -> str:
    """The calendar as it was shown: the forms keep its address."""
    query = request.GET.urlencode()
    return reverse("oncall:schedule", args=[found.slug]) + (f"?{query}" if query else "")
