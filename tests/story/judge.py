"""What became of every due time, read from the stored samples and each check's own grid, not from what the engine says."""

import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import orjson
import psycopg

from monitoring.checks.schedule import phase_s
from opsportal.env import BASE_DIR
from opsportal.stack.paths import postgres_url

CLOCK_ERROR_S = 0.005  # the engine knows the database's time by that much at worst on one machine
BEFORE_S = 65  # the longest interval of the estate: what came before tells how long a check was silent
AFTER_S = 1  # a run begins a moment after its due time
CHECKS = """
SELECT c.id, c.interval_s, o.slug, c.slug FROM checks_check c JOIN checks_service o ON o.id = c.service_id
WHERE c.retry_interval_s IS NULL
"""
SILENT = """
SELECT count(*) FROM checks_check c JOIN checks_checkstate t ON t.check_id = c.id
WHERE t.last_checked_at IS NULL OR t.last_checked_at < now() - c.interval_s * interval '1.5 seconds'
    OR t.last_checked_at < to_timestamp(%s) AND to_timestamp(%s) < now() - c.interval_s * interval '1 second'
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`missed`: due times without a result; `doubled`: with more than one; `overdue_s`: the longest a check was late."""

    checks: int
    due: int
    missed: int
    doubled: int
    overdue_s: float


def verdict(runs: Iterable[tuple[int, int, list[float]]], start: float, end: float) -> Verdict:
    """Judge (check id, interval in seconds, times of its results) for the due times in [start, end)."""
    checks = due = missed = doubled = 0
    overdue_s = 0.0
    for check_id, interval_s, times in runs:
        phase = phase_s(check_id, interval_s)
        slots = Counter(math.floor((float(time) - phase + CLOCK_ERROR_S) / interval_s) for time in times)
        wanted = range(math.ceil((start - phase) / interval_s), math.ceil((end - phase) / interval_s))
        checks, due = checks + 1, due + len(wanted)
        missed += sum(slot not in slots for slot in wanted)
        doubled += sum(slots[slot] > 1 for slot in wanted)
        overdue_s = max([overdue_s, *(float(b - a) - interval_s for a, b in pairwise(times) if b >= start)])
    return Verdict(checks, due, missed, doubled, overdue_s)


def judge(data_dir: Path, start: float, end: float) -> Verdict:
    """The verdict on the portal's own record; times are Unix seconds."""
    with psycopg.connect(postgres_url(data_dir), connect_timeout=5) as database:
        checks = database.execute(CHECKS).fetchall()
    times = run_times(data_dir, start - BEFORE_S, end + AFTER_S)
    rows = [(i, interval_s, times.get((service, check), [])) for i, interval_s, service, check in checks]
    return verdict(rows, start, end)


def run_times(data_dir: Path, start: float, end: float) -> dict[tuple[str, str], list[float]]:
    """When each check, by service and check, ran in [start, end): the times of its stored status."""
    command = [sys.executable, "manage.py", "metrics", "export", "--match", "check_status"]
    span = [
        "--start",
        datetime.fromtimestamp(start, tz=UTC).isoformat(),
        "--end",
        datetime.fromtimestamp(end, tz=UTC).isoformat(),
    ]
    environment = dict(os.environ) | {"DATA_DIR": str(data_dir), "DATABASE_URL": postgres_url(data_dir)}
    written = subprocess.run(
        [*command, *span],
        env=environment,
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    series = [orjson.loads(line) for line in written.stdout.splitlines()]
    return {
        (one["metric"]["service"], one["metric"]["check"]): [time / 1000 for time in one["timestamps"]]
        for one in series
    }


def silent_checks(data_dir: Path, since: float) -> int:
    """How many checks are late now, or were due since then and have not reported since."""
    with psycopg.connect(postgres_url(data_dir), connect_timeout=5) as database:
        row = database.execute(SILENT, [since, since]).fetchone()
    return int(row[0]) if row else 0
