"""PagerDuty against a strict fake of its Events API."""

from collections.abc import AsyncIterator

import pytest
from django import forms

from alerts.delivery.choices import Outcome
from alerts.delivery.kinds.pagerduty import PagerDutyKind
from alerts.delivery.messages import AlertView
from tests.alerts.delivery.messages import envelope, kind_with, message
from tests.fakes.pagerduty import ROUTING_KEY, FakePagerDuty
from tests.fakes.serving import serving


@pytest.fixture
async def pagerduty(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakePagerDuty]:
    fake = FakePagerDuty()
    async with serving(fake.application()) as url:
        monkeypatch.setattr(PagerDutyKind, "api_url", url)
        yield fake


KIND = "pagerduty"


async def test_firing_triggers_with_everything_pagerduty_shows(pagerduty: FakePagerDuty) -> None:
    sent = await kind_with(KIND, routing_key=ROUTING_KEY).send(envelope())
    assert (sent.outcome, sent.status_code, sent.provider_ref) == (Outcome.DELIVERED, 202, "incident:42/e0")
    event = pagerduty.kept[0]
    assert event["payload"]["summary"] == "FIRING #42: Checkout is down"
    assert (event["payload"]["severity"], event["payload"]["component"]) == ("critical", "checkout")
    assert event["links"][0]["href"] == message().url


async def test_one_thread_is_one_incident_from_trigger_to_resolve(pagerduty: FakePagerDuty) -> None:
    kind = kind_with(KIND, routing_key=ROUTING_KEY)
    seen = []
    for told in ("firing", "acknowledged", "firing", "resolved"):
        await kind.send(envelope(message(kind=told), key=told))
        seen.append(pagerduty.open_keys.get("incident:42/e0"))
    assert seen == ["triggered", "acknowledged", "acknowledged", None]


@pytest.mark.parametrize(
    ("severity", "theirs"), [("error", "error"), ("warning", "warning"), ("notice", "info"), ("odd", "error")]
)
async def test_a_severity_is_one_of_theirs(pagerduty: FakePagerDuty, severity: str, theirs: str) -> None:
    await kind_with(KIND, routing_key=ROUTING_KEY).send(envelope(message(severity=severity)))
    assert pagerduty.kept[0]["payload"]["severity"] == theirs


async def test_details_that_are_too_large_are_replaced_by_a_note(pagerduty: FakePagerDuty) -> None:
    told = message(facts={f"Log {n}": "ä" * 100_000 for n in range(50)})
    sent = await kind_with(KIND, routing_key=ROUTING_KEY).send(envelope(told))
    assert sent.outcome == Outcome.DELIVERED
    assert "left out" in pagerduty.kept[0]["payload"]["custom_details"]["error"]


async def test_a_storm_is_told_as_far_as_it_fits(pagerduty: FakePagerDuty) -> None:
    alerts = tuple(AlertView("firing", {"alertname": f"A{n}"}, {"log": "ä" * 100_000}) for n in range(100))
    await kind_with(KIND, routing_key=ROUTING_KEY).send(envelope(message(alerts=alerts)))
    assert "more alerts)" in pagerduty.kept[0]["payload"]["custom_details"]["left_out"]


async def test_a_long_thread_has_a_key_of_its_own(pagerduty: FakePagerDuty) -> None:
    kind = kind_with(KIND, routing_key=ROUTING_KEY)
    for thread in ("x" * 300 + "a", "x" * 300 + "b"):
        await kind.send(envelope(message(thread=thread), key=thread[-1]))
    assert len(pagerduty.open_keys) == 2


async def test_a_wrong_key_is_refused_for_good_and_not_repeated(pagerduty: FakePagerDuty) -> None:
    wrong = "f" * 32
    sent = await kind_with(KIND, routing_key=wrong).send(envelope())
    assert (sent.outcome, sent.status_code) == (Outcome.PERMANENT, 400)
    assert "Invalid routing key" in sent.answer
    assert wrong not in sent.answer


@pytest.mark.parametrize("status", [429, 500, 502])
async def test_what_is_not_taken_now_is_sent_again_later(pagerduty: FakePagerDuty, status: int) -> None:
    pagerduty.statuses = [status]
    sent = await kind_with(KIND, routing_key=ROUTING_KEY).send(envelope())
    assert (sent.outcome, sent.retry_after_s, sent.endpoint_at_fault) == (Outcome.RETRY, 60.0, True)


def test_a_routing_key_has_32_characters() -> None:
    with pytest.raises(forms.ValidationError) as caught:
        kind_with(KIND, routing_key="short")
    assert "32 letters and digits" in str(caught.value.message_dict["routing_key"])
