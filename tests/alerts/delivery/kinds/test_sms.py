"""Text messages against a strict fake of Twilio."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind
from alerts.delivery.kinds.sms import SmsKind
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.serving import serving
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, FakeTwilio

ADA = "+436601234567"


@pytest.fixture
async def twilio(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeTwilio]:
    fake = FakeTwilio()
    async with serving(fake.application()) as url:
        monkeypatch.setattr(SmsKind, "api_url", url)
        yield fake


def account(**settings: Any) -> ChannelKind:
    return kind_with("sms", **{"account_sid": ACCOUNT, "auth_token": TOKEN, "from_number": NUMBER, **settings})


async def test_a_text_message_says_what_how_to_answer_and_where(twilio: FakeTwilio) -> None:
    sent = await account().send(envelope(address=ADA, code="1", callback_url="https://portal.example/cb"))
    assert (sent.outcome, sent.status_code, sent.answer) == (Outcome.DELIVERED, 201, "queued, 1 segment")
    assert sent.provider_ref == twilio.kept[0]["sid"]
    assert twilio.kept[0]["Body"].splitlines() == [
        "FIRING #42: Checkout is down. Three of three instances answer 503.",
        "Reply 1a to acknowledge, 1c to resolve, 1s to snooze.",
        "https://portal.example/incidents/42",
    ]
    assert (twilio.kept[0]["StatusCallback"], twilio.kept[0]["ValidityPeriod"]) == ("https://portal.example/cb", "3600")


async def test_a_long_text_is_cut_to_what_is_advised_and_the_answers_stay(twilio: FakeTwilio) -> None:
    await account().send(envelope(message(text="word " * 9_000), address=ADA, code="12"))
    body = twilio.kept[0]["Body"]
    assert len(body) <= 320
    assert "more characters)\nReply 12a" in body


async def test_a_resolved_message_asks_for_no_answer(twilio: FakeTwilio) -> None:
    await account().send(envelope(message(kind="resolved", answerable=False), address=ADA, code="1"))
    assert "Reply" not in twilio.kept[0]["Body"]


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (429, 20429, Outcome.RETRY),
        (400, 14107, Outcome.RETRY),
        (503, 20503, Outcome.RETRY),
        (400, 21211, Outcome.PERMANENT),
        (403, 20003, Outcome.PERMANENT),
    ],
)
async def test_an_error_means_one_thing(twilio: FakeTwilio, status: int, code: int, outcome: Outcome) -> None:
    twilio.errors = [(status, code)]
    sent = await account().send(envelope(address=ADA))
    assert (sent.outcome, sent.endpoint_at_fault, sent.status_code) == (outcome, outcome == Outcome.RETRY, status)


async def test_somebody_who_answered_stop_is_refused_for_good(twilio: FakeTwilio) -> None:
    twilio.stopped = {ADA}
    sent = await account().send(envelope(address=ADA))
    assert (sent.outcome, "21610" in sent.answer) == (Outcome.PERMANENT, True)


async def test_a_wrong_token_is_refused_for_good_and_not_repeated(twilio: FakeTwilio) -> None:
    sent = await account(auth_token="wr0ng-token").send(envelope(address=ADA))
    assert (sent.outcome, sent.status_code) == (Outcome.PERMANENT, 401)
    assert "wr0ng" not in sent.answer


@pytest.mark.parametrize("address", ["+43 660 123-4567", "0043(660)1234567"])
def test_a_number_is_normalised(address: str) -> None:
    assert SmsKind.clean_address(address) == ADA


@pytest.mark.parametrize("address", ["", "0660 1234567", "+0123", "ada@example.org"])
def test_what_is_no_number_is_refused(address: str) -> None:
    with pytest.raises(forms.ValidationError):
        SmsKind.clean_address(address)


def test_a_sender_is_needed() -> None:
    with pytest.raises(forms.ValidationError) as caught:
        account(from_number="")
    assert "one of them" in str(caught.value.message_dict["from_number"])
