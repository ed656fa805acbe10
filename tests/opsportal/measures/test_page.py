import base64
import shutil
import subprocess
from typing import Any

import pytest
from django.test import Client

from opsportal.measures import counter
from security.access import actions
from security.access.models import User

TAKEN = counter("opsportal_test_page_total", "Counted by a test.", ("door",))


def token_of(person: User, *scopes: str) -> str:
    return actions.api_token_create(user=person, name="prometheus", scopes=scopes)[1]


def scraped(client: Client, **headers: str) -> Any:
    return client.get("/metrics", headers=headers)


def test_a_viewers_token_reads_what_was_counted(vera: User) -> None:
    TAKEN.add(2, "push")
    answer = scraped(Client(), authorization=f"Bearer {token_of(vera, 'metrics.view_series')}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert '\nopsportal_test_page_total{door="push"} 2\n' in answer.content.decode()


def test_basic_authentication_reads_it_too(vera: User) -> None:
    credentials = base64.b64encode(f"prometheus:{token_of(vera)}".encode()).decode()
    assert scraped(Client(), authorization=f"Basic {credentials}").status_code == 200


def test_a_stranger_is_told_how_to_log_in(client: Client, db: None) -> None:
    answer = scraped(client)
    assert (answer.status_code, answer["WWW-Authenticate"].split(" ")[0]) == (401, "Bearer")
    assert "Basic" in answer["WWW-Authenticate"]
    assert b"opsportal_" not in answer.content


def test_whoever_may_not_look_at_series_may_not_look_here(mallory_client: Client) -> None:
    assert scraped(mallory_client).status_code == 403


def test_the_page_can_be_opened_to_all(client: Client, db: None, settings: Any) -> None:
    settings.METRICS_PAGE_OPEN = True
    assert scraped(client).status_code == 200


def test_open_metrics_is_there_for_the_asking(vera_client: Client) -> None:
    answer = scraped(vera_client, accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert answer["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.content.endswith(b"\n# EOF\n")


def test_requests_are_counted_by_the_pattern_of_their_address(vera_client: Client) -> None:
    vera_client.get("/api/v1/services/no-such-service/")
    vera_client.get("/nowhere/at-all")
    text = scraped(vera_client).content.decode()
    assert 'opsportal_http_requests_total{method="GET",route="/api/v1/services/<slug>/",status="404"}' in text
    assert 'opsportal_http_requests_total{method="GET",route="(unknown)",status="404"}' in text
    assert "no-such-service" not in text


def test_it_says_whether_what_it_stands_on_answers(vera_client: Client) -> None:
    text = scraped(vera_client).content.decode()
    assert 'opsportal_dependency_up{dependency="postgresql"} 1' in text
    assert 'opsportal_dependency_up{dependency="valkey"} 1' in text
    assert "opsportal_build_info{" in text


def test_without_valkey_the_page_says_so(vera_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from opsportal.measures import flushing

    nobody = redis.Redis(unix_socket_path="/nowhere/valkey.sock", retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(flushing, "client", lambda: nobody)
    answer = scraped(vera_client)
    assert answer.status_code == 200
    assert 'opsportal_dependency_up{dependency="valkey"} 0' in answer.content.decode()


def test_promtool_has_nothing_to_say_about_the_page(vera_client: Client) -> None:
    if not (promtool := shutil.which("promtool")):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    page = scraped(vera_client).content
    answer = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b"")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nothing_can_be_written_there(vera_client: Client, method: str) -> None:
    assert getattr(vera_client, method)("/metrics").status_code == 405
