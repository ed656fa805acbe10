"""Where the embedded PostgreSQL and Valkey keep their data and their sockets, and how they are addressed."""

import hashlib
import tempfile
from pathlib import Path
from urllib.parse import quote

SUPERUSER = "opsportal"
WATCHER = "opsportal_watcher"  # reads statistics and the schedule, for the portal's checks of itself
DATABASE = "opsportal"
PORT_NUMBER = 5432  # no TCP port: it names the socket file, and is spelled out so that a PGPORT around cannot change it
# sun_path holds 108 bytes with its terminator; PostgreSQL appends "/pg/.s.PGSQL.5432".
LONGEST_SOCKET_DIR = 80


def socket_dir(data_dir: Path) -> Path:
    """`data_dir/sockets`, or a short folder under the temporary one where that path is too long for a Unix socket."""
    inside = data_dir.resolve() / "sockets"
    if len(str(inside).encode()) <= LONGEST_SOCKET_DIR:
        return inside
    digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"opsportal-{digest}"


def postgres_socket_dir(data_dir: Path) -> Path:
    """A folder of its own inside `socket_dir`: as root it belongs to the user PostgreSQL runs as, and to nobody else."""
    return socket_dir(data_dir) / "pg"


def valkey_socket(data_dir: Path) -> Path:
    return socket_dir(data_dir) / "valkey.sock"


def postgres_url(data_dir: Path, database: str = DATABASE) -> str:
    return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(postgres_socket_dir(data_dir)))}&port={PORT_NUMBER}"


def valkey_url(data_dir: Path) -> str:
    return f"unix://{quote(str(valkey_socket(data_dir)))}"


def local_url(bind: str, port: int) -> str:
    """How this machine reaches the web process: a wildcard address becomes the loopback one."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]", "[::]": "[::1]"}.get(bind, bind)  # noqa: S104
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{port}"
