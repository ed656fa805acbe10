"""`make bench-metrics`: how quick the doors of the store are, how small it is, and how quick its answers are, beside its peers.

The peers, Debian's Prometheus and VictoriaMetrics, run on the loopback with the same samples, in the same run; where they are not
installed their figures are left out, and it says so. Single parts: `python -m benchmarks.metrics size queries`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Report
from benchmarks.stack import private_servers

PARTS = ("parse", "ingest", "scrape", "size", "queries", "rules", "memory")


def main(words: list[str]) -> None:
    if unknown := [word for word in words if word not in PARTS]:
        sys.exit(f"{unknown[0]!r} is not one of {', '.join(PARTS)}")
    report = Report()
    with private_servers(durable=True) as folder:
        for part in words or PARTS:
            _measure(part)(report, folder)
    report.finish()


def _measure(part: str) -> Callable[[Report, Path], None]:
    """Imported late: the parts read Django's settings."""
    from importlib import import_module

    found: Callable[[Report, Path], None] = import_module(f"benchmarks.metrics.{part}").measure
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
