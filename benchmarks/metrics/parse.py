"""A page of exposition text into numbers, on one core."""

import time
from pathlib import Path

from benchmarks.report import Report

LINES = 5_000
PAGES = 60


def page(number: int) -> bytes:
    """As an exporter shows it: families of 50 series, values that move."""
    lines = []
    for line in range(LINES):
        if line % 50 == 0:
            lines.append(
                f"# HELP node_thing_{line // 50}_total Things that were counted.\n# TYPE node_thing_{line // 50}_total counter"
            )
        labels = f'device="disk{line % 50}",mode="read",host="db-{line % 7}.example.org"'
        lines.append(f"node_thing_{line // 50}_total{{{labels}}} {line * 7919 + number * (line % 13)}.25")
    return ("\n".join(lines) + "\n").encode()


def measure(report: Report, folder: Path) -> None:
    from monitoring.metrics.formats.exposition import Reader

    reader = Reader()
    pages = [page(number) for number in range(PAGES)]
    began = time.process_time()
    reader.read(pages[0], False)
    first_s = time.process_time() - began
    began = time.process_time()
    for body in pages[1:]:
        assert len(reader.read(body, False).values) == LINES
    taken_s = time.process_time() - began
    report.plain("exposition parse, a page never seen before", LINES / first_s / 1000, "k samples/s")
    report.at_least("exposition parse", LINES * (PAGES - 1) / taken_s / 1000, "k samples/s", 1000)
