"""One terminal for many processes: whole lines, each after the name of the process it came from."""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

COLOURS = (36, 35, 34, 33, 32, 96, 95)
LONGEST_LINE = 65_536  # bytes; a longer one is cut into several, so that memory stays bounded
# A log may repeat what a stranger sent: escape sequences must not reach the terminal.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Output:
    """Writes lines to `stream`, the names in colour where it is a terminal and NO_COLOR is not set.

    `as_json`: each line is an object instead, {"process", "line"} or what `record` was given.
    """

    def __init__(self, stream: TextIO, names: tuple[str, ...], *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.stream = stream
        self.width = max(map(len, names))
        self.colours = dict(zip(names, COLOURS, strict=False))
        self.coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self.closed = False

    def record(self, record: Mapping[str, str | None], words: Sequence[str]) -> None:
        """Something the supervisor says itself: as `words` for people, or as `record`."""
        self.write(json.dumps(record) if self.as_json else "\n".join(words))

    def line(self, name: str, text: str) -> None:
        if self.as_json:
            self.write(json.dumps({"process": name, "line": text}))
            return
        prefix = f"{name:<{self.width}} |"
        if self.coloured:
            prefix = f"\x1b[{self.colours.get(name, 37)}m{prefix}\x1b[0m"
        self.write(f"{prefix} {CONTROL.sub(lambda found: repr(found.group())[1:-1], text)}")

    def write(self, text: str) -> None:
        if self.closed:
            return
        try:
            self.stream.write(f"{text}\n")
            self.stream.flush()
        except (OSError, ValueError):  # the reader is gone (`make run | head`): the supervisor sees `closed` and stops
            self.closed = True


class LineReader:
    """Cuts what a pipe gives into lines, and hands each to `heard`."""

    def __init__(self, descriptor: int, heard: Callable[[str], None]) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.heard = heard
        self.rest = b""

    def read(self) -> int | None:
        """Read what is there now: its size in bytes, 0 once the pipe has ended, None while there is nothing."""
        try:
            data = os.read(self.descriptor, LONGEST_LINE)
        except BlockingIOError:
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self._say(line)
        if not data or len(self.rest) >= LONGEST_LINE:
            self.flush()
        return len(data)

    def drain(self) -> None:
        """Read all there is, the unfinished last line included: nothing more will come that matters."""
        while self.read():
            pass
        self.flush()

    def flush(self) -> None:
        if self.rest:
            self._say(self.rest)
        self.rest = b""

    def _say(self, line: bytes) -> None:
        self.heard(line.decode(errors="replace").rstrip())
