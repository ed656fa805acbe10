"""Pressure (PSI), file descriptors, processes, uptime."""

import re
from pathlib import Path

from monitoring.checks.probes.base import labelled
from monitoring.checks.system import files
from monitoring.checks.system.counters import Counters, known

PRESSURE_LINE = re.compile(r"^(some|full) .*\btotal=(\d+)$", re.MULTILINE)
MICROSECONDS = 1_000_000


def read(counters: Counters, root: Path) -> dict[str, float]:
    return {**pressure(counters, root / "proc/pressure"), **_descriptors(root), **_life(root)}


def pressure(counters: Counters, folder: Path, prefix: str = "pressure", pattern: str = "{}") -> dict[str, float]:
    """Share of time since the last reading in which some, or all, work waited for a resource.

    https://docs.kernel.org/accounting/psi.html; `total` counts microseconds.
    """
    values: dict[str, float | None] = {}
    for resource in ("cpu", "io", "memory"):
        for extent, total in PRESSURE_LINE.findall(files.text(folder / pattern.format(resource)) or ""):
            waited_s = counters.rate(f"{prefix} {resource} {extent}", int(total) / MICROSECONDS)
            share = None if waited_s is None else min(waited_s, 1.0)
            values[labelled(f"{prefix}_{extent}_ratio", resource=resource)] = share
    return known(values)


def _descriptors(root: Path) -> dict[str, float]:
    fields = (files.text(root / "proc/sys/fs/file-nr") or "").split()
    if len(fields) != 3:
        return {}
    opened, limit = int(fields[0]), int(fields[2])
    return {"open_files": float(opened), **({"open_files_ratio": opened / limit} if limit else {})}


def _life(root: Path) -> dict[str, float]:
    uptime = (files.text(root / "proc/uptime") or "").split()
    processes = (files.text(root / "proc/loadavg") or "").split()
    values: dict[str, float] = {}
    if uptime:
        values["uptime_seconds"] = float(uptime[0])
    if len(processes) >= 4 and "/" in processes[3]:
        values["processes"] = float(processes[3].partition("/")[2])
    return values
