"""Twilio's calls, signed as Twilio signs them."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from alerts.delivery.models import Attempt, Channel, Delivery
from alerts.delivery.responses import Verb
from monitoring.events.models import Event
from security.access.models import User
from tests.alerts.delivery.answers.conftest import MOBILE, Incidents, contact, delivery
from tests.fakes.twilio import ACCOUNT, NUMBER, signature

INBOUND = "/alerts/answers/twilio/texts"


def called(path: str, token: str = "", **params: str) -> Any:
    sent = {"AccountSid": ACCOUNT, **params}
    signed = signature(f"https://portal.example{path}", sent, *([token] if token else []))
    return Client().post(path, sent, headers={"X-Twilio-Signature": signed})


def texted(body: str, sender: str = MOBILE) -> Any:
    return called(INBOUND, From=sender, To=NUMBER, Body=body, MessageSid="SMin")


def words(answer: HttpResponse) -> str:
    return answer.content.decode().partition("<Response>")[2].removesuffix("</Response>")


def test_1a_acknowledges_as_the_owner_of_the_number(ada: User, twilio: Channel, incidents: Incidents) -> None:
    delivery(contact(ada, twilio, MOBILE), code="1")
    assert words(texted("1a")) == "<Message>incident:42 is now acknowledged by ada</Message>"
    assert (incidents.done[0].verb, incidents.done[0].by, incidents.done[0].via) == (
        Verb.ACKNOWLEDGE,
        ada,
        "SMS (My mobile)",
    )


def test_the_same_reply_twice_says_so(ada: User, twilio: Channel, incidents: Incidents) -> None:
    delivery(contact(ada, twilio, MOBILE), code="1")
    texted("1c")
    assert "was already resolved" in words(texted("1c"))


def test_a_number_means_what_this_person_was_told_under_it(
    ada: User, otto: User, twilio: Channel, incidents: Incidents
) -> None:
    delivery(contact(ada, twilio, MOBILE), 42, code="1")
    delivery(contact(otto, twilio, "+436607654321"), 43, code="1")
    texted("1a", sender="+436607654321")
    assert [(one.subject, one.by) for one in incidents.done] == [("incident:43", otto)]


def test_a_snooze_has_an_end(ada: User, twilio: Channel, incidents: Incidents) -> None:
    delivery(contact(ada, twilio, MOBILE), code="1")
    texted("1s")
    until = incidents.done[0].until
    assert until is not None
    assert (until - incidents.done[0].now).total_seconds() == 3_600


def test_aa_acknowledges_everything_once(ada: User, twilio: Channel, incidents: Incidents) -> None:
    to = contact(ada, twilio, MOBILE)
    for number, code in [(42, "1"), (43, "2"), (42, "1")]:
        delivery(to, number, code=code)
    assert words(texted("100aa")) == "<Message>2 of 2 acknowledged.</Message>"


def test_what_is_not_understood_is_answered_with_help(ada: User, twilio: Channel, incidents: Incidents) -> None:
    delivery(contact(ada, twilio, MOBILE), code="1")
    assert words(texted("call me")).startswith("<Message>Reply 1a to acknowledge")
    assert "nothing with the number 9" in words(texted("9a"))
    assert incidents.done == []


def test_stop_stops_and_start_starts_again(ada: User, twilio: Channel) -> None:
    mine = contact(ada, twilio, MOBILE)
    assert words(texted("STOP")) == ""
    mine.refresh_from_db()
    assert mine.stopped_at is not None
    texted("START")
    mine.refresh_from_db()
    assert mine.stopped_at is None
    kinds = Event.objects.order_by("time").values_list("kind", flat=True)
    assert list(kinds) == ["alerts.contact.stopped", "alerts.contact.started"]


def test_a_stranger_is_not_answered(twilio: Channel, incidents: Incidents) -> None:
    assert words(texted("1a")) == ""


def test_a_number_that_nobody_confirmed_does_nothing(ada: User, twilio: Channel, incidents: Incidents) -> None:
    delivery(contact(ada, twilio, MOBILE, verified_at=None), code="1")
    assert "not confirmed" in words(texted("1a"))
    assert incidents.done == []


def test_a_call_that_twilio_did_not_sign_is_refused(ada: User, twilio: Channel, incidents: Incidents) -> None:
    delivery(contact(ada, twilio, MOBILE), code="1")
    assert called(INBOUND, token="guessed", From=MOBILE, Body="1a").status_code == 403
    assert Client().post(INBOUND, {"From": MOBILE, "Body": "1a"}).status_code == 403
    assert called(INBOUND, From=MOBILE, Body="1a", AccountSid="AC" + "f" * 32).status_code == 403
    assert incidents.done == []


def test_an_unknown_channel_is_not_there(db: None) -> None:
    assert called("/alerts/answers/twilio/nowhere", Body="1a").status_code == 404


def reported(told: Delivery, status: str, **more: str) -> Any:
    return called(f"{INBOUND}/status?delivery={told.pk}", MessageSid="SM1", MessageStatus=status, **more)


def test_what_became_of_a_message_is_kept_once(ada: User, twilio: Channel) -> None:
    told = delivery(contact(ada, twilio, MOBILE))
    assert [reported(told, word).status_code for word in ("sent", "delivered", "delivered")] == [204, 204, 204]
    assert list(Attempt.objects.values_list("outcome", "answer")) == [("delivered", "delivered")]


def test_a_message_that_did_not_arrive_has_failed(ada: User, twilio: Channel) -> None:
    told = delivery(contact(ada, twilio, MOBILE))
    reported(told, "undelivered", ErrorCode="30003")
    told.refresh_from_db()
    assert (told.state, told.last_error) == ("failed", "undelivered, Twilio's error 30003")


def test_a_report_without_twilios_signature_changes_nothing(ada: User, twilio: Channel) -> None:
    told = delivery(contact(ada, twilio, MOBILE))
    path = f"{INBOUND}/status?delivery={told.pk}"
    assert Client().post(path, {"MessageSid": "SM1", "MessageStatus": "failed"}).status_code == 403
    told.refresh_from_db()
    assert told.state == "delivered"
