"""A portal of killable parts: a process that dies is started again at once, and the servers can be restarted."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from benchmarks.stack import free_port, migrate
from opsportal.env import BASE_DIR
from opsportal.stack import paths, postgres, valkey
from opsportal.stack.parent import end_with_parent
from opsportal.stack.processes import PROCESSES
from tests.real_parts import start, wait_until

KILLED = ("web", "worker", "beat", "alerter")
LOOK_S = 0.1
STOP_S = 10


class Portal:
    """`start` it, `kill` its parts, `stop` it. `kills` counts them by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: dict[str, int] = {}
        self.ended: dict[str, int] = {}
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.keeper = threading.Thread(target=self._keep, daemon=True)
        self.postgres = self._start_postgres()
        self.valkey = self._start_valkey()

    def start(self) -> None:
        for name in KILLED:
            self._start(name)
        self.keeper.start()

    def kill(self, name: str) -> None:
        """kill -9; the part is started again within LOOK_S."""
        with self.lock:
            self.processes[name].kill()
            self.processes[name].wait()
            self.kills[name] = self.kills.get(name, 0) + 1
            self._start(name)

    def restart_postgres(self) -> None:
        """An administrator's restart: fast shutdown, every session ended."""
        self.postgres.send_signal(signal.SIGINT)
        self.postgres.wait(60)
        self.postgres = self._start_postgres()

    def flush_valkey(self) -> None:
        redis.Redis.from_url(paths.valkey_url(self.folder), socket_timeout=5).flushall()

    def stop_valkey(self, seconds: float) -> None:
        """Gone for a while, and with nothing of what it held."""
        self.valkey.kill()
        self.valkey.wait()
        for dump in (self.folder / "valkey").glob("*.rdb"):
            dump.unlink()
        self.stopping.wait(seconds)
        self.valkey = self._start_valkey()

    def stop(self) -> None:
        self.stopping.set()
        if self.keeper.ident is not None:
            self.keeper.join()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
        for server, number in ((self.valkey, signal.SIGKILL), (self.postgres, signal.SIGQUIT)):
            server.send_signal(number)
            server.wait(STOP_S)

    def _keep(self) -> None:
        while not self.stopping.wait(LOOK_S):
            with self.lock:
                for name, process in self.processes.items():
                    if process.poll() is not None:
                        self.ended[name] = self.ended.get(name, 0) + 1
                        self._start(name)

    def _start(self, name: str) -> None:
        part = next(one for one in PROCESSES if one.name == name)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                part.argv({"BIND": "127.0.0.1", "PORT": str(self.port)}),
                cwd=BASE_DIR,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent(signal.SIGKILL),
            )

    def _start_postgres(self) -> subprocess.Popen[bytes]:
        postgres.prepare(self.folder)
        log = self.folder / "postgres.log"
        server = start(
            postgres.command(self.folder), log, signal.SIGQUIT, env=postgres.environment(), **postgres.run_as()
        )
        url = paths.postgres_url(self.folder, "postgres")
        wait_until(lambda: psycopg.connect(url, connect_timeout=2).close(), "PostgreSQL", log)
        return server

    def _start_valkey(self) -> subprocess.Popen[bytes]:
        log = self.folder / "valkey.log"
        server = start(valkey.command(self.folder), log, signal.SIGKILL, env=valkey.environment())
        wait_until(lambda: redis.Redis.from_url(paths.valkey_url(self.folder)).ping(), "Valkey", log)
        return server


@contextmanager
def portal() -> Iterator[Portal]:
    """One in a throwaway folder, migrated and not yet started; PostgreSQL durable, as in production."""
    folder = Path(tempfile.mkdtemp(prefix="opsportal-torture-"))
    try:
        found = Portal(folder)
        try:
            _prepare(folder)
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(folder: Path) -> None:
    """This process's settings and those of every part, and the tables."""
    with psycopg.connect(paths.postgres_url(folder, "postgres"), autocommit=True) as database:
        database.execute("CREATE DATABASE opsportal")
    os.environ |= {
        "DATA_DIR": str(folder),
        "SECRET_KEY": "a secret key that only the torture uses",
        "DATABASE_URL": paths.postgres_url(folder),
        "REDIS_URL": paths.valkey_url(folder),
        "DJANGO_SETTINGS_MODULE": "opsportal.settings",
        "WEBHOOKS_ALLOW_PRIVATE": "true",
    }
    migrate()
