"""One reading of the machine this process runs on."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from monitoring.checks.system import cgroup, cpu, disks, files, kernel, memory, network
from monitoring.checks.system.counters import Counters


@dataclass(frozen=True, slots=True)
class Reading:
    """`values` in base units by name; `memory` for the next reading; `facts` about the machine; whether the rates are
    there yet."""

    values: dict[str, float]
    memory: dict[str, Any]
    facts: dict[str, str]
    complete: bool


def collect(before: Mapping[str, Any], at: float, root: Path = files.ROOT) -> Reading:
    """Read the machine at `at` (unix seconds); `before` is the last reading's memory, empty at the first, which has
    no rates yet.

    Blocks for some milliseconds; longer only where the system itself hangs.
    """
    counters = Counters(before, at, boot(root))
    values = {
        **cpu.read(counters),
        **memory.read(counters, root),
        **disks.read(counters, root),
        **network.read(counters),
        **kernel.read(counters, root),
        **cgroup.read(counters, root),
    }
    return Reading(values, counters.as_memory(), facts(root), counters.comparable)


def boot(root: Path = files.ROOT) -> str:
    """A name for this life of the machine: counters of another do not compare."""
    return files.text(root / "proc/sys/kernel/random/boot_id") or str(int(psutil.boot_time()))


def facts(root: Path = files.ROOT) -> dict[str, str]:
    """What a person wants to read about a machine."""
    lines = (files.text(root / "etc/os-release") or "").splitlines()
    release = dict(line.split("=", 1) for line in lines if "=" in line)
    return {
        "host": platform.node()[:200],
        "system": release.get("PRETTY_NAME", platform.system()).strip('"')[:200],
        "kernel": platform.release()[:200],
        "architecture": platform.machine()[:200],
    }
