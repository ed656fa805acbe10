"""A whole portal started by `manage.py up`, for tests that kill parts of it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import redis

from opsportal.env import BASE_DIR
from opsportal.stack.parent import end_with_parent
from opsportal.stack.paths import valkey_url
from opsportal.stack.processes import PROCESSES

SERVERS = {"valkey": "valkey-server", "postgres": "bin/postgres -D"}
START_S, STOP_S = 60, 10


class Portal:
    """Started on demand; every test finds it running, whatever the test before has done to it."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.log = data_dir.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, **settings: str) -> "subprocess.Popen[bytes]":
        """`manage.py up` with its embedded servers, whatever the environment of the suite names."""
        own = {"DATABASE_URL": "", "REDIS_URL": "", "DATA_DIR": str(self.data_dir), "PORT": str(self.port)}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=BASE_DIR,
                env=os.environ | own | settings,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )

    def refused(self, **settings: str) -> str:
        """What `manage.py up` said when it would not start."""
        before = self.log.stat().st_size if self.log.exists() else 0
        assert self.command(**settings).wait(timeout=START_S) == 1
        return self.log.read_bytes()[before:].decode()

    def start(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.process = self.command()
        self.wait_until(self.answers, "an answer of /livez")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def supervisor(self) -> psutil.Process:
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def everything(self) -> list[psutil.Process]:
        return [self.supervisor(), *self.supervisor().children(recursive=True)]

    def child(self, name: str) -> psutil.Process | None:
        words = SERVERS.get(name) or next(" ".join(p.arguments[:6]) for p in PROCESSES if p.name == name)
        words = words.replace("${BIND}", "127.0.0.1")
        found = [child for child in self.supervisor().children() if words in " ".join(child.cmdline())]
        return found[0] if found else None

    def memory_bytes(self) -> int:
        """Proportional set size of all processes: shared pages are counted once."""
        return sum(process.memory_full_info().pss for process in self.everything())

    def valkey(self) -> "redis.Redis":
        return redis.Redis.from_url(valkey_url(self.data_dir), socket_timeout=2)

    def wait_until(self, true: Callable[[], object], what: str, seconds: float = START_S) -> None:
        deadline = time.monotonic() + seconds
        while not quietly(true):
            assert self.process is None or self.process.poll() is None, f"ended:\n{self.log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"no {what} in {seconds} s:\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)


def quietly(true: Callable[[], object]) -> bool:
    try:
        return bool(true())
    except (psutil.Error, redis.RedisError):
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def remaining(processes: list[psutil.Process], seconds: float = STOP_S) -> list[psutil.Process]:
    """Those that still run after at most `seconds`; a dead one that nobody has collected yet does not run."""
    _, alive = psutil.wait_procs(processes, timeout=0)
    deadline = time.monotonic() + seconds
    while alive and time.monotonic() < deadline:
        alive = [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
        time.sleep(0.05)
    return alive
