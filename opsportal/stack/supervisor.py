"""Starts the processes of the portal in order, starts again those that die, and stops all of them in order."""

import json
import os
import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType

from opsportal.stack import postgres, valkey
from opsportal.stack.backoff import Backoff
from opsportal.stack.child import Child, Program
from opsportal.stack.errors import StackError
from opsportal.stack.output import Output
from opsportal.stack.processes import PREPARE, PROCESSES
from opsportal.stack.programs import Run, portal_program, postgres_program, valkey_program
from opsportal.stack.readiness import answers

SERVER_START_S, PREPARE_S, WEB_START_S = 60.0, 600.0, 60.0
# Together below the 10 s in which everything must be gone.
PORTAL_STOP_S, VALKEY_STOP_S, POSTGRES_STOP_S, FORCED_S = 4.0, 1.5, 3.0, 0.3
NAME = "up"


class StopRequested(Exception):
    """Ctrl-C, SIGTERM, or nobody reads the output any more."""


class Supervisor:
    """One thread, one loop: it reads the output of every child and waits for signals. `lock` is inherited by each child."""

    def __init__(self, run: Run, output: Output, lock: int, backoff: Backoff | None = None) -> None:
        self.settings = run
        self.output = output
        self.lock = lock
        self.backoff = backoff or Backoff()
        self.selector = selectors.DefaultSelector()
        self.children: list[Child] = []
        self.stop_requested = False
        self.first_login: dict[str, str | None] = {}

    def run(self) -> None:
        """Until a stop is asked for. Raises StackError when the portal cannot start."""
        self._receive_signals()
        try:
            self._start_all()
            self._announce()
            while True:
                self._step()
        except StopRequested:
            self._say("stopping")
        finally:
            self._show_unseen_password()
            self._stop_all()

    # --- start --------------------------------------------------------------------------------------------------
    def _start_all(self) -> None:
        data_dir = self.settings.data_dir
        servers: list[tuple[Child, Callable[[], bool]]] = []
        if self.settings.embedded_database:
            postgres.prepare(data_dir, notify=self._say)
            postgres.clear_stale_pid(data_dir)
            servers.append((self._start(postgres_program(data_dir)), lambda: postgres.is_ready(data_dir)))
        if self.settings.embedded_redis:
            servers.append((self._start(valkey_program(data_dir)), lambda: valkey.is_ready(data_dir)))
        for child, ready in servers:
            self._wait_for(ready, SERVER_START_S, child)
        self._prepare()
        for process in PROCESSES:
            self._start(portal_program(process, self.settings))
        web = next(child for child in self.children if child.program.name == "web")
        self._wait_for(lambda: answers(self.settings.url, self.settings.host), WEB_START_S, web, revived=True)

    def _start(self, program: Program) -> Child:
        child = Child(program, self.selector, lambda line: self.output.line(program.name, line))
        child.start(self.lock)
        self.children.append(child)
        return child

    def _prepare(self) -> None:
        """Run PREPARE to its end; what it reports on standard output is the first log-in, and is not logged."""
        program = portal_program(PREPARE, self.settings, "--json")
        child = Child(program, self.selector, lambda line: self.output.line(program.name, line))
        child.start(self.lock, reported=lambda line: self.first_login.update(json.loads(line)))
        self.children.append(child)
        deadline = time.monotonic() + PREPARE_S
        while child.running and time.monotonic() < deadline:
            self._step(1.0)
        if child.running:
            raise StackError(f"The database was not prepared within {PREPARE_S:.0f} s.")
        self.children.remove(child)
        if code := child.ended():
            raise StackError(f"The database could not be prepared (exit code {code}); the reason is above.")

    def _wait_for(self, ready: Callable[[], bool], seconds: float, child: Child, *, revived: bool = False) -> None:
        name, deadline = child.program.name, time.monotonic() + seconds
        while not ready():
            if not child.running and not revived:
                raise StackError(f"{name} ended while it was starting; the reason is above.")
            if time.monotonic() > deadline:
                raise StackError(f"{name} did not answer within {seconds:.0f} s; the reason may be above.")
            self._step(0.05)

    def _announce(self) -> None:
        lines = [
            "",
            f"  Opsportal is ready: {self.settings.public_url}",
            *self._login_lines(),
            "  Ctrl-C stops everything.",
            "",
        ]
        self.output.record({"ready": self.settings.public_url, **self.first_login}, lines)
        self.first_login["password"] = None

    def _login_lines(self) -> list[str]:
        user, password = self.first_login.get("username"), self.first_login.get("password")
        if password:
            return [f"  First log-in:       {user}   password: {password}   (shown only now)"]
        return [f"  Password forgotten? {PREPARE.argv({})[0]} manage.py changepassword {user}"] if user else []

    def _show_unseen_password(self) -> None:
        """A start that failed after the first administrator was made must not take the password with it."""
        if self.first_login.get("password"):
            self.output.record(self.first_login, ["", *self._login_lines(), ""])

    # --- keep running -------------------------------------------------------------------------------------------
    def _step(self, longest_s: float | None = None) -> None:
        """Wait for something to happen, no longer than `longest_s`, and see to it."""
        if self.stop_requested or self.output.closed:
            raise StopRequested
        due = [child.start_again_at for child in self.children if child.start_again_at is not None]
        waits = [max(0.0, at - time.monotonic()) for at in due] + ([] if longest_s is None else [longest_s])
        self._pump(min(waits, default=None))
        for child in self.children:
            if child.program.name != PREPARE.name:
                self._revive(child)

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if (code := child.ended()) is not None:
            child.deaths = self.backoff.deaths(child.deaths, now - child.started_at)
            self._retry_later(child, f"{child.program.name} ended ({described(code)})")
        elif child.start_again_at is not None and now >= child.start_again_at:
            try:
                child.start(self.lock)
            except OSError as error:
                child.deaths += 1
                self._retry_later(child, f"{child.program.name} cannot be started ({error})")

    def _retry_later(self, child: Child, why: str) -> None:
        delay_s = self.backoff.delay_s(child.deaths)
        child.start_again_at = time.monotonic() + delay_s
        self._say(f"{why}; starting it again in {delay_s:g} s")

    def _pump(self, timeout_s: float | None) -> None:
        for key, _ in self.selector.select(timeout_s):
            key.data()

    # --- stop ---------------------------------------------------------------------------------------------------
    def _stop_all(self) -> None:
        """Our own processes first, so that they can still say goodbye to the servers; PostgreSQL last."""
        servers = {"valkey": VALKEY_STOP_S, "postgres": POSTGRES_STOP_S}
        self._stop([child for child in self.children if child.program.name not in servers], PORTAL_STOP_S)
        for name, grace_s in servers.items():
            self._stop([child for child in self.children if child.program.name == name], grace_s)
        self._say("stopped")

    def _stop(self, children: list[Child], grace_s: float) -> None:
        for child in children:
            child.send(child.program.stop_signal)
        self._wait_until_ended(children, grace_s)
        for child in children:
            if child.running:
                self._say(f"{child.program.name} did not stop within {grace_s:g} s and is ended by force")
                child.send(child.program.force_signal)
        self._wait_until_ended(children, FORCED_S)
        for child in children:
            child.send(signal.SIGKILL)
            child.ended()

    def _wait_until_ended(self, children: list[Child], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while any(child.running for child in children) and time.monotonic() < deadline:
            self._pump(0.05)

    # --- signals ------------------------------------------------------------------------------------------------
    def _receive_signals(self) -> None:
        """Signals only write a byte that wakes the loop; SIGCHLD is there for that alone."""
        wake, awake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(awake, warn_on_full_buffer=False)
        self.selector.register(wake, selectors.EVENT_READ, lambda: os.read(wake, 4096))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_requested = True

    def _say(self, text: str) -> None:
        self.output.line(NAME, text)


def described(code: int) -> str:
    """An exit code of `subprocess` in words: `exit code 1`, `SIGKILL`."""
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
