"""One fault at a time on a portal that watches an estate: inflict it, wait until all is well again, judge what was lost."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.opsportal.stack.portal import Portal, free_port
from tests.story.estate import LEASE_S, SWITCH, bring_in, first_password, services
from tests.story.faults import Fault
from tests.story.judge import Verdict, judge, silent_checks
from tests.story.tab import Tab, log_in
from tests.story.target import Target

RECOVERY_S = 120.0
MARGIN_S = 3.0  # judged before and after the fault, so that its edges are seen
STOP_S = 15
OUTAGE_S = 5.0  # for the supervisor to start the killed process again, and for it to load


@dataclass(frozen=True, slots=True)
class Recovery:
    """What one fault did. Times are seconds from its beginning.

    `down_s`: the fault itself. `checks_back_s`: every check reports on its grid again. `page_right_s`: the open page shows
    a target that flipped as the fault began.
    """

    fault: str
    down_s: float
    checks_back_s: float
    page_right_s: float
    reconnected: int
    verdict: Verdict

    @property
    def allowed_overdue_s(self) -> float:
        """A run cut off is done again once its lease is over; nothing runs without PostgreSQL and an engine (`OUTAGE_S`)."""
        return self.down_s + LEASE_S + OUTAGE_S

    @property
    def ok(self) -> bool:
        return self.verdict.doubled == 0 and self.verdict.overdue_s <= self.allowed_overdue_s

    def __str__(self) -> str:
        lost = self.verdict
        return (
            f"{self.fault}: checks back after {self.checks_back_s:.1f} s, open page right after {self.page_right_s:.1f} s "
            f"({self.reconnected} reconnects); of {lost.due:,} due times {lost.missed:,} passed without a run, {lost.doubled} doubled; "
            f"longest overdue {lost.overdue_s:.1f} s (goal <= {self.allowed_overdue_s:.1f}) {'ok' if self.ok else 'SHORT'}"
        )


@dataclass
class Scene:
    """A portal with its estate, a target to flip and an open page."""

    portal: Portal
    target: Target
    tab: Tab

    def suffer(self, fault: Fault) -> Recovery:
        began, clock, connections = time.time(), time.monotonic(), self.tab.connections
        self.target.flip()
        fault.inflict(self.portal)
        down_s = time.monotonic() - clock
        right_s = self.tab.wait_for(SWITCH, self.expected, RECOVERY_S) - clock
        self.wait_for_checks(time.time())
        back_s = time.monotonic() - clock
        time.sleep(MARGIN_S)
        found = judge(self.portal.data_dir, began - MARGIN_S, time.time() - MARGIN_S / 2)
        return Recovery(fault.name, down_s, back_s, right_s, self.tab.connections - connections, found)

    @property
    def expected(self) -> str:
        return "up" if self.target.is_open else "down"

    def wait_for_checks(self, since: float) -> None:
        """Until every check has reported after `since`, and in time."""
        deadline = time.monotonic() + RECOVERY_S
        while (silent := self._silent(since)) != 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{silent} checks are silent {RECOVERY_S:.0f} s after the fault")
            time.sleep(0.1)

    def _silent(self, since: float) -> int:
        try:
            return silent_checks(self.portal.data_dir, since)
        except psycopg.OperationalError:
            return -1


@contextmanager
def scene(folder: Path, checks: int) -> Iterator[Scene]:
    """A portal in `folder` that has settled: every check has reported, and the page shows it."""
    portal, target = Portal(folder / "var", free_port()), Target()
    with steady_target() as steady_port:
        portal.start()
        try:
            portal.wait_until(lambda: "password:" in portal.log.read_text(), "first password")
            bring_in(portal, services(checks, steady_port, target.port))
            url = f"http://127.0.0.1:{portal.port}"
            with Tab(url, log_in(url, "admin", first_password(portal))) as tab:
                found = Scene(portal, target, tab)
                tab.wait_for(SWITCH, "up", RECOVERY_S)
                found.wait_for_checks(0)
                time.sleep(MARGIN_S)
                yield found
        finally:
            end(portal)


def end(portal: Portal) -> None:
    if portal.process is not None and portal.process.poll() is None:
        portal.process.terminate()
        portal.process.wait(timeout=STOP_S)


@contextmanager
def steady_target() -> Iterator[int]:
    """A quick target in a process of its own; its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.target", str(port)])
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=5)
