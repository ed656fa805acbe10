import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from opsportal.stack.child import Child, Program
from opsportal.stack.supervisor import described

# A process that begins another one, tells its id without ending the line, and dies.
LEAVES_A_CHILD = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, end='', flush=True)"


@pytest.fixture
def lock() -> Iterator[int]:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def finished(code: str, lock: int) -> tuple[int | None, list[str]]:
    """Exit code and lines of `python -c code`, run as a child to its end."""
    lines: list[str] = []
    with selectors.DefaultSelector() as selector:
        child = Child(
            Program("test", [sys.executable, "-c", code], dict(os.environ), Path("/")), selector, lines.append
        )
        child.start(lock)
        assert child.process is not None
        assert isinstance(child.process, subprocess.Popen)
        child.process.wait(timeout=30)
        return child.ended(), lines


def test_the_last_words_of_a_process_are_heard(lock: int) -> None:
    assert finished("import sys; print('one'); sys.exit('two')", lock) == (1, ["one", "two"])


def test_a_process_that_dies_takes_what_it_started_with_it(lock: int) -> None:
    code, lines = finished(LEAVES_A_CHILD, lock)
    left = psutil.Process(int(lines[0])) if psutil.pid_exists(int(lines[0])) else None
    psutil.wait_procs([left] if left else [], timeout=5)
    assert code == 0
    assert left is None or not left.is_running() or left.status() == psutil.STATUS_ZOMBIE


def test_a_child_has_no_terminal_signal_in_common_with_the_supervisor(lock: int) -> None:
    _, lines = finished("import os; print(os.getsid(0) == os.getpid())", lock)
    assert lines == ["True"]


def test_a_death_is_told_in_words() -> None:
    assert described(-signal.SIGKILL) == "SIGKILL"
    assert described(3) == "exit code 3"
