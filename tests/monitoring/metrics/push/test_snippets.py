"""What docs/sending-metrics.md tells people to paste does what it says."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from opsportal.env import BASE_DIR
from tests.monitoring.metrics.push.conftest import stored
from tests.opsportal.live.daphne import Daphne

PAGE = (BASE_DIR / "docs" / "sending-metrics.md").read_text(encoding="utf-8")
PORTAL = "https://ops.example.com"
CURL, PROMTOOL = shutil.which("curl"), shutil.which("promtool")


def snippets(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def daphne(transactional_db: None, tmp_path: Path) -> Iterator[Daphne]:
    server = Daphne(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
@pytest.mark.django_db(transaction=True)
def test_the_commands_of_scripts_store_samples(daphne: Daphne, token: str) -> None:
    answers = [
        json.loads(
            subprocess.run(
                ["sh", "-c", command.replace(PORTAL, daphne.url)],
                env={"TOKEN": token, "PATH": "/usr/bin:/bin"},
                capture_output=True,
                check=True,
                timeout=30,
            ).stdout
        )
        for command in snippets("sh")
    ]
    assert answers == [{"written": 1, "refused": []}, {"written": 2, "refused": []}]
    assert [value for _, value in stored("backup_size_bytes")[(("database", "shop"),)]] == [73400320.0] * 2


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    token, file = tmp_path / "token", tmp_path / "prometheus.yml"
    token.write_text("ops_token")
    file.write_text(snippets("yaml")[0].replace("/etc/prometheus/opsportal-token", str(token)))
    done = subprocess.run([str(PROMTOOL), "check", "config", str(file)], capture_output=True, text=True, check=False)
    assert "SUCCESS" in done.stdout, done.stdout + done.stderr


def test_the_configuration_of_the_collector_is_yaml_and_names_the_door() -> None:
    exporter = yaml.safe_load(snippets("yaml")[1])["exporters"]["otlphttp/opsportal"]
    assert exporter["metrics_endpoint"] == f"{PORTAL}/otlp/v1/metrics"
