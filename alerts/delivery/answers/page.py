"""The page behind the signed link of a message: it shows how things stand, and acts only when a button is pressed.

Mail scanners and previews open links by themselves, so that GET and HEAD never act. The link is the authority: no log-in, no session.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from alerts.delivery.answers.links import SNOOZE, Token
from alerts.delivery.choices import MessageKind
from alerts.delivery.models import Delivery
from alerts.delivery.rendering.parts import is_link
from alerts.delivery.responses import Reply, Response, Standing, Verb, respond, standing

LABELS = {
    Verb.ACKNOWLEDGE: ("Acknowledge", "front_hand"),
    Verb.RESOLVE: ("Resolve", "check_circle"),
    Verb.SNOOZE: ("Snooze for an hour", "snooze"),
}
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@csrf_exempt  # nobody can forge what holds a signed token
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show (GET), or do (POST `verb`) and show."""
    try:
        allowed = Token.read(token)
    except signing.SignatureExpired:
        return _page(request, {"fault": "This link was good for seven days. Log in to the portal to answer."}, 410)
    except (signing.BadSignature, KeyError, ValueError, TypeError):
        return _page(request, {"fault": "This link is not whole. Open it from the message itself."}, 404)
    reply, status = None, 200
    if request.method == "POST":
        reply, status = _acted(allowed, request.POST.get("verb", ""))
    return _page(request, {"reply": reply, **_shown(allowed)}, status)


def _acted(allowed: Token, word: str) -> tuple[Reply, int]:
    if word not in allowed.verbs:
        return Reply(False, "verb: choose one of the buttons."), 400
    now, verb = timezone.now(), Verb(word)
    by = get_user_model().objects.filter(pk=allowed.user_id or 0, is_active=True).first()
    if allowed.user_id is not None and by is None:
        return Reply(False, "The account that this link was for is no longer active."), 403
    until = now + SNOOZE if verb == Verb.SNOOZE else None
    return respond(Response(verb, allowed.subject, by=by, via="the link in a message", now=now, until=until)), 200


def _shown(allowed: Token) -> dict[str, Any]:
    """How the subject stands, and the buttons that still make sense."""
    stands = standing(allowed.subject) or _as_told(allowed)
    offered = [verb for verb in allowed.verbs if verb in stands.verbs]
    buttons = [(verb.value, *LABELS[verb]) for verb in offered if verb in LABELS]
    return {"stands": stands, "buttons": buttons, "url": stands.url if is_link(stands.url) else ""}


def _as_told(allowed: Token) -> Standing:
    """Where nobody says how it stands: what was told of it last."""
    last = Delivery.objects.filter(subject=allowed.subject).order_by("-created_at", "-id").first()
    if last is None:
        return Standing("This is no longer known.", "gone")
    verbs = () if last.kind == MessageKind.RESOLVED else allowed.verbs
    return Standing(
        str(last.message.get("title", "")), last.get_kind_display(), str(last.message.get("url", "")), verbs
    )


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    page = render(request, "delivery/answer.html", context, status=status)
    for name, value in HEADERS.items():
        page.headers[name] = value
    return page
