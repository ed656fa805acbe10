"""The ways back that a message carries."""

from datetime import timedelta

import pytest
import time_machine
from django.core import signing
from pytest_django.fixtures import Settings

from alerts.delivery.answers.links import Token, answering
from alerts.delivery.models import Channel, Delivery
from alerts.delivery.responses import Verb
from security.access.models import User
from tests.alerts.delivery.answers.conftest import MOBILE, contact, delivery
from tests.alerts.delivery.messages import NOW, message


def test_a_token_is_what_it_was_made_of() -> None:
    token = Token("incident:42", 7, None, (Verb.RESOLVE,))
    assert Token.read(token.signed()) == token


def test_a_token_is_good_for_seven_days() -> None:
    with time_machine.travel(NOW, tick=False):
        signed = Token("incident:42", 7, 1).signed()
    with time_machine.travel(NOW + timedelta(days=6, hours=23), tick=False):
        Token.read(signed)
    with time_machine.travel(NOW + timedelta(days=7, seconds=1), tick=False), pytest.raises(signing.SignatureExpired):
        Token.read(signed)


def test_a_text_message_carries_code_link_and_callback(ada: User, twilio: Channel) -> None:
    told = delivery(contact(ada, twilio, MOBILE))
    ways = answering(told)
    assert ways.code == Delivery.objects.get(pk=told.pk).code == "1"
    assert ways.callback_url == f"https://portal.example/alerts/answers/twilio/texts/status?delivery={told.pk}"
    assert ways.answer_url.startswith("https://portal.example/alerts/answers/")


def test_what_cannot_be_answered_carries_no_link(ada: User, twilio: Channel) -> None:
    told = delivery(contact(ada, twilio, MOBILE), message=message(answerable=False).as_json())
    assert answering(told)[:2] == ("", "")


def test_twilio_is_given_no_address_that_it_cannot_reach(ada: User, twilio: Channel, settings: Settings) -> None:
    settings.PUBLIC_URL = "http://localhost:8000"
    assert answering(delivery(contact(ada, twilio, MOBILE))).callback_url == ""


def test_each_incident_has_its_number_for_each_contact(ada: User, otto: User, twilio: Channel) -> None:
    mine, his = contact(ada, twilio, MOBILE), contact(otto, twilio, "+436607654321")
    codes = [answering(delivery(to, number)).code for to, number in [(mine, 42), (mine, 43), (mine, 42), (his, 43)]]
    assert codes == ["1", "2", "1", "1"]


def test_a_number_is_free_again_after_a_week(ada: User, twilio: Channel) -> None:
    mine = contact(ada, twilio, MOBILE)
    answering(delivery(mine, 42))
    assert answering(delivery(mine, 43, created_at=NOW + timedelta(days=8))).code == "1"


def test_when_all_numbers_are_taken_the_oldest_is_given_again(ada: User, twilio: Channel) -> None:
    mine = contact(ada, twilio, MOBILE)
    for n in range(1, 100):
        delivery(mine, n, code=str(n), created_at=NOW + timedelta(minutes=n if n != 50 else 0))
    assert answering(delivery(mine, 500, created_at=NOW + timedelta(hours=3))).code == "50"
