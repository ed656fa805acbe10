"""One process under the supervisor: started in a session of its own, ended as a group, and never left behind."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsportal.stack.forked import Forked, Running
from opsportal.stack.output import LineReader
from opsportal.stack.parent import end_with_parent


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and which signals end it: `stop_signal` when it is asked to, `death_signal` when the supervisor is gone.

    `forked`: it is one of our own, forked with what it loads instead of started anew.
    """

    name: str
    argv: list[str]
    environment: dict[str, str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    force_signal: signal.Signals = signal.SIGKILL
    run_as: dict[str, Any] = field(default_factory=dict)
    forked: bool = False


class Child:
    """A running `Program`. Its lines go to `heard`, read by the supervisor through `selector`."""

    def __init__(self, program: Program, selector: selectors.BaseSelector, heard: Callable[[str], None]) -> None:
        self.program = program
        self.selector = selector
        self.heard = heard
        self.process: Running | None = None
        self.readers: list[LineReader] = []
        self.started_at = 0.0
        self.deaths = 0
        self.start_again_at: float | None = None

    def start(self, lock: int, reported: Callable[[str], None] | None = None) -> None:
        """Start it. With `reported`, its standard output goes there and only its standard error is heard."""
        self.process = self._begun(lock, reported is not None)
        self.started_at, self.start_again_at = time.monotonic(), None
        self._listen(self.process.stdout, reported or self.heard)
        self._listen(self.process.stderr, self.heard)

    def _begun(self, lock: int, apart: bool) -> Running:
        """The process, just started; with `apart`, its standard error has a pipe of its own."""
        program = self.program
        arrange = end_with_parent(program.death_signal)
        if program.forked:
            return Forked(program.argv, program.environment, program.folder, lock, arrange)
        return subprocess.Popen(  # noqa: S603 - our own argument vector
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if apart else subprocess.STDOUT,
            cwd=program.folder,
            env=program.environment,
            start_new_session=True,
            pass_fds=(lock,),
            preexec_fn=arrange,  # safe: the supervisor has one thread
            **program.run_as,
        )

    def _listen(self, pipe: Any, heard: Callable[[str], None]) -> None:
        if pipe is not None:
            reader = LineReader(pipe.fileno(), heard)
            self.readers.append(reader)
            self.selector.register(reader.descriptor, selectors.EVENT_READ, lambda: self.hear(reader))

    def hear(self, reader: LineReader) -> None:
        if reader.read() == 0:
            self._unlisten(reader)

    def _unlisten(self, reader: LineReader) -> None:
        self.readers.remove(reader)
        self.selector.unregister(reader.descriptor)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ended(self) -> int | None:
        """The exit code of a process that has ended, its output drained and its group cleared; None while it runs."""
        if self.process is None or self.process.poll() is None:
            return None
        process, self.process = self.process, None
        self._clear_group(process.pid)
        for reader in list(self.readers):
            reader.drain()
            self._unlisten(reader)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        return process.returncode

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    @staticmethod
    def _clear_group(group: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
