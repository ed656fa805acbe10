"""Memory, swap, and what the kernel did for want of memory."""

from pathlib import Path

import psutil

from monitoring.checks.system import files
from monitoring.checks.system.counters import Counters, known


def read(counters: Counters, root: Path) -> dict[str, float]:
    """Used memory is what is not available: caches that can be given back do not count as used."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    values: dict[str, float | None] = {
        "memory_total_bytes": memory.total,
        "memory_available_bytes": memory.available,
        "memory_used_ratio": 1 - memory.available / memory.total,
        "swap_total_bytes": swap.total,
        "swap_used_bytes": swap.used,
        "swap_used_ratio": swap.used / swap.total if swap.total else None,
        "swap_in_bytes_per_second": counters.rate("swap in", swap.sin),
        "swap_out_bytes_per_second": counters.rate("swap out", swap.sout),
    }
    kills = files.table(root / "proc/vmstat").get("oom_kill")
    if kills is not None:
        values["oom_kills"] = counters.growth("oom_kill", kills)
    return known(values)
