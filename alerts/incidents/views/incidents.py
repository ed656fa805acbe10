"""The list of incidents, and what is done to many of them at once."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.incidents.asked import EVERY, SORTS, Asked, asked
from alerts.incidents.choices import IncidentState
from alerts.incidents.list_page import list_page, on_call_now, responders
from alerts.incidents.models import Incident
from alerts.incidents.open_count import open_count
from alerts.incidents.queries import unresolved_counts
from alerts.incidents.verbs import BULK, MOST, SPANS, VERBS
from monitoring.events.choices import Severity
from opsportal.writing import person_of

SHORTCUTS = [
    ("x", "Choose the row"),
    ("a", "Acknowledge what is chosen, or the row"),
    ("r", "Resolve it"),
    ("s", "Silence it"),
]
SORT_WORDS = {"newest": "Newest first", "oldest": "Oldest first", "severity": "Worst first"}


@require_safe
@permission_required("incidents.view_incident", raise_exception=True)
def incidents(request: HttpRequest) -> HttpResponse:
    """The page; with `fragment=1` only its list, which the browser swaps in after a change."""
    now, wanted = timezone.now(), asked(request.GET)
    found = list_page(wanted, request.user.pk or 0)
    context = {
        "asked": wanted,
        "found": found,
        "tabs": tabs(wanted),
        "next_address": wanted.address(after=str(found.after)) if found.after else "",
        "first_address": wanted.address(),
        "here": wanted.address(after=str(wanted.after) if wanted.after else ""),
        "clear_address": Asked(states=wanted.states, sort=wanted.sort).address(),
        "spans": SPANS,
    }
    if request.GET.get("fragment") == "1":
        return _fresh(render(request, "incidents/_list.html", context))
    context |= {
        "turns": on_call_now(now) if request.user.has_perm("oncall.view_schedule") else [],
        "responders": responders() if request.user.has_perm("incidents.respond_incident") else [],
        "severities": Severity,
        "sorts": [(name, SORT_WORDS[name]) for name in SORTS],
        "shortcuts": SHORTCUTS,
    }
    return _fresh(render(request, "incidents/incidents.html", context))


def _fresh(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


def tabs(wanted: Asked) -> list[dict[str, object]]:
    """One link a state, with how many are in it; what is over is not counted."""
    counts = unresolved_counts()
    rows: list[tuple[str, str, int | None, tuple[str, ...]]] = [("", "Unresolved", sum(counts.values()), ())]
    rows += [(state, str(IncidentState(state).label), count, (state,)) for state, count in counts.items()]
    rows += [
        (IncidentState.RESOLVED.value, "Resolved", None, (IncidentState.RESOLVED.value,)),
        (EVERY, "All", None, (EVERY,)),
    ]
    return [
        {"label": label, "count": count, "current": wanted.states == states, "address": wanted.address(state=states)}
        for _, label, count, states in rows
    ]


@require_safe
@permission_required("incidents.view_incident", raise_exception=True)
def count(request: HttpRequest) -> HttpResponse:
    """How many are open, for the bar of pages that stay open."""
    return _fresh(JsonResponse({"open": open_count()}))


@require_POST
@permission_required("incidents.respond_incident", raise_exception=True)
def act(request: HttpRequest) -> HttpResponse:
    """Do one thing to the incidents that were chosen, one after the other: what can be done is done."""
    ids = [int(one) for one in request.POST.getlist("incident") if one.isdecimal() and len(one) < 19]
    verb = request.POST.get("verb", "")
    back = redirect(reverse("incidents:incidents") + _query(request.POST.get("back", "")))
    if not ids:
        messages.warning(request, "Choose at least one incident first.")
        return back
    if verb == "silence":
        return redirect(f"{reverse('incidents:silence-new')}?{urlencode({'incident': ids[:MOST]}, doseq=True)}")
    if verb not in BULK:
        raise BadRequest(f"verb: {verb[:40]!r} is not one of {', '.join(BULK)}.")
    _do(request, verb, list(Incident.objects.filter(pk__in=ids[:MOST]).order_by("pk")), timezone.now())
    return back


def _do(request: HttpRequest, verb: str, found: Sequence[Incident], now: datetime) -> None:
    did: list[str] = []
    refused: list[str] = []
    for one in found:
        try:
            answer = VERBS[verb](one, request.POST, person_of(request), now)
        except ValidationError as error:
            refused.append(f"#{one.pk}: {' '.join(error.messages)}")
        else:
            (did if answer.done else refused).append(f"#{one.pk}: {answer.words}")
    if did:
        more = f" And {len(did) - 1} more." if len(did) > 1 else ""
        messages.success(request, f"{did[0]}{more}")
    for words in refused[:5]:
        messages.warning(request, words)
    if len(refused) > 5:
        messages.warning(request, f"And {len(refused) - 5} more were left as they are.")


def _query(text: str) -> str:
    """The list as it was shown. Only a query: it leads nowhere else."""
    return text if text.startswith("?") and len(text) < 2000 and "\n" not in text and "\r" not in text else ""
