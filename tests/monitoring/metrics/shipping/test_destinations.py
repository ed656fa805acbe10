from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from monitoring.metrics.shipping.actions import destination_save
from monitoring.metrics.shipping.models import Destination
from opsportal.crypto import unseal

URL = "https://metrics.example.org/api/v1/write"
ADD = "/admin/shipping/destination/add/"


@pytest.mark.parametrize(
    ("fields", "place", "words"),
    [
        ({"url": "ftp://example.org"}, "url", "must begin with http"),
        ({"url": "https://me:secret@example.org/"}, "url", "their own fields"),
        ({"auth": "basic", "secret": "x"}, "username", "user name"),
        ({"auth": "bearer"}, "secret", "password or token"),
        ({"external_labels": {"a-b": "c"}}, "external_labels", "not a label name"),
        ({"external_labels": {"a": ""}}, "external_labels", "give it a value"),
    ],
)
def test_bad_input_is_told_with_its_field(db: None, fields: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        destination_save(**{"name": "vm", "url": URL} | fields)
    assert words in caught.value.message_dict[place][0]


def test_the_secret_is_sealed_and_kept_when_left_empty(db: None) -> None:
    one = destination_save(name="vm", url=URL, auth="bearer", secret="token-1")
    assert "token-1" not in one.sealed_secret
    again = destination_save(destination=one, name="vm 2", url=URL, auth="bearer")
    assert unseal(again.sealed_secret) == {"secret": "token-1"}


def test_a_secret_is_not_sent_to_another_address(db: None) -> None:
    one = destination_save(name="vm", url=URL, auth="bearer", secret="token-1")
    with pytest.raises(ValidationError, match="give the password or token again"):
        destination_save(destination=one, name="vm", url="https://elsewhere.example.org/", auth="bearer")


def test_it_is_added_in_the_admin(ada_client: Client) -> None:
    form = {"name": "vm", "url": URL, "enabled": "on", "auth": "none", "external_labels": "portal=eu"}
    answer = ada_client.post(ADD, form)
    assert answer.status_code == 302, answer.content.decode()
    assert Destination.objects.get().external_labels == {"portal": "eu"}
    assert "nothing" in ada_client.get("/admin/shipping/destination/").content.decode()


def test_the_admin_shows_what_is_wrong_at_its_field(ada_client: Client) -> None:
    answer = ada_client.post(ADD, {"name": "vm", "url": "nowhere", "auth": "none", "external_labels": "portal"})
    page = answer.content.decode()
    assert "write name=value" in page
    assert Destination.objects.count() == 0


def test_an_operator_may_look_and_not_change(otto_client: Client) -> None:
    assert otto_client.get("/admin/shipping/destination/").status_code == 200
    assert otto_client.get(ADD).status_code == 403
