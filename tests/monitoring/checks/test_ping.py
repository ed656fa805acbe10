"""The door of heartbeats."""

import uuid
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import QuerySet
from django.test import Client, override_settings

from monitoring.checks.actions import check_save, checks_pause, service_save
from monitoring.checks.models import Check, CheckSchedule, HeartbeatPing
from monitoring.checks.queries import ping_url

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def heartbeat(name: str = "Nightly", **settings: object) -> Check:
    service = service_save(name=f"Jobs of {name}")
    return check_save(service=service, kind="heartbeat", name=name, settings={"every_s": 3600, **settings})


@pytest.fixture
def job() -> Check:
    return heartbeat()


def path(check: Check, word: str = "") -> str:
    return f"/ping/{check.heartbeat_key.key}{word}"


def pings(check: Check) -> QuerySet[HeartbeatPing]:
    """Those of this check: a flush leaves the partitioned table alone."""
    return HeartbeatPing.objects.filter(check_id=check.pk)


@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_a_ping_needs_no_login_and_is_answered_ok(client: Client, job: Check, method: str) -> None:
    response = getattr(client, method)(path(job))
    assert response.status_code == 200
    assert response.content == (b"" if method == "head" else b"OK")
    assert response["Ping-Body-Limit"] == "10000"
    assert pings(job).get().method == method.upper()


@pytest.mark.parametrize(
    ("word", "kind", "exit_code"),
    [
        *(("", "success", None), ("/start", "start", None), ("/fail", "fail", None), ("/log", "log", None)),
        *(("/0", "success", 0), ("/1", "fail", 1), ("/255", "fail", 255)),
    ],
)
def test_the_address_says_what_happened(
    client: Client, job: Check, word: str, kind: str, exit_code: int | None
) -> None:
    assert client.get(path(job, word)).status_code == 200
    ping = pings(job).get()
    assert (ping.check_id, ping.kind, ping.exit_code) == (job.pk, kind, exit_code)


def test_an_unknown_key_is_not_found(client: Client) -> None:
    assert client.get(f"/ping/{uuid.uuid4()}").status_code == 404


def test_an_exit_code_past_255_is_refused(client: Client, job: Check) -> None:
    response = client.get(path(job, "/256"))
    assert (response.status_code, response.content) == (400, b"exit code: 256 is out of range; use 0 to 255.\n")
    assert not pings(job).exists()


def test_a_run_id_that_is_no_uuid_is_refused(client: Client, job: Check) -> None:
    response = client.get(path(job), {"rid": "seven"})
    assert (response.status_code, response.content[:14]) == (400, b"rid: not a UUI")


def test_other_methods_are_refused(client: Client, job: Check) -> None:
    assert client.delete(path(job)).status_code == 405


@override_settings(HEARTBEAT_BODY_LIMIT_BYTES=8)
def test_the_first_bytes_of_the_body_are_kept_and_its_size(client: Client, job: Check) -> None:
    client.post(path(job), data=b"backup \xff\x00 done", content_type="text/plain")
    ping = pings(job).get()
    assert (bytes(ping.body), ping.body_size) == (b"backup \xff", 14)


def test_an_end_knows_how_long_its_run_took(client: Client, job: Check) -> None:
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    with time_machine.travel(NOW, tick=False) as clock:
        client.get(path(job, "/start"), {"rid": first})
        clock.shift(timedelta(seconds=10))
        client.get(path(job, "/start"), {"rid": second})
        clock.shift(timedelta(seconds=10))
        client.get(path(job), {"rid": first})
    assert pings(job).get(kind="success").duration_s == 20


def test_a_ping_makes_the_check_due(client: Client, job: Check) -> None:
    CheckSchedule.objects.update(next_check_at=NOW + timedelta(hours=1))
    with time_machine.travel(NOW, tick=False):
        client.get(path(job))
    assert CheckSchedule.objects.get().next_check_at == NOW


@pytest.mark.django_db(transaction=True)
def test_a_ping_wakes_the_engines_once_it_is_committed(client: Client, job: Check) -> None:
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}, autocommit=True) as engine:
        engine.execute("LISTEN checks_changed")
        client.get(path(job))
        woken = next(engine.notifies(timeout=5, stop_after=1))
        stored = engine.execute("SELECT count(*) FROM checks_heartbeatping WHERE check_id = %s", [job.pk]).fetchone()
    assert (woken.channel, stored) == ("checks_changed", (1,))


def test_a_log_line_makes_nothing_due(client: Client, job: Check) -> None:
    CheckSchedule.objects.update(next_check_at=NOW)
    client.get(path(job, "/log"))
    assert CheckSchedule.objects.get().next_check_at == NOW


def test_a_paused_check_stores_its_pings_and_stays_paused(client: Client, job: Check) -> None:
    checks_pause(checks=[job], until=None)
    client.get(path(job))
    assert pings(job).count() == 1
    assert CheckSchedule.objects.get().next_check_at is None


def test_the_address_is_shown_with_the_portals_own(job: Check) -> None:
    with override_settings(PUBLIC_URL="https://ops.example/"):
        assert ping_url(job) == f"https://ops.example/ping/{job.heartbeat_key.key}"


def test_an_edit_keeps_the_key(job: Check) -> None:
    key = job.heartbeat_key.key
    check_save(check=job, service=job.service, kind="heartbeat", name="Nightly", settings={"every_s": 60})
    assert Check.objects.get().heartbeat_key.key == key


def test_a_chosen_key_is_kept(client: Client) -> None:
    key = str(uuid.uuid4())
    heartbeat(ping_key=key)
    assert client.get(f"/ping/{key}").status_code == 200


def test_a_new_check_with_anothers_key_gets_its_own() -> None:
    key = str(uuid.uuid4())
    first, second = heartbeat("first", ping_key=key), heartbeat("second", ping_key=key)
    assert str(first.heartbeat_key.key) == key
    assert str(second.heartbeat_key.key) != key


def test_an_edit_to_anothers_key_is_refused(job: Check) -> None:
    other = heartbeat("other")
    with pytest.raises(ValidationError, match="Another check has this key"):
        check_save(
            check=job,
            service=job.service,
            kind="heartbeat",
            name="Nightly",
            settings={"every_s": 60, "ping_key": str(other.heartbeat_key.key)},
        )


def test_what_a_job_sent_can_be_read_in_the_admin(client: Client, ada_client: Client, job: Check) -> None:
    client.post(path(job, "/1"), data=b"disk <full>", content_type="text/plain")
    ping = pings(job).get()
    page = ada_client.get(f"/admin/checks/heartbeatping/{ping.pk}/change/").content.decode()
    assert "disk &lt;full&gt;" in page
    assert ada_client.get("/admin/checks/heartbeatping/?kind__exact=fail").status_code == 200
