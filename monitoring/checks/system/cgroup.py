"""A container's own limits, as cgroup v2 tells them: what a container may use, not what the machine has.

https://docs.kernel.org/admin-guide/cgroup-v2.html. Outside of a container, or under cgroup v1, there are no values.
"""

from pathlib import Path

from monitoring.checks.system import files, kernel
from monitoring.checks.system.counters import Counters, known

MICROSECONDS = 1_000_000


def read(counters: Counters, root: Path) -> dict[str, float]:
    """Memory and processor against the group's limits, throttling, OOM kills within the group."""
    group = own_group(root)
    if group is None:
        return {}
    waits = kernel.pressure(counters, group, prefix="container_pressure", pattern="{}.pressure")
    return {**known({**_memory(counters, group), **_cpu(counters, group)}), **waits}


def own_group(root: Path) -> Path | None:
    """The folder of the group this process is in; None without cgroup v2."""
    mount = root / "sys/fs/cgroup"
    if not (mount / "cgroup.controllers").exists():
        return None
    for line in (files.text(root / "proc/self/cgroup") or "").splitlines():
        if line.startswith("0::"):
            inside = mount / line[3:].strip().lstrip("/")
            return inside if inside.is_dir() else mount
    return None


def _memory(counters: Counters, group: Path) -> dict[str, float | None]:
    """Used memory leaves out file pages that were not touched of late: those are given back before anything is
    killed."""
    values: dict[str, float | None] = {}
    used, limit = files.number(group / "memory.current"), files.number(group / "memory.max")
    if used is not None and limit:
        working = max(0, used - files.table(group / "memory.stat").get("inactive_file", 0))
        values = {
            "container_memory_limit_bytes": limit,
            "container_memory_used_bytes": working,
            "container_memory_used_ratio": working / limit,
        }
    kills = files.table(group / "memory.events").get("oom_kill")
    if kills is not None:
        values["container_oom_kills"] = counters.growth("container oom_kill", kills)
    return values


def _cpu(counters: Counters, group: Path) -> dict[str, float | None]:
    """Used share of the quota, and the share of periods in which the group was held back."""
    quota, _, period = (files.text(group / "cpu.max") or "").partition(" ")
    if not (quota.isdigit() and period.isdigit()):
        return {}
    cores, stat = int(quota) / int(period), files.table(group / "cpu.stat")
    used_cores = counters.rate("container cpu", stat.get("usage_usec", 0) / MICROSECONDS)
    periods = counters.growth("container periods", stat.get("nr_periods", 0))
    throttled = counters.growth("container throttled", stat.get("nr_throttled", 0))
    return {
        "container_cpu_limit_cores": cores,
        "container_cpu_used_ratio": None if used_cores is None else used_cores / cores,
        "container_cpu_throttled_ratio": throttled / periods if periods and throttled is not None else None,
    }
