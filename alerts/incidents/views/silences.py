"""Silences: what is kept quiet, until when and why; made with a look at what they cover."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alerts.incidents import actions
from alerts.incidents.forms.silence_page import SilencePageForm, initial
from alerts.incidents.models import Incident, Silence
from alerts.incidents.queries import silence_state, silences_listed
from alerts.incidents.silencing import State
from alerts.oncall.views.changes import did
from opsportal.writing import person_of

PAGE_SIZE = 50
STATES: tuple[tuple[State, str], ...] = (("active", "Active"), ("pending", "To come"), ("expired", "Over"))
SPANS = (("1 h", 60), ("2 h", 120), ("4 h", 240), ("1 day", 1440), ("1 week", 10080))


@require_safe
@permission_required("incidents.view_silence", raise_exception=True)
def silences(request: HttpRequest) -> HttpResponse:
    """Those in one state; `page` counts from 1."""
    now = timezone.now()
    asked = request.GET.get("state", "")
    state: State = next((name for name, _ in STATES if name == asked), "active")
    text = request.GET.get("page", "1")
    page = min(max(int(text), 1), 10_000) if text.isdecimal() and len(text) < 6 else 1
    listed: Any = silences_listed(now, state)
    found = list(listed[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    context = {
        "silences": found[:PAGE_SIZE],
        "more": len(found) > PAGE_SIZE,
        "page": page,
        "state": state,
        "tabs": [
            (name, words, silences_listed(now, name).count() if name != "expired" else None) for name, words in STATES
        ],
    }
    return render(request, "incidents/silences.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("incidents.add_silence", raise_exception=True)
def silence_new(request: HttpRequest) -> HttpResponse:
    """`incident`: numbers of incidents that it is to cover."""
    ids = [int(one) for one in request.GET.getlist("incident") if one.isdecimal() and len(one) < 19]
    incidents = list(Incident.objects.filter(pk__in=ids[:200]).order_by("pk"))
    return _form(request, None, incidents, timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("incidents.change_silence", raise_exception=True)
def silence(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _form(request, get_object_or_404(Silence, uuid=uuid), [], timezone.now())


def _form(request: HttpRequest, found: Silence | None, incidents: list[Incident], now: datetime) -> HttpResponse:
    form = SilencePageForm(request.POST or None, initial=initial(found, incidents, now))
    if request.method == "POST" and did(
        form, lambda data: actions.silence_save(silence=found, by=person_of(request), now=now, **data)
    ):
        messages.success(request, "The silence is stored; what it covers is not told.")
        return redirect("incidents:silences")
    context = {
        "form": form,
        "silence": found,
        "state": silence_state(found, now) if found else "",
        "incidents": incidents,
        "spans": SPANS,
        "preview": _preview(form["matchers"].value()),
    }
    return render(request, "incidents/silence.html", context, status=400 if form.errors else 200)


@require_POST
@permission_required("incidents.add_silence", raise_exception=True)
def preview(request: HttpRequest) -> HttpResponse:
    """What matchers (lines) cover of what fires now, as a part of the page."""
    return render(request, "incidents/_preview.html", {"preview": _preview(request.POST.get("matchers", "")[:20_000])})


def _preview(matchers: Any) -> dict[str, Any]:
    """`found`, or `fault` in words; empty where there are no matchers yet."""
    lines = matchers if isinstance(matchers, list) else [one for one in str(matchers or "").splitlines() if one.strip()]
    if not lines:
        return {}
    try:
        return {"found": actions.silence_preview(lines)}
    except ValidationError as error:
        return {"fault": " ".join(error.messages)}


@require_POST
@permission_required("incidents.change_silence", raise_exception=True)
def expire(request: HttpRequest, uuid: UUID) -> HttpResponse:
    done = actions.silence_expire(
        silence=get_object_or_404(Silence, uuid=uuid), by=person_of(request), now=timezone.now()
    )
    messages.success(request, "The silence is over: what still fires is told." if done else "It was over already.")
    return redirect("incidents:silences")
