import subprocess
import sys

import psutil

from opsportal.env import BASE_DIR

# A parent that starts a child which ignores every polite signal, tells its id, and waits.
PARENT = """
import signal, subprocess, sys
from opsportal.stack.parent import end_with_parent
child = subprocess.Popen(["sleep", "600"], preexec_fn=end_with_parent(signal.SIGKILL), start_new_session=True)
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_a_child_does_not_outlive_a_parent_that_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    _, alive = psutil.wait_procs([child], timeout=10)
    assert alive == [] or child.status() == psutil.STATUS_ZOMBIE
