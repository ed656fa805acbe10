"""Processes that end with the process that started them, however that one ends: even kill -9 leaves no orphan.

Linux only (`prctl(2)`, PR_SET_PDEATHSIG); elsewhere a killed parent leaves its children, and the next start ends them.
The signal comes when the *thread* that started the child ends, so start children from the main thread.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def end_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` of `subprocess.Popen`: the child gets `death_signal` when this thread is gone.

    It runs after a change of user, which would clear the request, and survives the exec.
    """
    parent = os.getpid()

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # it died before the request: nobody would tell us
                os._exit(1)

    return arrange
