"""Wait until checks have reported, with a line that says how far it is."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitoring.checks.models import Check
from monitoring.checks.queries import checks_listed

POLL_S = 0.2


def wait_for(
    seen_before: Mapping[int, datetime | None], timeout_s: float, progress: Any
) -> tuple[list[Check], list[Check]]:
    """(reported, still waiting) once every check has a newer report than `seen_before`, or after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    told = -1
    while True:
        checks = list(checks_listed().filter(pk__in=seen_before))
        reported = [check for check in checks if check.state.last_checked_at != seen_before[check.pk]]
        if len(reported) != told:
            told = len(reported)
            progress.write(f"{told} of {len(checks)} have reported.")
        if told == len(checks) or time.monotonic() >= deadline:
            return reported, [check for check in checks if check not in reported]
        time.sleep(POLL_S)
