"""Twilio's calls: what became of a message, and what people write back."""

from datetime import datetime
from xml.sax.saxutils import escape

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from alerts.delivery.actions import receipt_store
from alerts.delivery.answers.codes import all_subjects, subject_of
from alerts.delivery.answers.links import SMS, SNOOZE
from alerts.delivery.answers.people import contacts_at, proven
from alerts.delivery.answers.replies import HELP, Wish, understood
from alerts.delivery.answers.signatures import twilio_signed
from alerts.delivery.answers.stopping import contacts_start, contacts_stop
from alerts.delivery.choices import Outcome
from alerts.delivery.configuration import channel_settings
from alerts.delivery.models import Channel, ContactMethod, Delivery
from alerts.delivery.rendering.cleaning import clean, one_line
from alerts.delivery.rendering.cutting import cut_line
from alerts.delivery.responses import Response, Verb, respond

ENDED = {"delivered": Outcome.DELIVERED, "undelivered": Outcome.PERMANENT, "failed": Outcome.PERMANENT}
HIGHEST_ID = 2**63 - 1
LONGEST_REPLY = 320
DONE = {Verb.ACKNOWLEDGE: "acknowledged", Verb.RESOLVE: "resolved", Verb.SNOOZE: "snoozed"}


@csrf_exempt
@login_not_required
@require_POST
def status(request: HttpRequest, slug: str) -> HttpResponse:
    """A status callback. Anything but an end is of no interest; the same end twice changes nothing."""
    channel = _channel(slug)
    if not _comes_from_twilio(request, channel):
        return _refused()
    outcome = ENDED.get(request.POST.get("MessageStatus", ""))
    delivery_id = request.GET.get("delivery", "")
    if outcome is not None and delivery_id.isascii() and delivery_id.isdigit() and int(delivery_id) <= HIGHEST_ID:
        code = one_line(request.POST.get("ErrorCode", ""))[:20]
        answer = request.POST["MessageStatus"] + (f", Twilio's error {code}" if code else "")
        ref = request.POST.get("MessageSid", "").replace("\x00", "")
        receipt_store(
            delivery_id=int(delivery_id), provider_ref=ref, outcome=outcome, answer=answer, now=timezone.now()
        )
    return HttpResponse(status=204)


@csrf_exempt
@login_not_required
@require_POST
def inbound(request: HttpRequest, slug: str) -> HttpResponse:
    """A message from somebody's telephone. Who has no contact with that number is not answered: answers cost money."""
    channel = _channel(slug)
    if not _comes_from_twilio(request, channel):
        return _refused()
    now = timezone.now()
    contacts = contacts_at(channel, request.POST.get("From", "").replace("\x00", ""))
    if not contacts:
        return twiml("")
    wish = understood(clean(request.POST.get("Body", "")))
    if wish is not None and (wish.stop or wish.start):
        change = contacts_stop if wish.stop else contacts_start
        change(contacts=contacts, now=now)
        return twiml("")  # Twilio itself answers these words
    return twiml(_act(wish, proven(contacts), now))


def twiml(text: str) -> HttpResponse:
    """An answer as Twilio wants it: one message, or none."""
    said = f"<Message>{escape(cut_line(clean(text), LONGEST_REPLY))}</Message>" if text else ""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{said}</Response>'
    return HttpResponse(body, content_type="application/xml; charset=utf-8")


def _act(wish: Wish | None, contacts: list[ContactMethod], now: datetime) -> str:
    """Do it, and say how things stand."""
    if not contacts:
        return "This number is not confirmed in the portal yet, so nothing can be done from here."
    if wish is None or wish.verb is None:
        return HELP
    if wish.every:
        return _act_on_all(wish.verb, contacts, now)
    found = subject_of(contacts, wish.code, now)
    if found is None:
        return f"There is nothing with the number {wish.code}. {HELP}"
    return _answer(wish.verb, found[1], now)[1]


def _act_on_all(verb: Verb, contacts: list[ContactMethod], now: datetime) -> str:
    answers = [_answer(verb, delivery, now) for delivery in all_subjects(contacts, now)]
    done = sum(1 for was_done, _ in answers if was_done)
    if not answers:
        return "There is nothing to answer."
    return answers[0][1] if len(answers) == 1 else f"{done} of {len(answers)} {DONE[verb]}."


def _answer(verb: Verb, delivery: Delivery, now: datetime) -> tuple[bool, str]:
    contact = delivery.contact
    reply = respond(
        Response(
            verb,
            delivery.subject,
            by=contact.user if contact else None,
            via=f"SMS ({contact.name})" if contact else "SMS",
            now=now,
            until=now + SNOOZE if verb == Verb.SNOOZE else None,
        )
    )
    return reply.done, reply.words


def _channel(slug: str) -> Channel:
    found = Channel.objects.filter(slug=slug, kind=SMS).first()
    if found is None:
        raise Http404("No channel has this address.")
    return found


def _comes_from_twilio(request: HttpRequest, channel: Channel) -> bool:
    """The signature is over the address as Twilio knows it: PUBLIC_URL, whatever a proxy made of it."""
    params = [(name, value) for name, values in request.POST.lists() for value in values]
    stored = channel_settings(channel)
    url = settings.PUBLIC_URL + request.get_full_path()
    signed = twilio_signed(stored["auth_token"], url, params, request.headers.get("X-Twilio-Signature", ""))
    return signed and request.POST.get("AccountSid", stored["account_sid"]) == stored["account_sid"]


def _refused() -> HttpResponse:
    return HttpResponseForbidden("X-Twilio-Signature does not fit.\n", content_type="text/plain; charset=utf-8")
