"""Processor time by mode, and load."""

import os

import psutil

from monitoring.checks.probes.base import labelled
from monitoring.checks.system.counters import Counters

GUESTS = {"guest": "user", "guest_nice": "nice"}  # the kernel counts a guest's time in these modes too
WAITING = ("idle", "iowait")


def read(counters: Counters) -> dict[str, float]:
    """Shares of processor time since the last reading, and load averages per core."""
    cores = psutil.cpu_count() or 1
    loads = zip(("1m", "5m", "15m"), psutil.getloadavg(), strict=True)
    values = {f"load_{span}_per_core": load / cores for span, load in loads}
    return {"cpu_count": float(cores), "cpu_usable_count": float(_usable()), **values, **_modes(counters)}


def _modes(counters: Counters) -> dict[str, float]:
    times = dict(psutil.cpu_times()._asdict())
    for guest, mode in GUESTS.items():
        times[mode] = times.get(mode, 0.0) - times.get(guest, 0.0)
    growths = {mode: counters.growth(f"cpu {mode}", ticks) for mode, ticks in times.items()}
    # A mode may be set back a little (steal, iowait): it then counts as no time.
    spent = {mode: growth or 0.0 for mode, growth in growths.items()}
    total = sum(spent.values())
    if not counters.comparable or total <= 0:
        return {}
    values = {labelled("cpu_mode_ratio", mode=mode): seconds / total for mode, seconds in spent.items()}
    values["cpu_used_ratio"] = 1 - sum(spent.get(mode, 0.0) for mode in WAITING) / total
    return values


def _usable() -> int:
    """Cores this process may use, which a container's cpuset narrows."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
