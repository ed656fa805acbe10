"""The whole portal, killed in every part. `--dist loadfile` keeps this file, and so its one portal, on one worker."""

import os
import re
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from opsportal.celery import app
from opsportal.stack import postgres
from opsportal.stack.paths import postgres_socket_dir, valkey_url
from tests.opsportal.stack.portal import STOP_S, Portal, free_port, remaining

pytestmark = pytest.mark.stack
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def kept() -> Iterator[Portal]:
    """One portal for this file, stopped at its end. Not under pytest's folder: the next run of pytest closes that to others."""
    with tempfile.TemporaryDirectory(prefix="opsportal-stack-") as folder:
        portal = Portal(Path(folder) / "var", free_port())
        yield portal
        if portal.process is not None and portal.process.poll() is None:
            portal.process.terminate()
            portal.process.wait(timeout=STOP_S)


@pytest.fixture
def portal(kept: Portal) -> Portal:
    kept.start()
    return kept


def test_the_first_start_shows_the_address_and_a_password_once(portal: Portal) -> None:
    assert f"Opsportal is ready: http://127.0.0.1:{portal.port}" in portal.log.read_text()
    assert (
        len(re.findall(r"First log-in: +admin +password: ([a-z0-9]{5}-){3}[a-z0-9]{5} ", portal.log.read_text())) == 1
    )


def test_a_second_portal_on_the_same_data_is_refused(portal: Portal) -> None:
    assert f"already runs on {portal.data_dir} as process {portal.supervisor().pid}" in portal.refused()


def test_all_processes_together_are_small(portal: Portal) -> None:
    assert portal.memory_bytes() < 500 * MEGABYTE


def test_beat_tells_when_it_last_ticked(portal: Portal) -> None:
    portal.wait_until(lambda: portal.valkey().get(settings.BEAT_TICK_KEY), "tick of beat")


@pytest.mark.parametrize("name", ["web", "engine", "alerter", "worker", "beat", "valkey", "postgres"])
def test_a_killed_process_is_started_again(portal: Portal, name: str) -> None:
    portal.wait_until(lambda: portal.child(name), name)
    killed = portal.child(name)
    assert killed is not None
    killed.kill()
    portal.wait_until(lambda: (now := portal.child(name)) and now.pid != killed.pid, f"new {name}")
    portal.wait_until(portal.answers, "an answer of /livez")


def test_the_worker_takes_tasks_after_valkey_was_killed(portal: Portal) -> None:
    portal.wait_until(lambda: portal.child("valkey"), "valkey")
    if killed := portal.child("valkey"):
        killed.kill()
    portal.wait_until(lambda: portal.valkey().ping(), "answer of Valkey")
    with app.connection_for_write(valkey_url(portal.data_dir).replace("unix://", "redis+socket://")) as broker:
        app.send_task("celery.accumulate", (1,), connection=broker)
    portal.wait_until(lambda: portal.valkey().llen("opsportal") == 0, "empty queue")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try a log-in as another user")
def test_another_user_is_not_let_into_the_database(portal: Portal) -> None:
    portal.wait_until(lambda: postgres.is_ready(portal.data_dir), "PostgreSQL")
    tried = subprocess.run(
        [postgres.programs() / "psql", "-h", postgres_socket_dir(portal.data_dir), "-U", "opsportal", "-c", "SELECT 1"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **postgres.run_as(),
    )
    assert "Peer authentication failed" in tried.stderr


def test_a_taken_port_is_named_and_nothing_is_started(portal: Portal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        said = portal.refused(PORT=str(taken), DATA_DIR=f"{portal.data_dir}-other")
    assert f"Port {taken} on 127.0.0.1 is taken by another program." in said
    assert "PORT=" in said


def test_sigterm_ends_every_process_in_time_and_postgresql_in_order(portal: Portal) -> None:
    processes, before = portal.everything(), portal.log.stat().st_size
    assert portal.process is not None
    portal.process.terminate()
    assert portal.process.wait(timeout=STOP_S) == 0
    assert remaining(processes, 0) == []
    assert "database system is shut down" in portal.log.read_bytes()[before:].decode()


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_recovers(portal: Portal) -> None:
    processes = portal.everything()
    portal.supervisor().send_signal(signal.SIGKILL)
    assert remaining(processes) == []
    before = portal.log.stat().st_size
    portal.start()
    portal.wait_until(lambda: "changepassword admin" in portal.log.read_bytes()[before:].decode(), "announcement")
