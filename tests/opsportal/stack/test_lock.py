import os
import subprocess
import sys
from pathlib import Path

import pytest

from opsportal.stack import lock
from opsportal.stack.errors import StackError

HOLDER = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"


def held_by_another(path: Path) -> "subprocess.Popen[str]":
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_lock_says_who_holds_it(tmp_path: Path) -> None:
    os.close(lock.acquire(tmp_path))
    assert (tmp_path / lock.NAME).read_text() == f"{os.getpid()}\n"


def test_a_second_portal_on_the_same_folder_is_refused_and_told_which_process_runs(tmp_path: Path) -> None:
    (tmp_path / lock.NAME).touch(mode=0o600)
    with held_by_another(tmp_path / lock.NAME) as holder:
        (tmp_path / lock.NAME).write_text(f"{holder.pid}\n")
        with pytest.raises(StackError, match=rf"already runs on .* as process {holder.pid}\. .*DATA_DIR"):
            lock.acquire(tmp_path)
        holder.kill()


def test_the_lock_of_a_process_that_is_gone_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / lock.NAME).write_text("999999999\n")
    (tmp_path / lock.NAME).chmod(0o600)
    os.close(lock.acquire(tmp_path))
    assert (tmp_path / lock.NAME).read_text() == f"{os.getpid()}\n"


def test_children_of_a_killed_run_that_do_not_end_are_named(tmp_path: Path) -> None:
    (tmp_path / lock.NAME).touch(mode=0o600)
    with held_by_another(tmp_path / lock.NAME) as orphan:
        (tmp_path / lock.NAME).write_text("999999999\n")
        with pytest.raises(StackError, match=rf"Processes of a killed run still use .*: {orphan.pid}\."):
            lock.acquire(tmp_path, wait_s=0)
        orphan.kill()
