"""Portal processes as forks of the supervisor: what all of them load is loaded once, and its memory is shared between them.

The supervisor has one thread, no connection and no event loop, so that nothing of it is in the way in a fork. A fork looks like a
process that was started by its command line: a session of its own, its own standard streams and signals, and its command line in
the process table.
"""

import atexit
import ctypes
import gc
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from opsportal.memory import give_back

# What the forked processes have in common; each of these modules brings its room along.
COMMON = (
    "opsportal.celery",
    "celery.bin.celery",
    "celery.apps.worker",
    "monitoring.checks.management.commands.engine",
    "alerts.rules.sweeping",
    "alerts.incidents.sweeping",
    "alerts.oncall.sweeping",
    "alerts.delivery.sweeping",
    "alerts.delivery.sending.sender",
)


class Loaded:
    """Whether COMMON is loaded here; done before the first fork, because it needs the settings."""

    done = False


def load(environment: Mapping[str, str]) -> None:
    """Load what is common, with the environment of the forks."""
    if Loaded.done:
        return
    from importlib import import_module

    os.environ.update(environment)
    import django

    django.setup()
    for name in COMMON:
        import_module(name)
    gc.collect()
    gc.freeze()  # the collector of a fork does not touch these pages
    give_back()
    Loaded.done = True


class Forked:
    """A fork as `subprocess.Popen` shows a process: as much of it as a Child asks for."""

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        lock: int,
        arrange: Callable[[], None],
    ) -> None:
        load(environment)
        ours, theirs = os.pipe()
        self.args = argv
        self.returncode: int | None = None
        self.stderr: IO[bytes] | None = None
        self.pid = os.fork()
        if self.pid == 0:
            _become(argv, environment, folder, theirs, lock, arrange)
        os.close(theirs)
        self.stdout: IO[bytes] | None = os.fdopen(ours, "rb", buffering=0)

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


Running = subprocess.Popen[bytes] | Forked


def _become(
    argv: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    output: int,
    lock: int,
    arrange: Callable[[], None],
) -> None:
    """In the fork: run `argv` as Python would, and end. Never returns."""
    code = 1
    try:
        os.setsid()
        arrange()
        _own_streams(output, lock)
        _own_signals()
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        _own_title(argv)
        code = _run(list(argv[1:]))
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            atexit._run_exitfuncs()
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _own_streams(output: int, lock: int) -> None:
    """Standard output and error into the pipe; of the supervisor's other files only the lock stays."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, to in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, to)
    os.closerange(3, lock)
    os.closerange(lock + 1, os.sysconf("SC_OPEN_MAX"))
    os.set_inheritable(lock, True)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", buffering=1, closefd=False)  # noqa: SIM115


def _own_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _own_title(argv: Sequence[str]) -> None:
    """Write `argv` over the command line that the kernel shows for this process (proc(5), fields 48 and 49 of stat)."""
    stat = Path("/proc/self/stat")
    if not stat.exists():
        return
    start, end = map(int, stat.read_text().rpartition(")")[2].split()[45:47])
    words = "\0".join(argv).encode()[: end - start - 1]
    ctypes.memmove(start, words.ljust(end - start, b"\0"), end - start)


def _run(arguments: list[str]) -> int:
    """`manage.py …` or `-m celery …`; the exit code."""
    try:
        if arguments[:2] == ["-m", "celery"]:
            from celery.__main__ import main

            sys.argv = ["celery", *arguments[2:]]
            main()
        else:
            from django.core.management import execute_from_command_line

            sys.argv = arguments
            execute_from_command_line(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
