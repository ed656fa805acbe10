"""The page of channels: how they do, a test of each, and closing a circuit by hand."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.delivery import actions
from alerts.delivery.health import channels_health
from alerts.delivery.models import Channel, Circuit


@require_safe
@permission_required("delivery.view_channel", raise_exception=True)
def channels(request: HttpRequest) -> HttpResponse:
    response = render(request, "delivery/channels.html", {"channels": channels_health(timezone.now())})
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@permission_required("delivery.test_channel", raise_exception=True)
def channel_test(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a test message now; what the receiver answered is said. `address`: for a channel that takes addresses."""
    found = get_object_or_404(Channel, slug=slug)
    address = request.POST.get("address", "").strip()[:250]
    try:
        seen = actions.channel_test(channel=found, address=address, now=timezone.now(), by=actions.person_of(request))
    except ValidationError as error:
        messages.error(request, f"{found}: {' '.join(error.messages)}")
    else:
        words = f"{found}: {seen.sent.outcome.label} in {seen.duration_s:.2f} s. {seen.sent.answer}"[:500]
        (messages.success if seen.delivered else messages.error)(request, words)
    return redirect("delivery:channels")


@require_POST
@permission_required("delivery.reset_circuit", raise_exception=True)
def circuit_reset(request: HttpRequest) -> HttpResponse:
    """Close a circuit (`endpoint`): what waits is sent at once."""
    found = get_object_or_404(Circuit, endpoint=request.POST.get("endpoint", "").replace("\x00", ""))
    actions.circuit_reset(circuit=found, now=timezone.now(), by=actions.person_of(request))
    messages.success(request, f"{found.channel}: the circuit is closed; what waits is sent now.")
    return redirect("delivery:channels")
