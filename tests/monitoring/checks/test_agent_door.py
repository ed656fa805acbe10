"""The door that agents report to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from monitoring.checks.models import Machine
from monitoring.events.models import Event
from monitoring.metrics.store import Selector, read
from security.access.actions import api_token_create, user_create
from security.access.models import User
from security.access.roles import ADMINISTRATOR

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STREAM = "0193588e-0000-7000-8000-000000000001"
URL = "/api/v1/agent/report"
pytestmark = pytest.mark.django_db


@pytest.fixture
def token(ada: User) -> str:
    return api_token_create(user=ada, name="db1", scopes=["checks.push_report"])[1]


def reading(sequence: int, seconds_ago: float = 0, **values: float) -> dict[str, Any]:
    time = NOW - timedelta(seconds=seconds_ago)
    return {"sequence": sequence, "time": time.isoformat(), "values": values or {"cpu_used_ratio": 0.5}}


def send(client: Client, token: str, readings: list[Any], **changes: Any) -> Any:
    body = {"machine": "db1", "stream": STREAM, "interval_s": 15, "sent_at": NOW.isoformat(), "readings": readings}
    headers = {"Authorization": f"Bearer {token}"}
    with time_machine.travel(NOW, tick=False):
        return client.post(URL, body | changes, content_type="application/json", headers=headers)


def points(name: str, **labels: str) -> list[tuple[datetime, float]]:
    found = read(Selector(name, {"machine": "db1", **labels}), NOW - timedelta(days=2), NOW + timedelta(days=2))
    return [(time, value) for series in found for time, value in series.points]


def test_a_report_makes_the_machine_and_stores_each_reading_at_its_own_time(client: Client, token: str) -> None:
    answer = send(client, token, [reading(1, 3600), reading(2, 0)], name="Database 1", facts={"kernel": "6.1"})
    assert (answer.status_code, answer.json()) == (200, {"accepted": 2, "repeated": 0, "last_sequence": 2})
    machine = Machine.objects.get()
    assert (machine.name, machine.last_report_at, machine.interval_s) == ("Database 1", NOW, 15)
    assert machine.report == {"values": {"cpu_used_ratio": 0.5}, "facts": {"kernel": "6.1"}}
    assert points("system_cpu_used_ratio") == [(NOW - timedelta(hours=1), 0.5), (NOW, 0.5)]


def test_labels_of_values_become_labels_of_samples(client: Client, token: str) -> None:
    send(client, token, [reading(1, 0, **{'disk_used_ratio{mount="/"}': 0.9})])
    assert points("system_disk_used_ratio", mount="/") == [(NOW, 0.9)]


def test_a_batch_sent_again_changes_nothing(client: Client, token: str) -> None:
    send(client, token, [reading(1, 30), reading(2, 15)])
    answer = send(client, token, [reading(1, 30), reading(2, 15), reading(3, 0)])
    assert answer.json() == {"accepted": 1, "repeated": 2, "last_sequence": 3}
    assert len(points("system_cpu_used_ratio")) == 3


def test_old_readings_do_not_become_the_newest_report(client: Client, token: str) -> None:
    send(client, token, [reading(1, 0, cpu_used_ratio=0.1)])
    send(client, token, [reading(1, 600, cpu_used_ratio=0.9)], stream="0193588e-0000-7000-8000-000000000002")
    assert Machine.objects.get().report["values"] == {"cpu_used_ratio": 0.1}


def test_a_clock_that_is_far_off_is_put_right(client: Client, token: str) -> None:
    ahead = timedelta(hours=1)
    send(client, token, [reading(1, -3600)], sent_at=(NOW + ahead).isoformat())
    machine = Machine.objects.get()
    assert (machine.last_report_at, machine.clock_skew_s) == (NOW, 3600)
    assert points("system_cpu_used_ratio") == [(NOW, 0.5)]


def test_a_first_report_is_on_the_timeline(client: Client, token: str) -> None:
    send(client, token, [reading(1)])
    send(client, token, [reading(2)])
    assert [event.subject for event in Event.objects.filter(kind="machine.joined", time=NOW)] == ["machine:db1"]


def test_without_a_token_nobody_reports(client: Client) -> None:
    assert client.post(URL, {}, content_type="application/json").status_code == 401


def test_a_token_without_the_permission_is_refused(client: Client, vera: User) -> None:
    _, token = api_token_create(user=vera, name="wrong", scopes=[])
    assert send(client, token, [reading(1)]).status_code == 403
    assert not Machine.objects.exists()


def test_another_accounts_token_cannot_speak_for_a_machine(client: Client, token: str, ada: User) -> None:
    send(client, token, [reading(1)])
    eve = user_create(username="eve", password=None, roles=[ADMINISTRATOR])
    _, other = api_token_create(user=eve, name="other", scopes=["checks.push_report"])
    answer = send(client, other, [reading(2)])
    assert (answer.status_code, "another account's token" in answer.content.decode()) == (403, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"machine": "not a slug"}, "machine"),
        ({"stream": "x"}, "stream"),
        ({"interval_s": 0}, "interval_s"),
        ({"sent_at": "0001-01-01T00:00:00Z"}, "sent_at"),
        ({"dropped": 2**63}, "dropped"),
        ({"readings": []}, "readings"),
        ({"readings": [reading(2), reading(1)]}, "readings"),
        ({"readings": [reading(1, 0, **{"Bad name": 1.0})]}, "readings"),
        ({"readings": [{"sequence": 1, "time": "yesterday", "values": {}}]}, "readings"),
        ({"readings": [{"sequence": 1, "time": NOW.isoformat(), "values": {"a": "x"}}]}, "readings"),
    ],
)
def test_a_wrong_report_is_refused_naming_the_field(client: Client, token: str, changes: Any, field: str) -> None:
    answer = send(client, token, **({"readings": [reading(1)]} | changes))
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert not Machine.objects.exists()
