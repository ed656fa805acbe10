"""The admin of this room."""

from typing import Any

import pytest
from django.test import Client

from alerts.delivery.choices import CircuitState, Outcome
from alerts.delivery.configuration import channel_settings
from alerts.delivery.models import Attempt, Channel, Circuit, ContactMethod
from tests.alerts.delivery.outbox_of import NOON, channel, contact, send

pytestmark = pytest.mark.django_db
CHANNELS = "/admin/delivery/channel/"
FORM = {
    "name": "Hook",
    "slug": "",
    "enabled": "on",
    "fallback": "",
    "fallback_after_s": "10",
    "give_up_after_s": "3600",
}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_kind_is_chosen_first(ada_client: Client) -> None:
    page = text(ada_client.get(f"{CHANNELS}add/"))
    assert "?kind=post" in page
    assert "Posts a message and its key." in page


def test_a_channel_is_made_with_its_kinds_settings(ada_client: Client) -> None:
    body = FORM | {"settings_url": "https://a.example/", "settings_token": "s3cr3t-token"}
    answer = ada_client.post(f"{CHANNELS}add/?kind=post", body)
    assert answer.status_code == 302, text(answer)
    stored = Channel.objects.get()
    assert channel_settings(stored) == {"url": "https://a.example/", "token": "s3cr3t-token"}


def test_a_mistake_stands_at_its_field(ada_client: Client) -> None:
    answer = ada_client.post(f"{CHANNELS}add/?kind=post", FORM | {"settings_url": ""})
    assert "settings_url" in answer.context["adminform"].form.errors


def test_a_stored_secret_is_never_shown(ada_client: Client) -> None:
    ada_client.post(
        f"{CHANNELS}add/?kind=post", FORM | {"settings_url": "https://a.example/", "settings_token": "s3cr3t"}
    )
    page = text(ada_client.get(f"{CHANNELS}{Channel.objects.get().pk}/change/"))
    assert "s3cr3t" not in page
    assert "stored; leave empty to keep it" in page


def test_a_secret_can_be_forgotten(ada_client: Client) -> None:
    first = FORM | {"settings_url": "https://a.example/", "settings_token": "s3cr3t"}
    ada_client.post(f"{CHANNELS}add/?kind=post", first)
    body = FORM | {"slug": "hook", "settings_url": "https://a.example/", "settings_token": "", "forget_token": "on"}
    assert ada_client.post(f"{CHANNELS}{Channel.objects.get().pk}/change/", body).status_code == 302
    assert Channel.objects.get().sealed_secrets == ""


def test_the_test_button_shows_the_real_answer(otto_client: Client) -> None:
    hook = channel("http://127.0.0.1:1")
    page = text(otto_client.post(f"{CHANNELS}{hook.pk}/change/", {"_test": "1"}))
    assert "What the test saw" in page
    assert "refused" in page


def test_whoever_may_test_is_offered_it(ada_client: Client) -> None:
    assert "Send a test message" in text(ada_client.get(f"{CHANNELS}{channel('http://a.example').pk}/change/"))


def test_a_channel_in_use_is_not_deleted(ada_client: Client) -> None:
    hook = contact(channel("http://a.example", kind="people")).channel
    ada_client.post(f"{CHANNELS}{hook.pk}/delete/", {"post": "yes"})
    ada_client.post(CHANNELS, {"action": "delete_selected", "_selected_action": [hook.pk], "post": "yes"})
    assert Channel.objects.exists()


def test_a_contact_is_made_and_vouched_for(ada_client: Client, otto_client: Client) -> None:
    hook = channel("http://a.example", kind="people")
    otto = otto_client.session["_auth_user_id"]
    body = {
        "user": otto,
        "channel": hook.pk,
        "name": "Mail",
        "address": "O@example.org",
        "enabled": "on",
        "vouch": "on",
    }
    answer = ada_client.post("/admin/delivery/contactmethod/add/", body)
    assert answer.status_code == 302, text(answer)
    stored = ContactMethod.objects.get()
    assert (stored.address, stored.verified_at is not None) == ("o@example.org", True)


def test_an_operator_sees_no_address(otto_client: Client) -> None:
    vera = contact(channel("http://a.example", kind="people"), "vera")
    sent = send(vera)
    for page in (f"contactmethod/{vera.pk}", f"delivery/{sent.pk}"):
        assert "vera@example.org" not in text(otto_client.get(f"/admin/delivery/{page}/change/"))


def test_a_delivery_shows_its_attempts_and_why(ada_client: Client) -> None:
    sent = send(channel("http://a.example"))
    Attempt.objects.create(
        delivery=sent,
        number=1,
        started_at=NOON,
        duration_s=0.1,
        outcome=Outcome.RETRY,
        status_code=503,
        answer="too busy",
    )
    page = text(ada_client.get(f"/admin/delivery/delivery/{sent.pk}/change/"))
    for words in ("On call", "too busy", "503", sent.key, "Disk full"):
        assert words in page


def test_lists_open(ada_client: Client) -> None:
    hook = channel("http://a.example", kind="people")
    send(contact(hook))
    Circuit.objects.create(endpoint="a.example", channel=hook, state=CircuitState.OPEN)
    for model, words in (
        ("channel", "Circuit open"),
        ("contactmethod", "otto"),
        ("delivery", "incident:Disk full"),
        ("circuit", "Open"),
    ):
        assert words in text(ada_client.get(f"/admin/delivery/{model}/")), model


def test_an_operator_closes_circuits(otto_client: Client) -> None:
    Circuit.objects.create(endpoint="a.example", channel=channel("http://a.example"), state=CircuitState.OPEN)
    otto_client.post("/admin/delivery/circuit/", {"action": "reset", "_selected_action": ["a.example"]})
    assert Circuit.objects.get().state == CircuitState.CLOSED
