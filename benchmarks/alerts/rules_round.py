"""10,000 rules every 15 seconds: what one round costs in processor time, claims, queries, states and writes included.

`python -m benchmarks.alerts.rules_round`. The rules ask for avg_over_time of a series each, of 1,000 series; half of them fire from the
first round on. The rounds are run one second of the grid after the other, with the times at which an alerter would look.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.metrics.timing import spent
from benchmarks.report import Report
from benchmarks.stack import private_servers

RULES, SERIES, INTERVAL_S, STEP_MS, MINUTES = 10_000, 1_000, 15, 15_000, 6
ROUNDS = ("first, half begin to fire", "second", "third", "fourth", "fifth, all are told again")


def measure(report: Report, folder: Path) -> None:
    from django.db import connection

    from alerts.rules.models import RuleSchedule, RuleState

    now = datetime.now(UTC).replace(microsecond=0)
    _series(int(now.timestamp() * 1000))
    _rules(now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    for number, words in enumerate(ROUNDS):
        with spent(folder) as taken:
            batches = _round(now + timedelta(seconds=INTERVAL_S * number))
        report.at_most(f"10,000 rules, round {words}: CPU", taken.cpu_s, "s", 4)
        report.plain("  by the clock", taken.wall_s, "s")
        report.plain("  batches", batches, "")
    firing = RuleState.objects.filter(phase="firing").count()
    missed = sum(RuleSchedule.objects.values_list("missed", flat=True))
    counts = set(RuleSchedule.objects.values_list("evaluations", flat=True))
    assert firing == RULES // 2, firing
    report.at_most("rounds missed", missed, "", 0)
    assert counts == {len(ROUNDS) + 1}, counts


def _series(now_ms: int) -> None:
    from monitoring.metrics.ingest import Source, append, resolve

    times = now_ms + 90_000 - np.arange(MINUTES * 4, dtype=np.int64)[::-1] * STEP_MS
    for target in range(SERIES // 100):
        labels = [
            (("__name__", "bench_queue"), ("instance", f"10.2.{target}.1"), ("job", "rules"), ("queue", str(number)))
            for number in range(100)
        ]
        ids = resolve(Source("remote_write", f"rules/10.2.{target}.1"), labels).ids
        values = np.tile(np.arange(100.0), len(times))
        append(np.tile(ids, len(times)), np.repeat(times, 100), values)


def _rules(now: datetime) -> None:
    from alerts.rules.grid import latest
    from alerts.rules.models import AlertRule, RuleSchedule

    rules = AlertRule.objects.bulk_create(
        AlertRule(
            name=f"Queue {number} of {number % SERIES // 100}",
            slug=f"queue-{number}",
            expression=f'avg_over_time(bench_queue{{instance="10.2.{number % SERIES // 100}.1",queue="{number % 100}"}}[5m])',
            comparator="gt",
            threshold=49.5,
            interval_s=INTERVAL_S,
            annotations={"summary": "Queue {{ $labels.queue }} holds {{ $value }}"},
        )
        for number in range(RULES)
    )
    before = now - timedelta(seconds=INTERVAL_S)
    RuleSchedule.objects.bulk_create(
        RuleSchedule(rule=rule, next_at=latest(f"rule:{rule.pk}", INTERVAL_S, now), evaluations=1, last_at=before)
        for rule in rules
    )


def _round(start: datetime) -> int:
    """All seconds of a round, as an alerter goes through them."""
    from alerts.rules.evaluating import due_evaluated

    batches = 0
    for second in range(INTERVAL_S):
        now = start + timedelta(seconds=second - INTERVAL_S + 1, milliseconds=20)
        while due_evaluated(now) == now:
            batches += 1
        batches += 1
    return batches


def main() -> None:
    report = Report()
    with private_servers(durable=True) as folder:
        began = time.perf_counter()
        measure(report, folder)
        report.plain("all of it", time.perf_counter() - began, "s")
    report.finish()


if __name__ == "__main__":
    main()
