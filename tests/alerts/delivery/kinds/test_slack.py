"""A Slack app against a strict fake."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import ChannelKind
from alerts.delivery.kinds.slack import SlackKind
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.serving import serving
from tests.fakes.slack import SIGNING_SECRET, TOKEN, FakeSlack

CHANNEL = "C024BE91L"


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    async with serving(fake.application()) as url:
        monkeypatch.setattr(SlackKind, "api_url", f"{url}/api")
        yield fake


def bot(**settings: Any) -> ChannelKind:
    return kind_with("slack", **{"token": TOKEN, "signing_secret": SIGNING_SECRET, "channel": CHANNEL, **settings})


async def test_a_message_has_buttons_that_name_the_incident(slack: FakeSlack) -> None:
    sent = await bot().send(envelope())
    assert (sent.outcome, sent.provider_ref) == (Outcome.DELIVERED, f"{CHANNEL}:1764000000.000100")
    buttons = slack.kept[0]["blocks"][-1]["elements"]
    assert [button["text"]["text"] for button in buttons[:3]] == ["Acknowledge", "Resolve", "Snooze 1 h"]
    assert buttons[0]["value"] == '{"s":"incident:42","d":7}'


async def test_without_a_signing_secret_there_are_no_buttons(slack: FakeSlack) -> None:
    await bot(signing_secret="").send(envelope())
    assert all("url" in button for button in slack.kept[0]["blocks"][-1]["elements"])


async def test_what_comes_later_updates_the_first_message_and_replies_to_it(slack: FakeSlack) -> None:
    first = await bot().send(envelope())
    sent = await bot().send(envelope(message(kind="resolved"), key="r", earlier_ref=first.provider_ref))
    assert [method for method, _ in slack.calls] == ["chat.postMessage", "chat.update", "chat.postMessage"]
    assert "RESOLVED #42" in slack.kept[0]["blocks"][0]["text"]["text"]
    assert slack.kept[1]["thread_ts"] == "1764000000.000100"
    assert sent.provider_ref == first.provider_ref


async def test_a_first_message_that_is_gone_is_posted_anew(slack: FakeSlack) -> None:
    sent = await bot().send(envelope(earlier_ref=f"{CHANNEL}:1.0"))
    assert (sent.outcome, len(slack.kept)) == (Outcome.DELIVERED, 1)
    assert slack.kept[0]["blocks"]


async def test_a_person_is_told_in_a_direct_message(slack: FakeSlack) -> None:
    sent = await bot(channel="").send(envelope(address="U024BE7LH"))
    assert sent.provider_ref.startswith("D024BE7LH:")


async def test_refused_blocks_are_sent_as_text(slack: FakeSlack) -> None:
    slack.errors = ["invalid_blocks"]
    assert (await bot().send(envelope())).outcome == Outcome.DELIVERED
    assert "blocks" not in slack.kept[0]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("channel_not_found", Outcome.PERMANENT),
        ("is_archived", Outcome.PERMANENT),
        ("fatal_error", Outcome.RETRY),
        ("service_unavailable", Outcome.RETRY),
    ],
)
async def test_an_error_means_one_thing(slack: FakeSlack, error: str, outcome: Outcome) -> None:
    slack.errors = [error]
    sent = await bot().send(envelope())
    assert (sent.outcome, sent.answer, sent.endpoint_at_fault) == (outcome, error, outcome == Outcome.RETRY)


async def test_a_wrong_token_is_refused_for_good_and_not_repeated(slack: FakeSlack) -> None:
    sent = await bot(token="xoxb-wrong-token").send(envelope())
    assert (sent.outcome, sent.answer) == (Outcome.PERMANENT, "invalid_auth")


async def test_slacks_own_trouble_is_waited_out(slack: FakeSlack) -> None:
    slack.statuses = [503]
    sent = await bot().send(envelope())
    assert (sent.outcome, sent.retry_after_s, sent.endpoint_at_fault) == (Outcome.RETRY, 7.0, True)


async def test_more_than_one_message_a_second_waits(slack: FakeSlack) -> None:
    slack.strict_rate = True
    await bot().send(envelope())
    sent = await bot().send(envelope(key="another"))
    assert (sent.outcome, sent.retry_after_s) == (Outcome.RETRY, 1.0)


async def test_an_acknowledged_message_can_still_be_resolved(slack: FakeSlack) -> None:
    await bot().send(envelope(message(kind="acknowledged")))
    words = [button["text"]["text"] for button in slack.kept[0]["blocks"][-1]["elements"]]
    assert words == ["Resolve", "Snooze 1 h", "Open", "Runbook"]


def test_an_address_is_a_member_id() -> None:
    assert SlackKind.clean_address(" U024BE7LH ") == "U024BE7LH"
    with pytest.raises(forms.ValidationError):
        SlackKind.clean_address("@ada")
