"""Slack's incoming webhooks against a strict fake."""

from typing import Any

import pytest

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Sent
from alerts.delivery.messages import AlertView
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.serving import serving
from tests.fakes.slack import PATH, FakeSlack


async def posted(slack: FakeSlack, told: Any = None, path: str = PATH) -> Sent:
    async with serving(slack.application()) as url:
        return await kind_with("slack_webhook", url=url + path).send(envelope(told))


async def test_a_message_is_posted_with_its_title_facts_and_links() -> None:
    slack = FakeSlack()
    sent = await posted(slack)
    assert (sent.outcome, sent.answer) == (Outcome.DELIVERED, "ok")
    header, text, *_, actions = slack.kept[0]["blocks"]
    assert header["text"]["text"] == "🔴 FIRING #42: Checkout is down"
    assert text["text"]["text"] == "Three of three instances answer 503."
    assert [button["url"] for button in actions["elements"]] == [message().url, message().runbook_url]


async def test_it_offers_no_buttons_that_nobody_would_hear() -> None:
    slack = FakeSlack()
    await posted(slack)
    assert all("value" not in button for button in slack.kept[0]["blocks"][-1]["elements"])


async def test_a_mention_in_a_message_mentions_nobody() -> None:
    slack = FakeSlack()
    await posted(slack, message(title="<!channel> & <@U1>", text="<!everyone> look"))
    assert slack.kept[0]["text"].count("&lt;!") == 2


async def test_a_storm_is_cut_to_what_slack_takes_and_says_so() -> None:
    slack = FakeSlack()
    alerts = tuple(AlertView("firing", {"alertname": f"A{n}"}, {"log": "<&>" * 3_000}) for n in range(300))
    assert (await posted(slack, message(alerts=alerts, title="t" * 500))).outcome == Outcome.DELIVERED
    assert slack.rejected == []
    assert "more alerts)" in str(slack.kept[0]["blocks"])


async def test_a_revoked_webhook_is_refused_for_good_without_its_address() -> None:
    sent = await posted(FakeSlack(), path="/services/T00000001/B00000001/WRONGWRONGWRONG")
    assert (sent.outcome, sent.status_code, sent.answer) == (Outcome.PERMANENT, 404, "no_service")


@pytest.mark.parametrize(
    ("status", "outcome"), [(500, Outcome.RETRY), (403, Outcome.PERMANENT), (410, Outcome.PERMANENT)]
)
async def test_a_status_means_one_thing(status: int, outcome: Outcome) -> None:
    assert (await posted(FakeSlack(statuses=[status]))).outcome == outcome


async def test_too_many_messages_are_sent_again_when_slack_says() -> None:
    slack = FakeSlack(strict_rate=True)
    async with serving(slack.application()) as url:
        kind = kind_with("slack_webhook", url=url + PATH)
        await kind.send(envelope())
        sent = await kind.send(envelope(key="another"))
    assert (sent.outcome, sent.retry_after_s, sent.endpoint_at_fault) == (Outcome.RETRY, 1.0, True)


def test_the_endpoint_tells_the_workspace_and_not_the_secret() -> None:
    kind = kind_with("slack_webhook", url=f"https://hooks.slack.com{PATH}")
    assert kind.endpoint("") == "slack_webhook hooks.slack.com/services/T00000001"
