"""A real Prometheus scrapes the portal's `/metrics` and federates from it, logged in by basic authentication."""

import json
import signal
import subprocess
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from opsportal.measures import counter
from opsportal.stack.parent import end_with_parent
from security.access import actions
from security.access.models import User
from tests.monitoring.metrics.prometheus import estate
from tests.monitoring.metrics.prometheus.real_prometheus import PROMETHEUS, free_port, needs_prometheus, theirs
from tests.real_parts import stop

pytestmark = [needs_prometheus, pytest.mark.django_db(transaction=True)]
COUNTED = counter("opsportal_test_scraped_total", "Counted by a test.")
CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: opsportal
    basic_auth: {{username: prometheus, password: {token}}}
    static_configs: [{{targets: ["{portal}"]}}]
  - job_name: federation
    honor_labels: true
    metrics_path: /prometheus/federate
    params: {{"match[]": ["requests_total"]}}
    basic_auth: {{username: prometheus, password: {token}}}
    static_configs: [{{targets: ["{portal}"]}}]
"""


def asked(address: str, query: str) -> Any:
    got = theirs(f"{address}/api/v1/query?query={urllib.parse.quote(query)}")
    return json.loads(got.body)["data"]["result"] if got.status == 200 else []


def found_in_time(address: str, query: str, log: Path) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if result := asked(address, query):
                return result
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{query} is not there: {asked(address, 'up')} {log.read_text()[-2000:]}")


def test_prometheus_scrapes_the_portal_and_federates_from_it(live_server: Any, vera: User, tmp_path: Path) -> None:
    _, token = actions.api_token_create(user=vera, name="prometheus", scopes=["metrics.view_series"])
    estate.store(int(time.time()) - estate.STEP_S * estate.COUNT)
    COUNTED.add(7)
    portal = live_server.url.removeprefix("http://")
    (tmp_path / "prometheus.yml").write_text(CONFIGURATION.format(token=token, portal=portal))
    address = f"127.0.0.1:{free_port()}"
    command = [
        str(PROMETHEUS),
        f"--config.file={tmp_path / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=end_with_parent(signal.SIGKILL))
    try:
        scraped = found_in_time(f"http://{address}", "opsportal_test_scraped_total", tmp_path / "log")
        federated = found_in_time(f"http://{address}", "requests_total", tmp_path / "log")
        up = asked(f"http://{address}", "min(up)")
    finally:
        stop(process, signal.SIGKILL)
    assert scraped[0]["value"][1] == "7"
    assert [series["value"][1] for series in federated] == ["280", "0"]
    assert {series["metric"]["job"] for series in federated} == {"web"}
    assert up[0]["value"][1] == "1"
