"""The history of everything that was told, or was to be: who, what, why they, when, how it went, and why not the others."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from alerts.delivery import exporting
from alerts.delivery.choices import MessageKind, State
from alerts.delivery.filters import DeliveryFilter
from alerts.delivery.models import Channel
from alerts.delivery.queries import HIDDEN, deliveries_listed, history, may_see_address, why_not
from alerts.incidents.asked import After
from alerts.oncall.models import EscalationEntry

PAGE_SIZE = 50
FIELDS = ("subject", "user", "channel", "state", "kind", "since", "until")
FORMS = {
    "csv": (exporting.as_csv, "text/csv; charset=utf-8"),
    "jsonl": (exporting.as_json_lines, "application/x-ndjson"),
}
UNTOLD = ("empty", "skipped", "failed", "last")


def _filtered(request: HttpRequest) -> DeliveryFilter:
    asked = request.GET.copy()
    for name in ("since", "until"):  # of a datetime-local input, which has no zone: UTC
        if len(text := str(asked.get(name, ""))) == 16:
            asked[name] = f"{text}:00Z"
    for name in FIELDS:
        values = [value for value in asked.getlist(name) if value]
        asked.setlist(name, values) if values else asked.pop(name, None)
    return DeliveryFilter(asked, queryset=deliveries_listed())


@require_safe
@permission_required("delivery.view_delivery", raise_exception=True)
def deliveries(request: HttpRequest) -> HttpResponse:
    """The newest first; `after` is where the page begins."""
    filtered = _filtered(request)
    problems = [f"{name}: {words}" for name, errors in filtered.errors.items() for words in errors]
    found: Any = filtered.qs if filtered.is_valid() else deliveries_listed()
    after = After.parse(request.GET.get("after", ""))
    if after:
        found = found.filter(created_at__lte=after.time).filter(Q(created_at__lt=after.time) | Q(pk__lt=after.id))
    rows = list(found[: PAGE_SIZE + 1])
    last = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    asked = {name: request.GET.getlist(name) for name in FIELDS if any(request.GET.getlist(name))}
    context = {
        "rows": [{"delivery": one, "why_not": why_not(one)} for one in rows[:PAGE_SIZE]],
        "asked": {name: request.GET.get(name, "") for name in FIELDS},
        "narrows": bool(asked),
        "problems": problems,
        "states": State,
        "kinds": MessageKind,
        "channels": Channel.objects.order_by("name").values_list("slug", "name"),
        "first_address": "?" + urlencode(asked, doseq=True) if after else "",
        "next_address": "?" + urlencode(asked | {"after": After(0, last.created_at, last.pk)}, doseq=True)
        if last
        else "",
        "export_query": urlencode(asked, doseq=True),
    }
    return render(request, "delivery/deliveries.html", context)


@require_safe
@permission_required("delivery.view_delivery", raise_exception=True)
def delivery(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """One message: everything about it, and everything else about the same subject."""
    one = get_object_or_404(deliveries_listed().select_related("bundled_into", "fallback_of"), pk=delivery_id)
    told = history(one.subject)
    context = {
        "delivery": one,
        "told": next((each for each in told if each.delivery.pk == one.pk), None),
        "address": one.address if not one.address or may_see_address(request.user, one) else HIDDEN,
        "others": [each for each in told if each.delivery.pk != one.pk][-200:],
        "untold": EscalationEntry.objects.filter(escalation__subject=one.subject, outcome__in=UNTOLD).order_by("time")[
            :200
        ],
        "incident_id": _incident_of(one.subject),
    }
    return render(request, "delivery/delivery.html", context)


def _incident_of(subject: str) -> int | None:
    number = subject.removeprefix("incident:")
    return int(number) if number != subject and number.isdecimal() and len(number) < 19 else None


@require_safe
@permission_required("delivery.view_delivery", raise_exception=True)
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """What the list shows, filtered in the same way, a row an attempt; 100,000 deliveries at most."""
    filtered = _filtered(request)
    if form not in FORMS or not filtered.is_valid():
        raise Http404
    write, media_type = FORMS[form]
    headers = {"Content-Disposition": f'attachment; filename="deliveries.{form}"'}
    return StreamingHttpResponse(
        write(exporting.rows(filtered.qs, request.user)), content_type=media_type, headers=headers
    )
