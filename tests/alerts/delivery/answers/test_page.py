"""The page behind the link of a message."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from alerts.delivery.answers.links import Token
from alerts.delivery.models import Channel
from alerts.delivery.responses import Verb
from security.access.models import User
from tests.alerts.delivery.answers.conftest import MOBILE, Incidents, contact, delivery
from tests.alerts.delivery.messages import NOW


def link(token: Token) -> str:
    return f"/alerts/answers/{token.signed()}"


@pytest.fixture
def path(ada: User, twilio: Channel) -> str:
    told = delivery(contact(ada, twilio, MOBILE))
    return link(Token(told.subject, told.pk, ada.pk))


def test_opening_the_link_shows_and_does_nothing(path: str, incidents: Incidents) -> None:
    for _ in range(2):
        page = Client().get(path)
        Client().head(path)
    assert page.status_code == 200
    assert "Checkout is down" in page.content.decode()
    assert page.content.decode().count('name="verb"') == 3
    assert incidents.done == []


def test_pressing_a_button_acts_as_the_person_of_the_link(path: str, incidents: Incidents, ada: User) -> None:
    page = Client(enforce_csrf_checks=True).post(path, {"verb": "acknowledge"})
    assert "incident:42 is now acknowledged by ada" in page.content.decode()
    assert (incidents.done[0].by, incidents.done[0].verb) == (ada, Verb.ACKNOWLEDGE)


def test_pressing_twice_is_said_and_harmless(path: str, incidents: Incidents) -> None:
    Client().post(path, {"verb": "resolve"})
    assert "was already resolved" in Client().post(path, {"verb": "resolve"}).content.decode()


def test_only_what_still_makes_sense_is_offered(path: str, incidents: Incidents, describer: None) -> None:
    page = Client().get(path).content.decode()
    assert "Acknowledged" in page
    assert page.count('name="verb"') == 1


def test_a_link_that_was_changed_is_no_link(path: str, incidents: Incidents) -> None:
    assert Client().post(path[:-1] + ("A" if path[-1] != "A" else "B"), {"verb": "resolve"}).status_code == 404
    assert Client().get("/alerts/answers/anything").status_code == 404
    assert incidents.done == []


def test_an_old_link_says_that_it_is_old(path: str, incidents: Incidents) -> None:
    with time_machine.travel(NOW + timedelta(days=3650)):
        page = Client().post(path, {"verb": "resolve"})
    assert page.status_code == 410
    assert incidents.done == []


@pytest.mark.parametrize("verb", ["", "explode", "unacknowledge", "snooze"])
def test_a_link_does_only_what_it_is_for(verb: str, ada: User, incidents: Incidents) -> None:
    path = link(Token("incident:42", 7, ada.pk, (Verb.ACKNOWLEDGE,)))
    assert Client().post(path, {"verb": verb}).status_code == 400
    assert incidents.done == []


def test_the_link_of_somebody_who_left_does_nothing(path: str, ada: User, incidents: Incidents) -> None:
    User.objects.update(is_active=False)
    assert Client().post(path, {"verb": "resolve"}).status_code == 403
    assert incidents.done == []


def test_the_address_is_told_to_nobody(path: str) -> None:
    page = Client().get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
