"""Early pytest plugin: a private PostgreSQL and a private Valkey for this run, started before Django reads its settings.

The xdist controller starts PostgreSQL once; its workers find it through the environment and make a database each.
Every process starts a Valkey of its own, because publish/subscribe crosses Valkey's numbered databases.
The servers end with the process that started them, however it ends: a killed run leaves nothing behind.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from opsportal.stack import paths, postgres, valkey
from opsportal.stack.parent import end_with_parent


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    folder = Path(tempfile.mkdtemp(prefix="opsportal-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["DATA_DIR"] = str(folder)
    os.environ.setdefault("SECRET_KEY", "a secret key that only the test suite uses")
    if "OPSPORTAL_TEST_DATABASE" not in os.environ:
        os.environ["OPSPORTAL_TEST_DATABASE"] = start_postgres(folder)
    os.environ["DATABASE_URL"] = os.environ["OPSPORTAL_TEST_DATABASE"]
    os.environ["REDIS_URL"] = start_valkey(folder)


def start_postgres(folder: Path, *, throwaway: bool = True) -> str:
    """Start a throwaway PostgreSQL 18 under `folder`; the URL of its maintenance database."""
    postgres.prepare(folder, throwaway=throwaway)
    command, log = postgres.command(folder, throwaway=throwaway), folder / "postgres.log"
    start(command, log, signal.SIGQUIT, env=postgres.environment(), **postgres.run_as())
    url = paths.postgres_url(folder, "postgres")
    wait_until(lambda: psycopg.connect(url, connect_timeout=2).close(), "PostgreSQL", log)
    return url


def start_valkey(folder: Path) -> str:
    """Start a private Valkey under `folder`; its URL."""
    start(valkey.command(folder), folder / "valkey.log", signal.SIGKILL, env=valkey.environment())
    url = paths.valkey_url(folder)
    wait_until(lambda: redis.Redis.from_url(url).ping(), "Valkey", folder / "valkey.log")
    return url


def start(command: list[str], log: Path, death_signal: signal.Signals, **options: Any) -> subprocess.Popen[bytes]:
    """Run `command` in the background until this process ends; it gets `death_signal` should this one be killed."""
    arrange = end_with_parent(death_signal)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd="/", preexec_fn=arrange, **options)
    atexit.register(stop, process, death_signal)
    return process


def stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals = signal.SIGTERM) -> None:
    process.send_signal(stop_signal)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()


def wait_until(ready: Callable[[], object], what: str, log: Path, seconds: float = 30) -> None:
    """Poll `ready` until it stops raising."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            ready()
            return
        except (psycopg.OperationalError, redis.RedisError, OSError):
            if time.monotonic() > deadline:
                pytest.exit(f"{what} did not start:\n{log.read_text(errors='replace')[-2000:]}", returncode=3)
            time.sleep(0.05)
