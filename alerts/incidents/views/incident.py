"""One incident: everything about it, what people do to it, and a small page to acknowledge it on a telephone."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.incidents.choices import UNRESOLVED
from alerts.incidents.incident_page import forms, parts
from alerts.incidents.models import Incident
from alerts.incidents.queries import incidents_listed
from alerts.incidents.verbs import VERBS
from opsportal.writing import person_of

SHORTCUTS = [("a", "Acknowledge"), ("r", "Resolve"), ("s", "Silence"), ("c", "Write a comment")]


def _found(incident_id: int) -> Incident:
    return get_object_or_404(incidents_listed().select_related("merged_into"), pk=incident_id)


@require_safe
@permission_required("incidents.view_incident", raise_exception=True)
def incident(request: HttpRequest, incident_id: int) -> HttpResponse:
    """The page; with `fragment=1` only the parts that change while it is open."""
    now = timezone.now()
    context = parts(_found(incident_id), now, every=request.GET.get("timeline") == "all")
    may_respond = request.user.has_perm("incidents.respond_incident")
    if may_respond:
        context |= forms(person_of(request), now)
    if request.GET.get("fragment") == "1":
        return _fresh(render(request, "incidents/_incident.html", context))
    return _fresh(render(request, "incidents/incident.html", context | {"shortcuts": SHORTCUTS if may_respond else []}))


@require_safe
@permission_required("incidents.view_incident", raise_exception=True)
def ack(request: HttpRequest, incident_id: int) -> HttpResponse:
    """For a telephone: what it is, and big buttons."""
    found = _found(incident_id)
    context = {"incident": found, "is_unresolved": found.state in UNRESOLVED}
    return _fresh(render(request, "incidents/ack.html", context))


@require_POST
@permission_required("incidents.respond_incident", raise_exception=True)
def act(request: HttpRequest, incident_id: int) -> HttpResponse:
    """One verb of the form, then the page it came from."""
    found, verb = _found(incident_id), request.POST.get("verb", "")
    if verb not in VERBS:
        raise BadRequest(f"verb: {verb[:40]!r} is not one of {', '.join(VERBS)}.")
    page = "incidents:ack" if request.POST.get("page") == "ack" else "incidents:incident"
    try:
        answer = VERBS[verb](found, request.POST, person_of(request), timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(reverse(page, args=[found.pk]))
    (messages.success if answer.done else messages.info)(request, answer.words)
    return redirect(reverse(page, args=[answer.incident.pk]))


def _fresh(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
