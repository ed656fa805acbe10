"""What all processes measured, read back from Valkey in one trip."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import redis

from opsportal.measures.flushing import COUNTERS, FAMILIES, PROCESSES
from opsportal.measures.registry import SEPARATOR, Type

ALIVE_S = 15  # a process that has not flushed for so long is gone, and its gauges with it
FORGOTTEN_S = 3_600

Series = dict[str, str]
"""Value by labels as they are shown (`a="1",b="2"`; "" without labels)."""


@dataclass(slots=True)
class Shown:
    """A family as it is to be shown. `buckets` and `sums` are of histograms: counts by bound, not yet cumulated."""

    name: str
    type: Type
    help: str
    values: Series = field(default_factory=dict)
    buckets: dict[str, dict[str, int]] = field(default_factory=dict)
    sums: Series = field(default_factory=dict)


def read(client: "redis.Redis") -> list[Shown]:
    """Families with samples, by name. Raises redis.RedisError or OSError without Valkey."""
    pipeline = client.pipeline(transaction=False)
    for key in (FAMILIES, COUNTERS, PROCESSES):
        pipeline.hgetall(key)
    pipeline.time()
    families, counters, processes, (now, _) = pipeline.execute()
    shown = {name.decode(): _family(name.decode(), orjson.loads(text)) for name, text in families.items()}
    _counters(shown, counters)
    alive, forgotten = _gauges_of(processes, now)
    _gauges(shown, families, alive)
    if forgotten:
        client.hdel(PROCESSES, *forgotten)
    return [one for _, one in sorted(shown.items()) if one.values or one.buckets]


def _family(name: str, described: dict[str, Any]) -> Shown:
    return Shown(name, described["type"], described["help"])


def _counters(shown: dict[str, Shown], counters: dict[bytes, bytes]) -> None:
    """A field without a family is of a version that is no more."""
    for field_bytes, value in counters.items():
        name, labels, part = _parts(field_bytes)
        if (family := shown.get(name)) is None:
            continue
        if not part:
            family.values[labels] = value.decode()
        elif part == "sum":
            family.sums[labels] = value.decode()
        else:
            family.buckets.setdefault(labels, {})[part] = int(value)


@lru_cache(maxsize=50_000)
def _parts(field_bytes: bytes) -> tuple[str, str, str]:
    """Name, labels, and of a histogram the bucket's bound or `sum`."""
    name, labels, *part = field_bytes.decode().split(SEPARATOR)
    return name, labels, part[0] if part else ""


def _gauges_of(processes: dict[bytes, bytes], now: int) -> tuple[list[dict[str, float | None]], list[bytes]]:
    """The gauges of each process that is alive, and the processes that are long gone."""
    alive, forgotten = [], []
    for process, entry in processes.items():
        at, _, payload = entry.split(b" ", 2)
        if now - int(at) <= ALIVE_S:
            alive.append(orjson.loads(payload))
        elif now - int(at) > FORGOTTEN_S:
            forgotten.append(process)
    return alive, forgotten


def _gauges(shown: dict[str, Shown], families: dict[bytes, bytes], alive: list[dict[str, float | None]]) -> None:
    found: dict[str, list[float]] = defaultdict(list)
    for gauges in alive:
        for name, value in gauges.items():
            if value is not None:
                found[name].append(value)
    greatest = {name.decode() for name, text in families.items() if orjson.loads(text)["across"] == "max"}
    for one, values in found.items():
        name, _, labels = one.partition(SEPARATOR)
        if name in shown:
            shown[name].values[labels] = f"{max(values) if name in greatest else sum(values):.15g}"
