"""`make torture-checks`: a real `manage.py up` with 200 fast checks, an open page, and every fault of tests/story/faults.py in turn.

Prints a line a fault. TORTURE_CHECKS changes the load; names given as arguments choose faults by a part of their name.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.story.faults import ALL
from tests.story.judge import judge
from tests.story.torture import scene

CHECKS = int(os.environ.get("TORTURE_CHECKS", "200"))


def main(words: list[str]) -> int:
    faults = [fault for fault in ALL if not words or any(word in fault.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="opsportal-torture-") as folder, scene(Path(folder), CHECKS) as stage:
        short, began = 0, time.time()
        for fault in faults:
            recovery = stage.suffer(fault)
            short += not recovery.ok
            print(recovery, flush=True)
        everything = judge(stage.portal.data_dir, began, time.time() - 5)
        print(
            f"all in all: {everything.due:,} due times, {everything.missed:,} passed without a run, {everything.doubled} doubled"
        )
        print(f"gaps in the open page's sequence: {stage.tab.gaps}")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
