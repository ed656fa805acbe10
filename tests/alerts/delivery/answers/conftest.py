"""Somebody to answer: an incident that keeps what was done to it, a channel, a contact, a delivery."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from alerts.delivery import responses
from alerts.delivery.models import Channel, ContactMethod, Delivery
from alerts.delivery.responses import Reply, Response, Standing, Verb
from opsportal.crypto import seal
from security.access.models import User
from tests.alerts.delivery.messages import NOW, message
from tests.fakes.slack import SIGNING_SECRET, TOKEN
from tests.fakes.twilio import ACCOUNT, NUMBER
from tests.fakes.twilio import TOKEN as TWILIO_TOKEN

MOBILE = "+436601234567"
SLACK_ID = "U024BE7LH"


@pytest.fixture
def kinds() -> None:
    """The kinds as they are."""


@pytest.fixture(autouse=True)
def _public(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://portal.example"


class Incidents:
    """What an incident room would do: acts once, and says so."""

    def __init__(self) -> None:
        self.done: list[Response] = []

    def handle(self, response: Response) -> Reply:
        again = any((one.verb, one.subject) == (response.verb, response.subject) for one in self.done)
        self.done.append(response)
        who = response.by.get_username() if response.by else "somebody"
        return Reply(True, f"{response.subject} {'was already' if again else 'is now'} {response.verb}d by {who}")


@pytest.fixture
def incidents(monkeypatch: pytest.MonkeyPatch) -> Incidents:
    room = Incidents()
    monkeypatch.setitem(responses._handlers, "incident", room.handle)
    return room


@pytest.fixture
def describer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An incident room that says how things stand."""
    stands = Standing("Checkout is down", "Acknowledged", "https://portal.example/incidents/42", (Verb.RESOLVE,))
    monkeypatch.setitem(responses._describers, "incident", lambda subject: stands)


def channel(kind: str, slug: str, stored: dict[str, Any], secrets: dict[str, str]) -> Channel:
    return Channel.objects.create(name=slug, slug=slug, kind=kind, settings=stored, sealed_secrets=seal(secrets))


@pytest.fixture
def twilio(db: None) -> Channel:
    stored = {"account_sid": ACCOUNT, "from_number": NUMBER, "messaging_service_sid": "", "to": "", "validity_s": 3600}
    return channel("sms", "texts", stored, {"auth_token": TWILIO_TOKEN})


@pytest.fixture
def slack(db: None) -> Channel:
    return channel("slack", "ops", {"channel": ""}, {"token": TOKEN, "signing_secret": SIGNING_SECRET})


def contact(user: User, on: Channel, address: str, **more: Any) -> ContactMethod:
    values = {"name": "My mobile", "verified_at": NOW, **more}
    return ContactMethod.objects.create(user=user, channel=on, address=address, **values)


def delivery(to: ContactMethod, number: int = 42, **more: Any) -> Delivery:
    """A delivery about incident `number`, delivered."""
    told = message(subject=f"incident:{number}", number=number, thread=f"incident:{number}/e0")
    values = {
        "key": f"{told.subject}/{Delivery.objects.count()}",
        "subject": told.subject,
        "kind": "firing",
        "message": told.as_json(),
        "channel": to.channel,
        "contact": to,
        "user": to.user,
        "address": to.address,
        "target_name": str(to),
        "why": "first step",
        "state": "delivered",
        "created_at": NOW,
        "next_attempt_at": NOW,
        "deadline_at": NOW,
        "provider_ref": "SM1",
        **more,
    }
    return Delivery.objects.create(**values)
