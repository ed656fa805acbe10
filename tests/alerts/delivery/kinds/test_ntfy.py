"""ntfy against a strict fake."""

from typing import Any

import pytest
from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Sent
from alerts.delivery.kinds.ntfy import NtfyKind
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.ntfy import TOKEN, FakeNtfy
from tests.fakes.serving import serving


async def published(ntfy: FakeNtfy, told: Any = None, token: str = TOKEN, **more: Any) -> Sent:
    async with serving(ntfy.application()) as url:
        return await kind_with("ntfy", url=url, token=token, topic="ops-alerts").send(envelope(told, **more))


async def test_a_message_has_the_priority_of_its_severity_and_an_answer_button() -> None:
    ntfy = FakeNtfy()
    sent = await published(ntfy, answer_url="https://portal.example/a")
    assert (sent.outcome, sent.provider_ref) == (Outcome.DELIVERED, "ntfy1")
    assert (ntfy.kept[0]["priority"], ntfy.kept[0]["tags"]) == (5, ["rotating_light"])
    assert ntfy.kept[0]["actions"][0]["url"] == "https://portal.example/a"
    assert ntfy.kept[0]["title"] == "FIRING #42: Checkout is down"


async def test_a_person_has_a_topic_of_their_own() -> None:
    ntfy = FakeNtfy()
    await published(ntfy, address="ada-5f2c")
    assert ntfy.kept[0]["topic"] == "ada-5f2c"


async def test_a_long_message_is_cut_in_bytes() -> None:
    ntfy = FakeNtfy()
    assert (await published(ntfy, message(text="лежит " * 4_000, title="т" * 600))).outcome == Outcome.DELIVERED
    assert "more characters)" in ntfy.kept[0]["message"]


@pytest.mark.parametrize(("status", "outcome"), [(429, Outcome.RETRY), (507, Outcome.RETRY), (403, Outcome.PERMANENT)])
async def test_a_status_means_one_thing(status: int, outcome: Outcome) -> None:
    sent = await published(FakeNtfy(statuses=[status]))
    assert (sent.outcome, sent.endpoint_at_fault) == (outcome, outcome == Outcome.RETRY)


async def test_a_wrong_token_is_refused_for_good_and_not_repeated() -> None:
    sent = await published(FakeNtfy(), token="tk_wrong_wrong")
    assert (sent.outcome, sent.status_code) == (Outcome.PERMANENT, 401)
    assert "tk_wrong" not in sent.answer


def test_a_topic_is_a_word() -> None:
    with pytest.raises(forms.ValidationError):
        NtfyKind.clean_address("my topic/..")
