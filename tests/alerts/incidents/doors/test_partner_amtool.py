"""Debian's amtool works at a real portal as at an Alertmanager."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from alerts.incidents.models import Silence
from alerts.incidents.reducer.ticking import Reducer
from tests.alerts.incidents.world import receiver_made, root_made
from tests.opsportal.live.daphne import Daphne

PROGRAM = shutil.which("amtool")
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="amtool is not installed (Debian: prometheus-alertmanager)"),
    pytest.mark.django_db(transaction=True),
]


class Amtool:
    """amtool, pointed at a portal with a token."""

    def __init__(self, portal: Daphne, token: str, folder: Path) -> None:
        self._portal = portal
        self._login = folder / "http.yml"
        self._login.write_text(f"authorization: {{type: Bearer, credentials: {token}}}\n")
        self._home = folder

    def __call__(self, *words: str) -> str:
        """What it prints."""
        assert PROGRAM is not None
        to = [f"--alertmanager.url={self._portal.url}/alertmanager", f"--http.config.file={self._login}"]
        environment = {"HOME": str(self._home), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [PROGRAM, *to, *words], capture_output=True, text=True, timeout=60, env=environment, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self._portal.log()[-2000:]}"
        return done.stdout.strip()

    def json(self, *words: str) -> Any:
        return json.loads(self("--output=json", *words))


@pytest.fixture
def amtool(portal: Daphne, token: str, tmp_path: Path) -> Amtool:
    root_made(receiver_made("Team"))
    return Amtool(portal, token, tmp_path)


def add_alert(amtool: Amtool) -> None:
    amtool("alert", "add", "alertname=DiskFull", "instance=web-1", "severity=critical", "--annotation=summary=98 %")
    Reducer().tick(timezone.now())


def test_alerts_are_added_and_asked_for(amtool: Amtool) -> None:
    add_alert(amtool)
    (shown,) = amtool.json("alert", "query", "alertname=DiskFull", "instance=~web-.*")
    assert shown["labels"] == {"alertname": "DiskFull", "instance": "web-1", "severity": "critical"}
    assert shown["annotations"] == {"summary": "98 %"}
    assert amtool.json("alert", "query", "severity=info") == []
    assert "DiskFull" in amtool("alert", "query")
    assert "DiskFull" in amtool("--output=extended", "alert", "query")


def test_a_silence_is_made_changed_and_ended(amtool: Amtool) -> None:
    add_alert(amtool)
    name = amtool("silence", "add", "alertname=DiskFull", "--comment=Known", "--author=otto", "--duration=1h")
    (shown,) = amtool.json("silence", "query")
    assert (shown["id"], shown["createdBy"], shown["comment"]) == (name, "otto", "Known")
    assert amtool.json("alert", "query") == []
    assert amtool.json("alert", "query", "--silenced")[0]["status"]["silencedBy"] == [name]

    before = Silence.objects.get().ends_at
    amtool("silence", "update", "--duration=3h", name)
    assert Silence.objects.get(uuid=name).ends_at > before
    amtool("silence", "expire", name)
    assert amtool.json("silence", "query") == []
    assert [one["id"] for one in amtool.json("silence", "query", "--expired")] == [name]


def test_silences_are_exported_and_imported(amtool: Amtool, tmp_path: Path) -> None:
    for service in ("shop", "blog"):
        amtool("silence", "add", f"service={service}", "--comment=Known", "--author=otto")
    exported = tmp_path / "silences.json"
    exported.write_text(amtool("--output=json", "silence", "query"))
    Silence.objects.all().delete()
    amtool("silence", "import", "--force", str(exported))
    assert sorted(one.matchers[0] for one in Silence.objects.all()) == ['service="blog"', 'service="shop"']


def test_it_shows_what_it_speaks_to(amtool: Amtool) -> None:
    assert "Opsportal" in amtool("config", "show")
    assert "disabled" in amtool("cluster", "show")
