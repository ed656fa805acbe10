"""Readings on disk until the portal has them: files that only grow, at most so many bytes, the oldest given up first.

A folder holds `state.json` (the stream's name, the last sequence the portal has, how many readings were given up) and
segments named after their first sequence, one JSON line a reading. A line counts as buffered once it is flushed to
the disk; a torn last line, left by a crash, does not count. Losing `state.json` costs nothing but a new stream;
repeating a batch costs nothing, because the portal knows its sequences.
"""

import errno
import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

SEGMENT_BYTES = 262_144
SUFFIX = ".jsonl"
Reading = dict[str, Any]


class Buffer:
    """One agent's readings. Only one process may use a folder; the folder is made if need be."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """`max_bytes`: of all segments together. Raises OSError when the folder cannot be used, or is used."""
        self._folder = folder
        self._max_bytes = max_bytes
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _locked(folder / "lock")
        self._mend()
        state = self._load()
        self.stream: str = state["stream"]
        self.dropped: int = state["dropped"]
        self._acked: int = state["acked"]
        self._next: int = max([self._acked, *(reading["sequence"] for reading in self._all())]) + 1
        self._fresh_segment = False
        self._save()

    def append(self, reading: Reading) -> int:
        """Store a reading durably; its sequence. Raises OSError when the disk does not take it."""
        sequence = self._next
        line = orjson.dumps({"sequence": sequence, **reading}) + b"\n"
        path = self._segment_for(sequence)
        _append_durably(path, line)
        if self._fresh_segment:
            _sync_folder(self._folder)
        self._fresh_segment = False
        self._next = sequence + 1
        self._trim()
        return sequence

    def oldest(self, most: int) -> list[Reading]:
        """Up to `most` readings the portal does not have yet, oldest first."""
        found: list[Reading] = []
        for reading in self._all():
            if len(found) == most:
                break
            if reading["sequence"] > self._acked:
                found.append(reading)
        return found

    def acknowledge(self, sequence: int) -> None:
        """The portal has everything up to `sequence`: forget it."""
        if sequence <= self._acked:
            return
        self._acked = min(sequence, self._next - 1)
        self._save()
        segments = self._segments()
        for path, following in zip(segments, [*segments[1:], None], strict=True):
            first_kept = _first_sequence(following) if following else self._next
            if first_kept <= self._acked + 1:
                path.unlink(missing_ok=True)
                self._fresh_segment = self._fresh_segment or following is None

    def give_up(self, sequence: int) -> None:
        """Forget everything up to `sequence` though the portal does not have it, and count it as dropped."""
        self.dropped += max(0, min(sequence, self._next - 1) - self._acked)
        self.acknowledge(sequence)

    def close(self) -> None:
        """Leave the folder to another process."""
        os.close(self._lock)

    def waiting(self) -> int:
        """How many readings the portal does not have yet."""
        return self._next - 1 - self._acked

    def _trim(self) -> None:
        while len(segments := self._segments()) > 1 and sum(path.stat().st_size for path in segments) > self._max_bytes:
            self.give_up(_first_sequence(segments[1]) - 1)

    def _segment_for(self, sequence: int) -> Path:
        segments = self._segments()
        segment_bytes = min(SEGMENT_BYTES, max(1, self._max_bytes // 4))
        if self._fresh_segment or not segments or segments[-1].stat().st_size >= segment_bytes:
            self._fresh_segment = True
            return self._folder / f"{sequence:016d}{SUFFIX}"
        return segments[-1]

    def _segments(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def _all(self) -> Iterator[Reading]:
        for path in self._segments():
            for line in path.read_bytes().split(b"\n"):
                try:
                    reading = orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue  # the empty end, or a line torn by a crash
                if isinstance(reading, dict) and isinstance(reading.get("sequence"), int):
                    yield reading

    def _mend(self) -> None:
        """Cut off a last line that a crash has torn: what is written next must begin a line of its own."""
        for path in self._segments()[-1:]:
            whole = path.read_bytes()
            kept = whole[: whole.rfind(b"\n") + 1]
            if not kept:
                path.unlink()
            elif kept != whole:
                os.truncate(path, len(kept))

    def _load(self) -> dict[str, Any]:
        try:
            state = orjson.loads((self._folder / "state.json").read_bytes())
            return {
                "stream": str(uuid.UUID(state["stream"])),
                **{name: int(state[name]) for name in ("acked", "dropped")},
            }
        except (FileNotFoundError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return {"stream": str(uuid.uuid4()), "acked": 0, "dropped": 0}

    def _save(self) -> None:
        state = {"stream": self.stream, "acked": self._acked, "dropped": self.dropped}
        draft = self._folder / "state.json.new"
        with draft.open("wb") as file:
            file.write(orjson.dumps(state))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / "state.json")
        _sync_folder(self._folder)


def _append_durably(path: Path, line: bytes) -> None:
    """All of `line` reaches the disk, or nothing stays of it. Raises OSError."""
    with path.open("ab", buffering=0) as file:
        size = file.tell()
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):  # a disk this broken leaves a torn line, which `_mend` cuts off
                file.truncate(size)
            raise


def _locked(path: Path) -> int:
    """Hold `path` until its handle is closed or the process ends. Raises BlockingIOError while another process does."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise BlockingIOError(errno.EWOULDBLOCK, "another agent uses it") from None
    return handle


def _first_sequence(path: Path) -> int:
    return int(path.stem)


def _sync_folder(folder: Path) -> None:
    """A new name is durable only once its folder is flushed too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
