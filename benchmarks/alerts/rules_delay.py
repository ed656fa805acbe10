"""From a pushed sample that crosses a threshold, and from an event, to the alert in the incidents' inbox, by the clock.

`python -m benchmarks.alerts.rules_delay`. The sweeps of rules run in a process of their own; a rule of interval 1 s looks at each
series, beside 1,000 rules of interval 15 s that are quiet.
"""

import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.report import Report, percentile
from benchmarks.stack import private_servers

CROSSINGS, EVENTS, OTHERS = 60, 60, 1_000
LONGEST_S = 10.0
ALERTER = """
import django, signal, threading
django.setup()
from alerts.rules.sweeping import SWEEPS
from opsportal.database import conninfo
from opsportal.sweeps import Sweeper
Sweeper(SWEEPS, conninfo(application_name="bench")).start()
print("at work", flush=True)
threading.Event().wait()
"""


def measure(report: Report, folder: Path) -> None:
    _rules()
    alerter = subprocess.Popen([sys.executable, "-c", ALERTER], stdout=subprocess.PIPE, text=True)
    try:
        assert alerter.stdout is not None
        alerter.stdout.readline()
        time.sleep(3)
        crossings = sorted(_crossing(number) for number in range(CROSSINGS))
        events = sorted(_event(number) for number in range(EVENTS))
    finally:
        alerter.terminate()
        alerter.wait(10)
    report.plain("sample to inbox, interval 1 s: p50", 1000 * percentile(crossings, 50), "ms")
    report.at_most("sample to inbox, interval 1 s: p99", 1000 * percentile(crossings, 99), "ms", 1200)
    report.plain("event to inbox: p50", 1000 * percentile(events, 50), "ms")
    report.at_most("event to inbox: p99", 1000 * percentile(events, 99), "ms", 500)


def _rules() -> None:
    from alerts.rules.actions import rule_save

    now = datetime.now(UTC)
    rule_save(
        name="Crossed", kind="metric", expression="bench_level", comparator="gt", threshold=5, interval_s=1, now=now
    )
    rule_save(
        name="Happened",
        kind="event",
        interval_s=3600,
        settings={"kinds": ["bench.happened"], "by": ["subject"]},
        now=now,
    )
    for number in range(OTHERS):
        expression = f'bench_level{{series="{number % CROSSINGS}"}} * 0'
        rule_save(
            name=f"Quiet {number}",
            kind="metric",
            expression=expression,
            comparator="gt",
            threshold=5,
            interval_s=15,
            now=now,
        )


def _crossing(number: int) -> float:
    """Seconds until the inbox has the alert of a new series that crosses."""
    from monitoring.metrics.ingest import Source, append, resolve

    labels = (("__name__", "bench_level"), ("series", str(number)))
    ids = resolve(Source("push", "bench"), [labels]).ids
    append(ids, np.array([int(time.time() * 1000) - 1]), np.array([1.0]))
    time.sleep(random.uniform(0, 1))
    began = time.time()
    append(ids, np.array([int(began * 1000)]), np.array([9.0]))
    return _until(f'"series": "{number}"', began)


def _event(number: int) -> float:
    from monitoring.events.actions import event_emit
    from monitoring.events.choices import Severity

    time.sleep(random.uniform(0, 0.2))
    began = time.time()
    event_emit(kind="bench.happened", severity=Severity.INFO, subject=f"bench:{number}", summary="It happened.")
    return _until(f'"bench:{number}"', began)


def _until(words: str, began: float) -> float:
    from opsportal.database import conninfo

    with psycopg.connect(conninfo(), autocommit=True) as database:
        while time.time() - began < LONGEST_S:
            found = database.execute(
                "SELECT 1 FROM incidents_inbox WHERE payload::text LIKE %s LIMIT 1", [f"%{words}%"]
            )
            if found.fetchone():
                return time.time() - began
            time.sleep(0.003)
    raise RuntimeError(f"{words} did not arrive within {LONGEST_S} s")


def main() -> None:
    report = Report()
    with private_servers(durable=True) as folder:
        measure(report, folder)
    report.finish()


if __name__ == "__main__":
    main()
