"""A fork looks like a process that was started by its command line."""

import os
import subprocess
import sys

from opsportal.env import BASE_DIR

# Begins a fork as the supervisor does, shows what it says and how it ends.
RUNS = """
import os, selectors, signal, sys
from pathlib import Path
from opsportal.stack.child import Child, Program

lock = os.open(os.devnull, os.O_RDONLY)
lines = []
with selectors.DefaultSelector() as selector:
    child = Child(Program("test", {argv}, dict(os.environ), Path({folder!r}), forked=True), selector, lines.append)
    child.start(lock)
    while child.running:
        for key, _ in selector.select(0.1):
            key.data()
    print(child.ended(), *lines, sep="\\n")
"""


def forked(*words: str) -> list[str]:
    """Exit code and lines of a fork that runs `words`, begun by a process with one thread."""
    script = RUNS.format(argv=[sys.executable, *words], folder=str(BASE_DIR))
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "DJANGO_SETTINGS_MODULE": "opsportal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def python(code: str) -> list[str]:
    return forked("manage.py", "shell", "--no-imports", "-c", code)


def test_what_it_says_and_how_it_ends_are_heard() -> None:
    assert python("print('one')") == ["0", "one"]
    code, *lines = forked("manage.py", "nonsense")
    assert code == "1"
    assert any("nonsense" in line for line in lines)


def test_the_process_table_shows_its_own_command_line() -> None:
    seen = python("print(open('/proc/self/cmdline').read().split(chr(0))[1:4])")
    assert seen == ["0", "['manage.py', 'shell', '--no-imports']"]


def test_it_leads_a_session_of_its_own() -> None:
    assert python("import os; print(os.getsid(0) == os.getpid())") == ["0", "True"]


def test_a_signal_that_ends_it_is_its_exit_code() -> None:
    assert python("import os; os.kill(os.getpid(), 9)") == ["-9"]


def test_it_has_no_open_file_of_the_supervisor_but_the_lock() -> None:
    code, line = python("import os; print(len([n for n in os.listdir('/proc/self/fd') if int(n) > 2]))")
    assert (code, int(line)) == ("0", 2)  # the lock, and the folder that is being read
