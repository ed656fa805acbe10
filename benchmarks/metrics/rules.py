"""10,000 alert rules, as a rule group evaluates them: what they cost in CPU, PostgreSQL's share included."""

import time
from pathlib import Path

import numpy as np

from benchmarks.metrics.timing import spent
from benchmarks.report import Report

RULES = 10_000
SERIES = 10_000
STEP_MS = 15_000
MINUTES = 6


def measure(report: Report, folder: Path) -> None:
    from monitoring.metrics.ingest import Source, append, resolve

    now_ms = int(time.time() * 1000)
    times = now_ms - np.arange(MINUTES * 4, dtype=np.int64)[::-1] * STEP_MS
    firing = 0
    for target in range(SERIES // 100):
        labels = [
            (("__name__", "bench_queue"), ("instance", f"10.2.{target}.1"), ("job", "rules"), ("queue", str(number)))
            for number in range(100)
        ]
        ids = resolve(Source("remote_write", f"rules/10.2.{target}.1"), labels).ids
        values = np.tile(np.arange(100.0), len(times))
        append(np.tile(ids, len(times)), np.repeat(times, 100), values)
        firing += 50
    texts = [
        f'avg_over_time(bench_queue{{instance="10.2.{rule // 100}.1",queue="{rule % 100}"}}[5m]) > 49.5'
        for rule in range(RULES)
    ]
    _evaluate(texts, now_ms)  # parsed once, as a rule is when it is loaded
    with spent(folder) as taken:
        found = _evaluate(texts, now_ms)
    assert found == firing, (found, firing)
    report.at_most("10,000 rules avg_over_time(m{…}[5m]) > n, CPU", taken.cpu_s, "s", 4)
    report.plain("10,000 rules, by the clock", taken.wall_s, "s")


def _evaluate(texts: list[str], time_ms: int) -> int:
    """How many rules find something."""
    from monitoring.metrics.promql.batch import query_many
    from monitoring.metrics.promql.errors import PromqlError
    from monitoring.metrics.promql.vectors import Vector
    from monitoring.metrics.reading import PostgresStorage

    found = 0
    for one in query_many(PostgresStorage(), texts, time_ms):
        if isinstance(one, PromqlError):
            raise one
        found += isinstance(one.value, Vector) and len(one.value.labels) > 0
    return found
