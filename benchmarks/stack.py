"""Real parts for benchmarks: a private PostgreSQL and Valkey in a throwaway folder, and the web process on a free port."""

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from opsportal.stack import paths
from tests.real_parts import start_postgres, start_valkey, stop

START_DEADLINE_S = 60.0


@contextmanager
def private_servers(durable: bool = False) -> Iterator[Path]:
    """Start both servers, point this process's settings at them and migrate. Yields the folder of their data.

    `durable` keeps PostgreSQL's promises to the disk, as in production; otherwise it is as fast as it can be.

    Enter it before anything reads Django's settings.
    """
    folder = Path(tempfile.mkdtemp(prefix="opsportal-bench-"))
    try:
        maintenance_url = start_postgres(folder, throwaway=not durable)
        with psycopg.connect(maintenance_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE opsportal")
        os.environ |= {
            "DATA_DIR": str(folder),
            "SECRET_KEY": "a secret key that only the benchmarks use",
            "DATABASE_URL": paths.postgres_url(folder),
            "REDIS_URL": start_valkey(folder),
            "DJANGO_SETTINGS_MODULE": "opsportal.settings",
        }
        migrate()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def migrate() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


@contextmanager
def web(folder: Path, application: str = "opsportal.asgi:application") -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Daphne with `application`; yields its process and its port once it answers. Its log is in `folder`."""
    port = free_port()
    command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), application]
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for_port(port, process, folder / "web.log")
        yield process, port
    finally:
        stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def raise_file_limit() -> None:
    """Allow this process and its children as many open files as the machine lets us."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"Nothing answers on port {port}:\n{log.read_text(errors='replace')[-2000:]}")
