"""Traffic, errors and drops of each network interface."""

import psutil

from monitoring.checks.probes.base import labelled
from monitoring.checks.system.counters import Counters, known

UNSEEN = ("lo", "veth", "cali", "tap", "dummy", "ifb")  # loopback, and the near ends of containers


def read(counters: Counters) -> dict[str, float]:
    """Rates since the last reading."""
    values: dict[str, float | None] = {}
    for interface, io in sorted(psutil.net_io_counters(pernic=True).items()):
        if interface.startswith(UNSEEN):
            continue
        counted = {
            "network_receive_bytes_per_second": io.bytes_recv,
            "network_send_bytes_per_second": io.bytes_sent,
            "network_errors_per_second": io.errin + io.errout,
            "network_drops_per_second": io.dropin + io.dropout,
        }
        for name, count in counted.items():
            values[labelled(name, interface=interface)] = counters.rate(f"{name} {interface}", count)
    return known(values)
