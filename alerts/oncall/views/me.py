""" "My notifications": a person's own contact methods, rules and quiet hours. Everybody for themself, with or without a role."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from alerts.delivery import actions as delivery
from alerts.delivery.choices import MessageKind, Urgency
from alerts.delivery.messages import Message
from alerts.delivery.models import ContactMethod
from alerts.oncall import actions
from alerts.oncall.forms.me import ContactForm, QuietForm, RulesForm, personal_channels
from alerts.oncall.me_page import contacts_of, page_of, subject_of_test, tested_lately
from alerts.oncall.models import QuietHours
from opsportal.writing import by_field
from security.access.models import User

TESTS_APART = timedelta(seconds=30)
MOST_CONTACTS = 20
Act = Callable[[HttpRequest, User, ContactMethod, datetime], str]


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - LoginRequiredMiddleware saw to it
    return request.user


@require_http_methods(["GET", "HEAD"])
def notifications(request: HttpRequest) -> HttpResponse:
    """What reaches me, by which ways, and when not."""
    return _shown(request, timezone.now())


def _shown(request: HttpRequest, now: datetime, status: int = 200, **forms: Any) -> HttpResponse:
    return render(request, "oncall/me.html", page_of(_me(request), now, **forms), status=status)


def _done(request: HttpRequest, words: str, place: str) -> HttpResponse:
    messages.success(request, words)
    return redirect(f"{_address()}#{place}")


def _address() -> str:
    return reverse("me:notifications")


@require_POST
def contact_add(request: HttpRequest) -> HttpResponse:
    """A new way to me; it counts once its address is confirmed."""
    now, me = timezone.now(), _me(request)
    form = ContactForm(request.POST, channels=personal_channels())
    if form.is_valid() and len(contacts_of(me)) >= MOST_CONTACTS:
        form.add_error(None, f"You have {MOST_CONTACTS} contact methods; delete one first.")
    if form.is_valid():
        try:
            made = delivery.contact_save(user=me, by=me, **form.cleaned_data)
        except ValidationError as error:
            _place(form, error)
        else:
            words = _try(lambda: delivery.contact_code_send(contact=made, now=now, by=me))
            return _done(request, f"{made.name} is added. {words or 'Enter the code that was sent there.'}", "contacts")
    return _shown(request, now, 400, contact_form=form)


@require_POST
def contact_act(request: HttpRequest, contact_id: int, act: str) -> HttpResponse:
    """Confirm, test, switch on or off, or delete one of my contact methods."""
    if act not in ACTS:
        raise Http404
    now, me = timezone.now(), _me(request)
    contact = get_object_or_404(me.contact_methods.select_related("channel"), pk=contact_id)
    try:
        words = ACTS[act](request, me, contact, now)
    except ValidationError as error:
        messages.error(request, f"{contact.name}: {' '.join(error.messages)}")
        return redirect(f"{_address()}#contacts")
    return _done(request, words, "contacts")


@require_POST
def rules(request: HttpRequest, urgency: str) -> HttpResponse:
    """All my rules of one urgency."""
    if urgency not in Urgency.values:
        raise Http404
    now, me = timezone.now(), _me(request)
    stored = list(me.personal_rules.filter(urgency=urgency))
    form = RulesForm(request.POST, urgency=urgency, contacts=contacts_of(me), rules=stored)
    if form.is_valid():
        try:
            actions.personal_rules_save(user=me, urgency=urgency, rules=[row for _, row in form.filled()], by=me)
        except ValidationError as error:
            form.place(by_field(error))
        else:
            return _done(request, "Your rules are saved.", urgency)
    return _shown(request, now, 400, **{f"{urgency}_form": form})


@require_POST
def quiet_hours(request: HttpRequest) -> HttpResponse:
    """Set my quiet hours, or have none (`none` in the form)."""
    now, me = timezone.now(), _me(request)
    if "none" in request.POST:
        actions.quiet_hours_delete(user=me, by=me)
        return _done(request, "You have no quiet hours any more.", "quiet")
    form = QuietForm(request.POST, hours=QuietHours.objects.filter(user=me).first())
    if form.is_valid():
        try:
            actions.quiet_hours_save(user=me, by=me, **form.cleaned_data)
        except ValidationError as error:
            _place(form, error)
        else:
            return _done(request, "Your quiet hours are set.", "quiet")
    return _shown(request, now, 400, quiet_form=form)


def _place(form: Any, error: ValidationError) -> None:
    """Errors of an action beside the fields that they are about."""
    for place, words in by_field(error).items():
        form.add_error(place if place in form.fields else None, words)


def _try(act: Callable[[], object]) -> str:
    """What went wrong, in words; empty: nothing."""
    try:
        act()
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _send_code(request: HttpRequest, me: User, contact: ContactMethod, now: datetime) -> str:
    delivery.contact_code_send(contact=contact, now=now, by=me)
    return f"A code is on its way to {contact.name}."


def _verify(request: HttpRequest, me: User, contact: ContactMethod, now: datetime) -> str:
    delivery.contact_verify(contact=contact, code=request.POST.get("code", "")[:20], now=now, by=me)
    return f"{contact.name} is confirmed."


def _switch(request: HttpRequest, me: User, contact: ContactMethod, now: datetime) -> str:
    delivery.contact_save(
        user=me,
        contact=contact,
        channel=contact.channel,
        name=contact.name,
        address=contact.address,
        enabled=not contact.enabled,
        by=me,
    )
    return f"{contact.name} is switched {'off' if contact.enabled else 'on'}."


def _delete(request: HttpRequest, me: User, contact: ContactMethod, now: datetime) -> str:
    name = contact.name
    delivery.contact_delete(contact=contact, now=now, by=me)
    return f"{name} is deleted."


def _test(request: HttpRequest, me: User, contact: ContactMethod, now: datetime) -> str:
    """By the way that pages take: outbox, throttle, circuit, channel. Only to a confirmed address, and not again and again."""
    if contact.verified_at is None:
        raise ValidationError("Confirm the address first.")
    if tested_lately(contact, now, TESTS_APART):
        raise ValidationError("A test was sent less than half a minute ago.")
    message = Message(
        kind=MessageKind.TEST,
        title="Test of your notifications",
        text=f"This is what reaches you by {contact.name}. Nothing is wrong.",
        severity="info",
        subject=subject_of_test(contact),
        url=f"{settings.PUBLIC_URL}{_address()}",
    )
    target = delivery.Target(contact.channel, contact)
    key = f"{message.subject}/{uuid4()}"
    delivery.deliver(key=key, message=message, target=target, why="You asked for a test", now=now, urgency=Urgency.HIGH)
    return f"A test is on its way to {contact.name}; below you see what came of it."


ACTS: dict[str, Act] = {
    "send-code": _send_code,
    "verify": _verify,
    "switch": _switch,
    "delete": _delete,
    "test": _test,
}
