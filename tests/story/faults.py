"""What a portal must survive: one of its processes killed, Valkey frozen, PostgreSQL restarted, the supervisor gone."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from opsportal.env import BASE_DIR
from tests.opsportal.stack.portal import STOP_S, Portal, remaining
from tests.story.estate import LEASE_S, environment

FROZEN_S = 30.0
BOTH_S = 5.0
KILLED = ("web", "engine", "worker", "beat", "valkey", "postgres")


@dataclass(frozen=True, slots=True)
class Fault:
    """`inflict` returns when the fault is over, and the portal is left to itself."""

    name: str
    inflict: Callable[[Portal], None]


def running(portal: Portal, name: str) -> psutil.Process:
    portal.wait_until(lambda: portal.child(name), name)
    child = portal.child(name)
    assert child is not None
    return child


def kill(name: str) -> Fault:
    return Fault(f"kill -9 {name}", lambda portal: running(portal, name).kill())


def freeze(name: str, seconds: float) -> Fault:
    """The process with its children stands still, its sockets open: nothing is refused, nothing is answered."""

    def inflict(portal: Portal) -> None:
        parent = running(portal, name)
        frozen = [parent, *parent.children()]
        for process in frozen:
            process.suspend()
        try:
            time.sleep(seconds)
        finally:
            for process in reversed(frozen):
                process.resume()

    return Fault(f"{name} stopped for {seconds:g} s", inflict)


def hand_over(portal: Portal) -> None:
    """The engine stands still for longer than its leases last while a second one works; then both are at it for a while."""
    words = [sys.executable, "manage.py", "engine", "--name", "second"]
    second = subprocess.Popen(words, cwd=BASE_DIR, env=environment(portal), stderr=subprocess.DEVNULL)
    try:
        freeze("engine", LEASE_S + 8).inflict(portal)
        time.sleep(BOTH_S)
    finally:
        second.terminate()
        second.wait(timeout=STOP_S)


def restart_postgres(portal: Portal) -> None:
    """PostgreSQL's fast shutdown, as an administrator's restart does it; the supervisor starts it again."""
    running(portal, "postgres").send_signal(signal.SIGINT)


def kill_backend(portal: Portal) -> None:
    """One session's process dies: PostgreSQL ends all sessions and goes through crash recovery."""
    sessions = [child for child in running(portal, "postgres").children() if "opsportal engine" in title(child)]
    sessions = sessions or [child for child in running(portal, "postgres").children() if "[local]" in title(child)]
    sessions[0].kill()


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def kill_supervisor(portal: Portal) -> None:
    """With it go all its children. The next `manage.py up` is the user's."""
    processes = portal.everything()
    portal.supervisor().send_signal(signal.SIGKILL)
    assert portal.process is not None
    portal.process.wait()
    left = remaining(processes)
    assert not left, f"still running: {left}"
    portal.start()


ALL = (
    *(kill(name) for name in KILLED),
    Fault("kill -9 of a PostgreSQL session", kill_backend),
    Fault("PostgreSQL restarted", restart_postgres),
    freeze("valkey", FROZEN_S),
    freeze("postgres", 10),
    Fault(f"engine stopped for {LEASE_S + 8} s beside a second one", hand_over),
    Fault("kill -9 supervisor, new up", kill_supervisor),
)
