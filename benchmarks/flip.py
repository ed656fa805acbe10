"""From a flip at the target to the open page: a real engine, a real daphne, one tab, HTTP checks every second."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.report import Report, percentile
from tests.story.tab import Tab
from tests.story.target import Target

FLIPS = 60
LONGEST_S = 5.0
PAUSE_S = 0.6  # the page is quiet again, and the check has run
NAME = "flip"


def measure(report: Report, folder: Path, url: str, cookie: str) -> None:
    """Flip the target FLIPS times; print the delays until the tab is told."""
    from benchmarks.checks import engine

    with watched_target() as target, engine(folder), Tab(url, cookie) as tab:
        tab.wait_for(NAME, "up", 30)
        seen = [1000 * flip_s(target, tab, phase) for phase in phases()]
    down, up = seen[::2], seen[1::2]
    report.plain("flip to open page: flips", len(seen), "")
    report.plain("flip to open page, going down: p50", percentile(down, 50), "ms")
    report.plain("flip to open page, coming up: p50", percentile(up, 50), "ms")
    report.at_most("flip to open page p50", percentile(seen, 50), "ms", 1000)
    report.at_most("flip to open page p95", percentile(seen, 95), "ms", 1000)
    report.plain("flip to open page, longest", max(seen), "ms")


def phases() -> list[float]:
    """A moment within the check's second for each flip: at random, one in each FLIPS-th of it, in random order."""
    return random.sample([(n + random.random()) / FLIPS for n in range(FLIPS)], FLIPS)


def flip_s(target: Target, tab: Tab, phase: float) -> float:
    """One flip; seconds until the tab has the frame that says so."""
    time.sleep(PAUSE_S)
    time.sleep((phase - time.time()) % 1)
    began = time.monotonic()
    target.flip()
    return tab.wait_for(NAME, "up" if target.is_open else "down", LONGEST_S) - began


@contextmanager
def watched_target() -> Iterator[Target]:
    """A target, and a service with one check of it."""
    from monitoring.checks.actions import check_save, service_save

    target = Target()
    service: Any = service_save(name=NAME, slug=NAME)
    settings = {"url": target.url}
    check_save(
        service=service, kind="http", name=NAME, settings=settings, interval_s=1, timeout_s=1, failures_before_down=1
    )
    try:
        yield target
    finally:
        if target.is_open:
            target.shut()
