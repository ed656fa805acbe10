"""Deltas of counters and values of gauges to Valkey, about once a second, so that they outlive the process and add up over all.

A batch has a number. Valkey notes the last one of each process in the very script that adds it, so a batch whose answer was lost
is sent again and still counted once. While Valkey is away the deltas stay here, one number a series.
"""

import atexit
import logging
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from opsportal.measures.registry import Registry, registry

COUNTERS, PROCESSES, FAMILIES = (
    "opsportal:measures:counters",
    "opsportal:measures:processes",
    "opsportal:measures:families",
)
EVERY_S = 1.0
GAUGES_EVERY_S = 5  # how old gauges may grow while nothing is counted
DEADLINE_S = 1.0
MOST_FIELDS = 5_000  # of one batch
# KEYS: counters, processes, families. ARGV: process, batch, gauges, families ("" when known), then field and delta in turn.
# A process's entry is "<time of the server> <batch> <gauges as JSON>". The answer is 0 when Valkey may not know the families.
ADD = """
local entry = redis.call('HGET', KEYS[2], ARGV[1])
if not entry or string.match(entry, '^%d+ (%d+) ') ~= ARGV[2] then
  for i = 5, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
if ARGV[4] ~= '' then
  for name, family in pairs(cjson.decode(ARGV[4])) do redis.call('HSET', KEYS[3], name, family) end
end
redis.call('HSET', KEYS[2], ARGV[1], redis.call('TIME')[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
return (entry or ARGV[4] ~= '') and 1 or 0
"""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Flusher:
    """One a process. `unsure` is the batch whose answer never came, if any."""

    registry: Registry
    client: Callable[[], "redis.Redis"]
    process: str = field(default_factory=lambda: f"{os.getpid()}-{secrets.token_hex(6)}")
    batch: int = 0
    unsure: list[str] = field(default_factory=list)
    known_families: int = 0
    away: bool = False
    turn: threading.Lock = field(default_factory=threading.Lock)

    def flush(self) -> bool:
        """Send what has come together; whether Valkey took it. Waits DEADLINE_S a batch at most."""
        with self.turn:
            try:
                if self.unsure:
                    self._send(self.unsure)
                self._flush_all()
                if not self.known_families:  # Valkey forgot everything since the last time
                    self._flush_all()
            except (redis.RedisError, OSError) as error:
                self._note(type(error).__name__)
                return False
            self._note("")
            return True

    def _flush_all(self) -> None:
        counts = self.registry.take_counts()
        pairs = [(name, repr(delta)) for name, delta in counts.items()]
        for at in range(0, max(len(pairs), 1), MOST_FIELDS):
            self.batch += 1
            try:
                self._send([text for pair in pairs[at : at + MOST_FIELDS] for text in pair])
            except BaseException:
                self._put_back(pairs[at + MOST_FIELDS :])
                raise

    def _send(self, fields: list[str]) -> None:
        self.unsure = fields
        every = self.registry.families
        families = _described(every) if len(every) != self.known_families else ""
        gauges = orjson.dumps(self.registry.gauges.copy())
        arguments = [self.process, str(self.batch), gauges, families, *fields]
        complete: Any = self.client().eval(ADD, 3, COUNTERS, PROCESSES, FAMILIES, *arguments)
        self.unsure = []
        self.known_families = len(every) if int(complete) else 0

    def _put_back(self, pairs: list[tuple[str, str]]) -> None:
        with self.registry.lock:
            counts = self.registry.counts
            for name, delta in pairs:
                counts[name] = counts.get(name, 0.0) + float(delta)

    def _note(self, fault: str) -> None:
        """Logged once an outage."""
        if fault and not self.away:
            log.warning("The portal's own measures wait: Valkey is away (%s).", fault)
        self.away = bool(fault)


def _described(families: dict[str, Any]) -> bytes:
    return orjson.dumps(
        {
            name: orjson.dumps({"type": one.type, "help": one.help, "across": one.across}).decode()
            for name, one in families.copy().items()
        }
    )


@cache
def client() -> "redis.Redis":
    """Of this process, for measures only."""
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S, retry=once
    )


class Beat:
    """The thread that flushes. It ends with the process, after a last flush."""

    def __init__(self) -> None:
        self.flusher = Flusher(registry, client)
        self.before: list[Callable[[], None]] = []
        self.thread: threading.Thread | None = None
        self.stopping = threading.Event()

    def run(self) -> None:
        rounds = 0
        while not self.stopping.wait(EVERY_S):
            rounds += 1
            if registry.counts or rounds % GAUGES_EVERY_S == 0 or self.flusher.unsure:
                self.flush()

    def flush(self) -> bool:
        for measure in self.before:
            try:
                measure()
            except Exception:
                log.exception("A measure could not be taken.")
        return self.flusher.flush()

    def stop(self) -> None:
        self.stopping.set()
        self.flush()


beat = Beat()


def before_flush(measure: Callable[[], None]) -> None:
    """Have `measure` called before each flush, on the flushing thread: for gauges that are read off something."""
    beat.before.append(measure)


def flush() -> bool:
    """Send what has come together now; whether Valkey took it."""
    return beat.flush()


def start(kind: str) -> None:
    """Begin to flush in the background. `kind` names this sort of process: web, engine, worker, beat."""
    from opsportal.measures import process

    if beat.thread is not None:
        return
    before_flush(process.reader(kind))
    beat.thread = threading.Thread(target=beat.run, name="measures", daemon=True)
    beat.thread.start()
    atexit.register(beat.stop)


def _begin_anew() -> None:
    """In a forked child: what the parent counted is the parent's to flush, and its thread did not come along."""
    global beat
    registry.lock.release()
    registry.counts, registry.gauges = {}, {}
    before, beat = beat.before, Beat()
    beat.before = before
    client.cache_clear()


os.register_at_fork(before=registry.lock.acquire, after_in_parent=registry.lock.release, after_in_child=_begin_anew)
