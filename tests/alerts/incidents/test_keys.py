"""Integration keys in the admin and the API: shown once, tried without being sent, and never told with their secret."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.incidents.actions import integration_key_save
from alerts.incidents.models import Inbox, IntegrationKey
from monitoring.events.models import Event
from security.access.tokens import digest

pytestmark = pytest.mark.django_db
ADMIN = "/admin/incidents/integrationkey"
API = "/api/v1/integration-keys/"
PLAIN: dict[str, Any] = {"name": "Jenkins", "kind": "json", "mapping": "", "ends_after_s": 3600, "rate_per_minute": 60}


@pytest.fixture
def key(db: None) -> IntegrationKey:
    return integration_key_save(name="Jenkins", kind="json", now=timezone.now(), secret="s3cret")[0]


def post(client: Client, path: str, **body: Any) -> Any:
    return client.post(f"{API}{path}", body, content_type="application/json")


def test_a_key_is_shown_once(ada_client: Client) -> None:
    answer = post(ada_client, "", name="Jenkins", kind="json", mapping={"summary": "$.title"})
    text = answer.json()["key"]
    assert (answer.status_code, len(text)) == (201, 32)
    stored = IntegrationKey.objects.get()
    assert (stored.digest, stored.slug, stored.prefix) == (digest(text), "jenkins", text[:6])
    assert text not in ada_client.get(f"{API}{stored.pk}/").content.decode()
    assert Event.objects.get(kind="alerts.integration_key.created").payload["by"] == "ada"


def test_a_secret_is_never_told(key: IntegrationKey, ada_client: Client) -> None:
    answer = ada_client.get(f"{API}{key.pk}/")
    assert answer.json()["has_secret"] is True
    assert "s3cret" not in answer.content.decode()
    assert "s3cret" not in ada_client.get(f"{ADMIN}/{key.pk}/change/").content.decode()
    assert "s3cret" not in key.sealed_secret


def test_a_change_leaves_the_secret_and_null_forgets_it(key: IntegrationKey, ada_client: Client) -> None:
    def change(**values: Any) -> Any:
        return ada_client.patch(f"{API}{key.pk}/", values, content_type="application/json").json()

    changed = change(rate_per_minute=5)
    assert (changed["rate_per_minute"], changed["has_secret"]) == (5, True)
    assert change(secret=None)["has_secret"] is False


def test_a_renewed_key_has_another_text(key: IntegrationKey, ada_client: Client) -> None:
    text = post(ada_client, f"{key.pk}/renew/").json()["key"]
    assert IntegrationKey.objects.get().digest == digest(text) != key.digest


def test_a_wrong_mapping_names_the_field(ada_client: Client) -> None:
    answer = post(ada_client, "", name="X", kind="json", mapping={"summary": "$["})
    assert answer.status_code == 400
    assert "summary: Not a JSONPath" in answer.content.decode()


def test_a_payload_is_tried_and_not_sent(key: IntegrationKey, vera_client: Client) -> None:
    found = post(vera_client, f"{key.pk}/try/", payload={"t": "Slow"}, mapping={"summary": "$.t"}).json()
    assert (found["understood"], found["labels"]["alertname"]) == (True, "Slow")
    assert post(vera_client, f"{key.pk}/try/", payload={"t": "Slow"}).json()["understood"] is False
    assert not Inbox.objects.exists()


def test_the_admin_shows_a_new_key_once(ada_client: Client) -> None:
    answer = ada_client.post(f"{ADMIN}/add/", PLAIN | {"enabled": "on"}, follow=True)
    stored = IntegrationKey.objects.get()
    assert f"<code>{stored.prefix}" in answer.content.decode()
    assert f"<code>{stored.prefix}" not in ada_client.get(f"{ADMIN}/").content.decode()


def test_the_admin_says_what_is_wrong_beside_the_field(ada_client: Client) -> None:
    answer = ada_client.post(f"{ADMIN}/add/", PLAIN | {"mapping": '{"nothing": "x"}'})
    assert "nothing: there is no such field" in answer.context["adminform"].form.errors["mapping"][0]
    answer = ada_client.post(f"{ADMIN}/add/", PLAIN | {"mapping": "{"})
    assert "Not JSON" in answer.context["adminform"].form.errors["mapping"][0]
    assert not IntegrationKey.objects.exists()


def test_the_admin_changes_and_deletes(key: IntegrationKey, ada_client: Client) -> None:
    mapping = json.dumps({"summary": "$.title"})
    ada_client.post(f"{ADMIN}/{key.pk}/change/", PLAIN | {"mapping": mapping, "forget_secret": "on"})
    stored = IntegrationKey.objects.get()
    assert (stored.mapping, stored.sealed_secret, stored.enabled) == ({"summary": "$.title"}, "", False)
    assert stored.digest == key.digest
    ada_client.post(f"{ADMIN}/{key.pk}/delete/", {"post": "yes"})
    assert not IntegrationKey.objects.exists()


def test_the_try_it_box_shows_the_alert(key: IntegrationKey, otto_client: Client) -> None:
    path = f"{ADMIN}/{key.pk}/try/"
    assert otto_client.get(path).status_code == 200
    shown = otto_client.post(path, {"payload": '{"title": "Slow <b>", "status": "ok"}'}).content.decode()
    assert "It would resolve" in shown
    assert "Slow &lt;b&gt;" in shown
    assert "Not understood" in otto_client.post(path, {"payload": "[]"}).content.decode()
    assert "Not JSON" in otto_client.post(path, {"payload": "{"}).content.decode()
