"""Measuring time: of the clock, and of the processors that this process and PostgreSQL use."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(slots=True)
class Spent:
    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextmanager
def spent(folder: Path) -> Iterator[Spent]:
    """Time of a block; `cpu_s` is of this process and of the PostgreSQL that works in `folder`."""
    measured = Spent()
    before, began = cpu_s(folder), time.perf_counter()
    yield measured
    measured.wall_s = time.perf_counter() - began
    measured.cpu_s = cpu_s(folder) - before


def cpu_s(folder: Path) -> float:
    """Processor seconds so far of this process and of all processes of PostgreSQL, those that ended included."""
    own = time.process_time()
    times = []
    for process in postgres(folder):
        try:
            used = process.cpu_times()
            times.append(used.user + used.system + used.children_user + used.children_system)
        except psutil.NoSuchProcess:
            continue
    return own + sum(times)


def postgres(folder: Path) -> list[psutil.Process]:
    postmaster = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or ()) and "postgres" in process.name()
    )
    return [postmaster, *postmaster.children(recursive=True)]


def median_s(work: Callable[[], object], times: int = 15, warm: int = 2) -> float:
    """The median of so many runs, after some that do not count."""
    for _ in range(warm):
        work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[len(taken) // 2]
