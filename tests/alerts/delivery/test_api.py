"""Channels, contact methods, deliveries and circuits through the API."""

from typing import Any

import pytest
from django.test import Client

from alerts.delivery.choices import CircuitState, State
from alerts.delivery.models import Channel, Circuit, ContactMethod, Delivery
from security.access.models import User
from tests.alerts.delivery.outbox_of import channel, contact, send

pytestmark = pytest.mark.django_db


def post(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/{path}", body, content_type="application/json")


def test_a_channel_is_made_and_its_secret_never_comes_out(ada_client: Client) -> None:
    body = {"name": "Hook", "kind": "post", "settings": {"url": "https://a.example/", "token": "s3cr3t-token"}}
    answer = post(ada_client, "channels/", body)
    assert answer.status_code == 201
    assert answer.json()["secrets_stored"] == ["token"]
    assert b"s3cr3t" not in answer.content + ada_client.get("/api/v1/channels/hook/").content


def test_what_is_wrong_is_named_by_its_place(ada_client: Client) -> None:
    answer = post(ada_client, "channels/", {"name": "Hook", "kind": "post", "settings": {}})
    assert answer.status_code == 400
    assert "settings.url" in answer.content.decode()


def test_an_operator_tests_a_channel_and_sees_the_real_answer(otto_client: Client) -> None:
    channel("http://127.0.0.1:1")
    answer = post(otto_client, "channels/hook/test/", {})
    assert answer.status_code == 200
    assert answer.json()["outcome"] == "retry"
    assert "refused" in answer.json()["answer"]


def test_a_viewer_tests_nothing(vera_client: Client) -> None:
    channel("http://127.0.0.1:1")
    assert post(vera_client, "channels/hook/test/", {}).status_code == 403


def test_a_channel_in_use_is_not_deleted(ada_client: Client) -> None:
    contact(channel("http://a.example", kind="people"))
    answer = ada_client.delete("/api/v1/channels/hook/")
    assert answer.status_code == 400
    assert "delete those first" in answer.content.decode()


def test_the_kinds_say_what_they_can_be_told(vera_client: Client) -> None:
    found = {one["kind"]: one for one in vera_client.get("/api/v1/channel-kinds/").json()}
    assert found["post"]["secrets"] == ["token"]
    assert found["post"]["settings"]["required"] == ["url"]


def test_everybody_keeps_their_own_contacts(vera: User, vera_client: Client) -> None:
    channel("http://a.example", kind="people")
    body = {"channel": "hook", "name": "Mail", "address": "vera@example.org"}
    made = post(vera_client, "contact-methods/", body)
    assert made.status_code == 201
    assert (made.json()["user"], made.json()["verified_at"]) == ("vera", None)


def test_nobody_sees_or_makes_contacts_of_others(vera_client: Client) -> None:
    otto = contact(channel("http://a.example", kind="people"))
    body = {"user": "otto", "channel": "hook", "name": "Mail", "address": "x@example.org"}
    assert vera_client.get("/api/v1/contact-methods/").json()["results"] == []
    assert vera_client.get(f"/api/v1/contact-methods/{otto.pk}/").status_code == 404
    assert post(vera_client, "contact-methods/", body).status_code == 400


def test_only_who_manages_contacts_vouches(ada_client: Client, vera_client: Client) -> None:
    channel("http://a.example", kind="people")
    body = {"channel": "hook", "name": "Mail", "address": "x@example.org", "vouch": True}
    assert post(vera_client, "contact-methods/", body).status_code == 400
    assert post(ada_client, "contact-methods/", body).json()["verified_at"] is not None


def test_an_address_is_confirmed_by_its_code(vera: User, vera_client: Client) -> None:
    hook = channel("http://a.example", kind="people")
    mail = ContactMethod.objects.create(user=vera, channel=hook, name="Mail", address="vera@example.org")
    assert post(vera_client, f"contact-methods/{mail.pk}/send-code/", {}).status_code == 200
    code = Delivery.objects.get().message["title"].split()[-1]
    answer = post(vera_client, f"contact-methods/{mail.pk}/verify/", {"code": code})
    assert answer.json()["verified_at"] is not None


def test_the_history_is_filtered(vera_client: Client) -> None:
    hook = channel("http://a.example")
    send(hook, "A")
    done = send(hook, "B")
    Delivery.objects.filter(pk=done.pk).update(state=State.DELIVERED)
    for query in (
        "subject=incident:B",
        "state=delivered",
        "subject=incident:B&channel=hook&since=2026-11-23T00:00:00Z",
    ):
        found = vera_client.get(f"/api/v1/deliveries/?{query}").json()["results"]
        assert [one["id"] for one in found] == [done.pk], query


def test_one_delivery_shows_its_evidence(vera_client: Client) -> None:
    sent = send(contact(channel("http://a.example", kind="people")))
    answer = vera_client.get(f"/api/v1/deliveries/{sent.pk}/").json()
    assert (answer["why"], answer["why_not"], answer["attempts"]) == ("On call", "Waits for its time", [])
    assert (answer["message"]["title"], answer["address"]) == ("Disk full", "***")


def test_the_history_is_exported(vera_client: Client) -> None:
    sent = send(channel("http://a.example"))
    answer = vera_client.get("/api/v1/deliveries/export/?as=jsonl&subject=incident:Disk full")
    assert answer["Content-Type"] == "application/x-ndjson"
    assert sent.key.encode() in b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_an_administrator_cancels_what_waits(ada_client: Client) -> None:
    sent = send(channel("http://a.example"))
    assert post(ada_client, f"deliveries/{sent.pk}/cancel/", {}).json() == {"cancelled": True}
    assert Delivery.objects.get().ended_why == "Cancelled by ada"


def test_an_operator_closes_a_circuit(otto_client: Client) -> None:
    Circuit.objects.create(endpoint="a.example/x", channel=channel("http://a.example"), state=CircuitState.OPEN)
    answer = post(otto_client, "circuits/reset/", {"endpoint": "a.example/x"})
    assert (answer.status_code, answer.json()["state"]) == (200, "closed")
    assert post(otto_client, "circuits/reset/", {"endpoint": "b"}).status_code == 404


def test_a_viewer_sees_circuits_and_closes_none(vera_client: Client) -> None:
    Circuit.objects.create(endpoint="a.example", channel=channel("http://a.example"), state=CircuitState.OPEN)
    assert vera_client.get("/api/v1/circuits/?state=open").json()["count"] == 1
    assert post(vera_client, "circuits/reset/", {"endpoint": "a.example"}).status_code == 403
    assert Channel.objects.count() == 1
