"""Where the embedded PostgreSQL and Valkey keep their data and their sockets."""

import hashlib
import tempfile
from pathlib import Path

# sun_path holds 108 bytes with its terminator; PostgreSQL appends "/.s.PGSQL.5432".
LONGEST_SOCKET_DIR = 80


def socket_dir(data_dir: Path) -> Path:
    """The folder of the Unix sockets: `data_dir/sockets`, or a short one under the temporary folder where that is too long."""
    inside = data_dir.resolve() / "sockets"
    if len(str(inside)) <= LONGEST_SOCKET_DIR:
        return inside
    digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"opsportal-{digest}"


def postgres_url(data_dir: Path, database: str = "opsportal") -> str:
    return f"postgresql://opsportal@/{database}?host={socket_dir(data_dir)}"


def valkey_url(data_dir: Path) -> str:
    return f"unix://{socket_dir(data_dir)}/valkey.sock"
