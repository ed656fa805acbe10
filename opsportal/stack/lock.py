"""One portal to a data folder: a lock that the kernel releases when the last process of the run is gone."""

import fcntl
import os
import time
from pathlib import Path

from opsportal.stack.errors import StackError
from opsportal.stack.folders import check_owner

NAME = "up.lock"


def acquire(data_dir: Path, wait_s: float = 20.0) -> int:
    """Lock `data_dir` for this process; the file descriptor that holds the lock.

    Children inherit the descriptor, so after a kill -9 of the supervisor the lock lasts until its last child has ended: a new
    run waits for that up to `wait_s`, and never meets servers of the old one. Raises StackError while another portal runs.
    """
    path = data_dir / NAME
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if os.path.lexists(path):
            check_owner(path, os.geteuid(), "the portal would run")
        raise StackError(f"{path} cannot be opened ({error.strerror}).") from None
    check_owner(path, os.geteuid(), "the portal would run")
    deadline = time.monotonic() + wait_s
    while not _locked(lock):
        holder = _pid_in(lock)
        if holder and Path(f"/proc/{holder}").exists():
            raise StackError(
                f"The portal already runs on {data_dir} as process {holder}. Stop that one first (Ctrl-C in its terminal, "
                f"or `kill {holder}`), or set DATA_DIR to another folder."
            )
        if time.monotonic() > deadline:
            raise StackError(
                f"Processes of a killed run still use {data_dir}: {holders(path)}. End them and start again."
            )
        time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def holders(path: Path) -> str:
    """The ids of the processes that have `path` open, as far as this user may see them."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.path.samestat(link.stat(), path.stat()):
                found.add(int(link.parts[2]))
        except OSError:
            continue
    return ", ".join(map(str, sorted(found - {os.getpid()}))) or "none that this user can see"


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid_in(lock: int) -> int | None:
    try:
        return int(os.pread(lock, 32, 0))
    except ValueError:
        return None
