"""Pressed buttons, signed as Slack signs them, against a fake that takes the updated message."""

import hmac
import json
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from alerts.delivery.answers import slack as slack_answers
from alerts.delivery.models import Channel
from alerts.delivery.rendering.slack import blocks
from alerts.delivery.responses import Reply, Verb
from security.access.models import User
from tests.alerts.delivery.answers.conftest import SLACK_ID, Incidents, contact
from tests.alerts.delivery.messages import message
from tests.fakes.serving import serving
from tests.fakes.slack import SIGNING_SECRET, FakeSlack, message_fault

PATH = "/alerts/answers/slack/ops"
SHOWN = blocks(message(), buttons=True, delivery_id=7)


def interaction(verb: str = "acknowledge", user: str = SLACK_ID, response_url: str = "", **more: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "ada.l"},
        "response_url": response_url,
        "message": {"text": "FIRING", "blocks": SHOWN},
        "actions": [{"action_id": f"opsportal_{verb}", "value": '{"s":"incident:42","d":7}'}],
        **more,
    }


def pressed(payload: Any, *, secret: str = SIGNING_SECRET, age_s: float = 0, path: str = PATH) -> Any:
    body = urlencode({"payload": json.dumps(payload)})
    sent_at = str(int(time.time() - age_s))
    signed = "v0=" + hmac.new(secret.encode(), f"v0:{sent_at}:{body}".encode(), sha256).hexdigest()
    headers = {"X-Slack-Request-Timestamp": sent_at, "X-Slack-Signature": signed}
    return Client().post(path, body, content_type="application/x-www-form-urlencoded", headers=headers)


def test_a_button_acts_as_the_person_whose_slack_it_is(ada: User, slack: Channel, incidents: Incidents) -> None:
    contact(ada, slack, SLACK_ID)
    assert pressed(interaction()).status_code == 200
    done = incidents.done[0]
    assert (done.verb, done.subject, done.by, done.via) == (Verb.ACKNOWLEDGE, "incident:42", ada, "Slack (@ada.l)")


def test_somebody_unknown_acts_as_nobody(ada: User, slack: Channel, incidents: Incidents) -> None:
    contact(ada, slack, SLACK_ID, verified_at=None)
    pressed(interaction("snooze"))
    assert incidents.done[0].by is None
    assert incidents.done[0].until is not None


@pytest.mark.parametrize(("secret", "age_s"), [("guessed", 0), (SIGNING_SECRET, 301), (SIGNING_SECRET, -301)])
def test_what_slack_did_not_sign_just_now_is_refused(
    slack: Channel, incidents: Incidents, secret: str, age_s: float
) -> None:
    assert pressed(interaction(), secret=secret, age_s=age_s).status_code == 403
    assert incidents.done == []


def test_without_a_signing_secret_nothing_is_believed(slack: Channel, incidents: Incidents) -> None:
    Channel.objects.update(sealed_secrets="", settings={"token": "xoxb-1", "signing_secret": "", "channel": ""})
    assert pressed(interaction(), secret="").status_code == 403


def test_a_pressed_link_needs_nothing(slack: Channel, incidents: Incidents) -> None:
    assert pressed(interaction("link_open")).status_code == 200
    assert incidents.done == []


@pytest.mark.parametrize(
    "payload", [None, [], {"type": "block_actions"}, {"type": "block_actions", "actions": [], "user": {}}]
)
def test_what_cannot_be_read_is_told(slack: Channel, payload: Any) -> None:
    assert pressed(payload).status_code == 400


def test_an_unknown_channel_is_not_there(db: None) -> None:
    assert pressed(interaction(), path="/alerts/answers/slack/nowhere").status_code == 404


@pytest.fixture
async def hooks(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> AsyncIterator[tuple[FakeSlack, str]]:
    settings.WEBHOOKS_ALLOW_PRIVATE = True
    fake = FakeSlack()
    async with serving(fake.application()) as url:
        monkeypatch.setattr(slack_answers, "RESPONSE_URLS", f"{url}/response/")
        yield fake, f"{url}/response/1/2"


@pytest.mark.django_db(transaction=True)
async def test_the_message_shows_the_answer_at_once(
    hooks: tuple[FakeSlack, str], slack: Channel, incidents: Incidents
) -> None:
    fake, response_url = hooks

    def press() -> None:
        pressed(interaction(response_url=response_url))
        connection.close()  # of this thread

    await sync_to_async(press)()
    said = fake.calls[0][1]
    assert said["replace_original"] is True
    assert message_fault({name: said[name] for name in ("text", "blocks")}) == ""
    assert [one["text"]["text"] for one in said["blocks"][-2]["elements"]][:2] == ["Resolve", "Snooze 1 h"]
    assert "incident:42 is now acknowledged" in said["blocks"][-1]["elements"][0]["text"]


def test_no_other_host_is_told(slack: Channel, incidents: Incidents) -> None:
    assert pressed(interaction(response_url="http://169.254.169.254/")).status_code == 200


def test_who_pressed_in_vain_is_told_alone() -> None:
    press = slack_answers.pressed(interaction())
    assert press is not None
    said = slack_answers.answered_message(press, Reply(False, "<It> is resolved"))
    assert (said["response_type"], said["text"]) == ("ephemeral", "&lt;It&gt; is resolved (@ada.l)")
