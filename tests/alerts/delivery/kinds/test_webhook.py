"""The webhook against a receiver that verifies."""

import base64
from typing import Any

import pytest
from aiohttp import web
from django import forms
from pytest_django.fixtures import Settings

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.base import Sent
from alerts.delivery.messages import AlertView
from tests.alerts.delivery.messages import NOW, envelope, kind_with, message
from tests.fakes.http_peers import free_port
from tests.fakes.serving import serving
from tests.fakes.webhook import FakeWebhook

OLD = "whsec_" + base64.b64encode(b"o" * 24).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 64).decode()


async def sent_to(receiver: FakeWebhook, told: Any = None, **settings: Any) -> Sent:
    async with serving(receiver.application()) as url:
        return await kind_with("webhook", url=f"{url}/hook", **settings).send(envelope(told))


async def test_a_signed_message_is_delivered() -> None:
    receiver = FakeWebhook(NOW, secrets=[OLD])
    sent = await sent_to(receiver, secrets=OLD)
    assert (sent.outcome, sent.status_code, sent.answer) == (Outcome.DELIVERED, 200, "thank you")
    assert receiver.kept[0]["type"] == "alert.firing"
    assert receiver.kept[0]["data"]["title"] == "Checkout is down"
    assert receiver.kept[0]["data"]["key"] == envelope().key


@pytest.mark.parametrize("known", [OLD, NEW])
async def test_while_a_key_is_changed_the_old_and_the_new_both_fit(known: str) -> None:
    receiver = FakeWebhook(NOW, secrets=[known])
    assert (await sent_to(receiver, secrets=f"{NEW}\n{OLD}")).outcome == Outcome.DELIVERED


async def test_a_wrong_key_is_refused_for_good_and_not_repeated_in_the_answer() -> None:
    receiver = FakeWebhook(NOW, secrets=[OLD])
    sent = await sent_to(receiver, secrets=NEW)
    assert (sent.outcome, sent.status_code, sent.answer) == (Outcome.PERMANENT, 400, "no signature fits")


async def test_the_id_is_the_same_on_every_try() -> None:
    receiver = FakeWebhook(NOW)
    async with serving(receiver.application()) as url:
        kind = kind_with("webhook", url=url)
        for attempt in (1, 2):
            await kind.send(envelope(attempt=attempt))
    assert receiver.ids[0] == receiver.ids[1]


async def test_an_alertmanager_body_is_what_alertmanager_sends() -> None:
    receiver = FakeWebhook(NOW, form="alertmanager")
    assert (await sent_to(receiver, body="alertmanager")).outcome == Outcome.DELIVERED
    body = receiver.kept[0]
    assert (body["status"], body["receiver"], body["commonLabels"]["service"]) == ("firing", "shop", "checkout")
    assert body["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"
    assert body["alerts"][0]["fingerprint"] == "9f86d081884c7d65"


async def test_a_message_without_alerts_is_one_alert_for_alertmanagers_receivers() -> None:
    receiver = FakeWebhook(NOW, form="alertmanager")
    await sent_to(receiver, message(alerts=(), kind="resolved"), body="alertmanager")
    assert receiver.kept[0]["status"] == "resolved"
    assert receiver.kept[0]["alerts"][0]["labels"]["alertname"] == "Checkout is down"


async def test_a_huge_message_is_cut_and_says_so() -> None:
    receiver = FakeWebhook(NOW)
    alerts = tuple(AlertView("firing", {"alertname": str(n)}, {"log": "x" * 1_000_000}) for n in range(20))
    assert (await sent_to(receiver, message(alerts=alerts))).outcome == Outcome.DELIVERED
    data = receiver.kept[0]["data"]
    assert "more characters)" in data["alerts"][0]["annotations"]["log"]
    assert len(data["alerts"]) + data["truncated_alerts"] == 20


@pytest.mark.parametrize(
    ("answer", "outcome", "at_fault", "wait_s"),
    [
        (web.Response(status=503, headers={"Retry-After": "30"}), Outcome.RETRY, True, 30.0),
        (web.Response(status=429, headers={"Retry-After": "Tue, 24 Nov 2026 18:02:00 GMT"}), Outcome.RETRY, True, 120),
        (web.Response(status=500), Outcome.RETRY, True, None),
        (web.Response(status=404, text="no such hook"), Outcome.PERMANENT, False, None),
        (web.Response(status=307, headers={"Location": "https://elsewhere.example/"}), Outcome.PERMANENT, False, None),
    ],
)
async def test_an_answer_means_one_thing(
    answer: web.Response, outcome: Outcome, at_fault: bool, wait_s: float | None
) -> None:
    sent = await sent_to(FakeWebhook(NOW, answers=[answer]))
    assert (sent.outcome, sent.endpoint_at_fault, sent.retry_after_s) == (outcome, at_fault, wait_s)
    assert sent.status_code == answer.status


async def test_gone_disables_the_channel() -> None:
    sent = await sent_to(FakeWebhook(NOW, answers=[web.Response(status=410)]))
    assert (sent.outcome, sent.disable_channel) == (Outcome.PERMANENT, True)


async def test_nobody_there_is_the_endpoints_fault() -> None:
    sent = await kind_with("webhook", url=f"http://127.0.0.1:{free_port()}/").send(envelope())
    assert (sent.outcome, sent.endpoint_at_fault, sent.status_code) == (Outcome.RETRY, True, None)
    assert "refused" in sent.answer


async def test_a_private_address_is_refused_for_good_unless_allowed(settings: Settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = False
    sent = await kind_with("webhook", url="http://127.0.0.1:1/").send(envelope())
    assert (sent.outcome, sent.endpoint_at_fault) == (Outcome.PERMANENT, False)
    assert "WEBHOOKS_ALLOW_PRIVATE is off" in sent.answer


async def test_a_secret_that_the_receiver_repeats_is_taken_out() -> None:
    answer = web.Response(status=400, text="bad token s3cr3t-token-1")
    receiver = FakeWebhook(NOW, answers=[answer])
    sent = await sent_to(receiver, secret_headers="X-Token: s3cr3t-token-1")
    assert "s3cr3t" not in sent.answer


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("url", "ftp://example.org", "must begin with http"),
        ("url", "https://ada:pw@example.org/", "user and password"),
        ("secrets", "whsec_short", "base64"),
        ("headers", "webhook-id: 1", "set by the portal itself"),
        ("nonsense", "1", "Not a setting of this kind"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, words: str) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        kind_with("webhook", **{"url": "https://example.org/", name: value})
    assert words in str(caught.value.message_dict[name])


def test_the_endpoint_names_no_path() -> None:
    assert kind_with("webhook", url="https://example.org:8443/t0ken").endpoint("") == "webhook example.org:8443"
