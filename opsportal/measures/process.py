"""CPU and memory of this process."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from opsportal.measures.registry import counter, gauge

CPU = counter(
    "opsportal_process_cpu_seconds_total", "CPU time of the portal's processes, ended ones included.", ("process",)
)
MEMORY = gauge("opsportal_process_resident_memory_bytes", "Resident memory of all processes of a kind.", ("process",))
PROCESSES = gauge("opsportal_processes", "Processes that are alive.", ("process",))
STARTED = gauge(
    "opsportal_process_start_time_seconds", "When the youngest process of a kind began.", ("process",), across="max"
)
STATM = Path("/proc/self/statm")


def reader(kind: str) -> Callable[[], None]:
    """What takes the measures; each call adds the CPU time since the last one."""
    so_far_s = 0.0
    page_bytes = os.sysconf("SC_PAGE_SIZE")
    PROCESSES.set(1.0, kind)
    STARTED.set(round(time.time(), 3), kind)

    def read() -> None:
        nonlocal so_far_s
        used_s = time.process_time()
        CPU.add(used_s - so_far_s, kind)
        so_far_s = used_s
        if STATM.exists():
            MEMORY.set(float(int(STATM.read_text().split()[1]) * page_bytes), kind)

    return read
