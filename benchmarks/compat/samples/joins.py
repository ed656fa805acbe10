"""Series for vector matching: one to one, many to one, many to many, and sets that only partly meet. Pure."""

from collections.abc import Iterator

import numpy as np

from benchmarks.compat.samples.series import Series, chance, make, ticks


def series() -> Iterator[Series]:
    yield from machines()
    yield from disks()
    yield from sides()


def machines() -> Iterator[Series]:
    """`machine_info`, `machine_role`: n2 changes its version at 4000 s, n3 has two roles, n4 has none, n5 nothing else."""
    times = ticks(phase_ms=700)
    ones = np.ones(len(times))
    for node, os in (("n1", "debian"), ("n3", "debian"), ("n4", "alpine"), ("n5", "alpine")):
        yield make("machine_info", {"node": node, "os": os, "version": "1.0"}, times, ones)
    old = make("machine_info", {"node": "n2", "os": "debian", "version": "1.0"}, times, ones)
    yield old.between(0, 4_000).ended(4_000)
    yield make("machine_info", {"node": "n2", "os": "debian", "version": "1.1"}, times, ones).between(4_000, 9_000)
    for node, role in (("n1", "db"), ("n2", "web"), ("n3", "db"), ("n3", "web")):
        yield make("machine_role", {"node": node, "role": role}, times, ones * len(role))


def disks() -> Iterator[Series]:
    """`disk_used_bytes` and `disk_size_bytes` on most devices, at different moments."""
    for node in ("n1", "n2", "n3", "n4"):
        for device in ("sda", "sdb", "sdc"):
            labels, times = {"node": node, "device": device}, ticks(phase_ms=900)
            used = 1e9 * (5 + np.cumsum(chance("disk", node, device).normal(0, 0.05, len(times))))
            if device != "sdc" or node in ("n1", "n2"):
                yield make("disk_used_bytes", labels, times, np.round(used))
            if device != "sdb" or node in ("n1", "n4"):
                yield make("disk_size_bytes", labels, ticks(60), np.full(len(ticks(60)), 8e9))


def sides() -> Iterator[Series]:
    """`left` and `right` share some x; `left` has a y the other lacks; `both` has labels on one half of its series only."""
    times = ticks()
    n = np.arange(len(times), dtype=np.float64)
    for i, x in enumerate("abcde"):
        yield make("left", {"x": x, "y": str(i % 2)}, times, n % (10 + i))
    for i, x in enumerate("cdefg"):
        yield make("right", {"x": x}, times, n % (7 + i))
    for i, x in enumerate("abc"):
        yield make("left_plain", {"x": x}, times, n * (i + 1))
        yield make("right_plain", {"x": x}, times, n * 2 + i).without(2_000 * (i + 1), 2_000 * (i + 1) + 900)
    yield make("both", {}, times, n)
    yield make("both", {"x": "a"}, times, n + 1)
    yield make("both", {"x": "a", "y": "1"}, times, n + 2)
    yield make("both", {"y": "1"}, times, n + 3)
    yield make("both", {"z": "1"}, times, n - 3)
