"""A real Prometheus tells a real portal what fires and what is over, as it tells an Alertmanager."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.utils import timezone

from alerts.incidents.models import Alert, Incident
from alerts.incidents.reducer.ticking import Reducer
from tests.alerts.incidents.world import receiver_made, root_made
from tests.fakes import prometheus_server
from tests.fakes.prometheus_server import Prometheus
from tests.opsportal.live.daphne import Daphne

DEADLINE_S = 60.0
CONFIGURATION = """
global: {scrape_interval: 1s, evaluation_interval: 1s, external_labels: {site: vienna}}
scrape_configs:
  - job_name: door
    static_configs: [{targets: ["127.0.0.1:DOOR"]}]
rule_files: [RULES]
alerting:
  alertmanagers:
    - path_prefix: /alertmanager
      basic_auth: {username: prometheus, password: TOKEN}
      static_configs: [{targets: ["PORTAL"]}]
"""
RULES = """
groups:
  - name: doors
    rules:
      - alert: DoorDown
        expr: up{job="door"} == 0
        labels: {severity: critical, service: shop}
        annotations: {summary: "{{ $labels.instance }} is down"}
"""

pytestmark = pytest.mark.skipif(prometheus_server.PROGRAM is None, reason=prometheus_server.MISSING)


class Metrics(BaseHTTPRequestHandler):
    """A target that is up."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"door_open 1\n")

    def log_message(self, *args: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def door_port() -> int:
    """Where nobody listens yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def prometheus(portal: Daphne, token: str, door_port: int, tmp_path: Path) -> Iterator[Prometheus]:
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES)
    told = {"PORTAL": portal.url.removeprefix("http://"), "TOKEN": token, "DOOR": str(door_port), "RULES": str(rules)}
    configuration = CONFIGURATION
    for word, value in told.items():
        configuration = configuration.replace(word, value)
    server = Prometheus(tmp_path, configuration)
    server.start()
    yield server
    server.stop()


@pytest.mark.django_db(transaction=True)
def test_what_prometheus_says_fires_and_is_over(prometheus: Prometheus, door_port: int) -> None:
    root_made(receiver_made("Team"), group_wait_s=0)
    reducer = Reducer()
    wait_for(reducer, lambda: Incident.objects.exists(), prometheus)
    alert = Alert.objects.get()
    wanted = {"alertname": "DoorDown", "job": "door", "instance": f"127.0.0.1:{door_port}", "severity": "critical"}
    assert alert.labels == wanted | {"service": "shop", "site": "vienna"}
    assert alert.annotations == {"summary": f"127.0.0.1:{door_port} is down"}
    assert alert.source == "alertmanager:ada"
    assert "/graph?g0.expr=" in alert.generator_url

    server = HTTPServer(("127.0.0.1", door_port), Metrics)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        wait_for(reducer, lambda: not Alert.objects.filter(is_firing=True).exists(), prometheus)
    finally:
        server.shutdown()
        server.server_close()
    assert Alert.objects.get().ends_by_timeout is False


def wait_for(reducer: Reducer, condition: Callable[[], bool], prometheus: Prometheus) -> None:
    """Let the reducer look until it is so."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come:\n{prometheus.log()[-2000:]}")
        reducer.tick(timezone.now())
        time.sleep(0.1)
