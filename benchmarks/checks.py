"""`make bench-checks`: what a check costs in CPU, and whether 10,000 of them run on time.

CPU is that of the engine, PostgreSQL (durable settings, as in `make run`) and Valkey together; the target server's is not counted.
Lateness, losses and doubles are worked out from the stored samples and the checks' own grid, not from what the engine says.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.report import Report, percentile
from benchmarks.stack import free_port, private_servers, raise_file_limit

BUSY_CHECKS = int(os.environ.get("BENCH_BUSY_CHECKS", "1200"))
BUSY_S = 30
MANY_CHECKS = int(os.environ.get("BENCH_MANY_CHECKS", "10000"))
MANY_INTERVAL_S = 30
MANY_S = int(os.environ.get("BENCH_MANY_SECONDS", "180"))
SETTLE_S = 5
CLOCK_ERROR_S = 0.005  # the engine knows the database's time by that much at worst on one machine


@dataclass
class Usage:
    """CPU seconds over a span."""

    cpu_s: float
    span_s: float


def main() -> None:
    raise_file_limit()
    report = Report()
    with private_servers(durable=True) as folder, target_server() as port:
        busy(report, folder, port)
        many(report, folder, port)
    report.finish()


def busy(report: Report, folder: Path, port: int) -> None:
    """Checks every second: results per CPU-second."""
    fill(BUSY_CHECKS, 1, port)
    with engine(folder):
        time.sleep(SETTLE_S)
        before = results()
        usage = measure(folder, BUSY_S)
        done = results() - before
    report.plain("busy: HTTP checks run", done / usage.span_s, "checks/s")
    report.at_least("busy: HTTP checks per CPU-second", done / usage.cpu_s, "checks", 2000)


def many(report: Report, folder: Path, port: int) -> None:
    """10,000 checks every 30 s, from a grid that is known."""
    fill(MANY_CHECKS, MANY_INTERVAL_S, port)
    with engine(folder):
        time.sleep(MANY_INTERVAL_S + SETTLE_S)
        start = time.time()
        usage = measure(folder, MANY_S)
        end = time.time()
        time.sleep(SETTLE_S)
    late, lost, doubled = verdict(start, end)
    report.at_most(
        f"{MANY_CHECKS:,} checks every {MANY_INTERVAL_S} s: CPU", 100 * usage.cpu_s / usage.span_s, "% of a core", 30
    )
    report.at_most("lateness p50", 1000 * percentile(late, 50), "ms", 500)
    report.at_most("lateness p99", 1000 * percentile(late, 99), "ms", 500)
    report.at_most("lost results", lost, "", 0)
    report.at_most("doubled results", doubled, "", 0)


def verdict(start: float, end: float) -> tuple[list[float], int, int]:
    """(lateness in seconds of every result, slots of the grid without a result, slots with more than one)."""
    from monitoring.checks.models import Check
    from monitoring.checks.schedule import phase_s

    late, lost, doubled = [], 0, 0
    ran = run_times(start, end + SETTLE_S)
    for check_id, slug in Check.objects.values_list("id", "slug"):
        phase = phase_s(check_id, MANY_INTERVAL_S)
        slots: dict[int, int] = {}
        for moment in ran.get(slug, ()):
            slot, lateness = divmod(moment - phase + CLOCK_ERROR_S, MANY_INTERVAL_S)
            slots[int(slot)] = slots.get(int(slot), 0) + 1
            late.append(lateness - CLOCK_ERROR_S)
        first, last = -(-(start - phase) // MANY_INTERVAL_S), (end - phase) // MANY_INTERVAL_S
        lost += sum(slot not in slots for slot in range(int(first), int(last) + 1))
        doubled += sum(count > 1 for count in slots.values())
    return late, lost, doubled


def fill(count: int, interval_s: int, port: int) -> None:
    """An estate of `count` HTTP checks in services of five, nothing else."""
    from django.utils import timezone

    from monitoring.checks.models import Check, CheckSchedule, CheckState, Service, ServiceState
    from monitoring.checks.probes.registry import probe_class
    from opsportal.kinds import clean_settings

    Service.objects.all().delete()
    settings = clean_settings(probe_class("http").SettingsForm, {"url": f"http://127.0.0.1:{port}/"})
    services = Service.objects.bulk_create(Service(name=f"s{n}", slug=f"s{n}") for n in range(count // 5))
    checks = Check.objects.bulk_create(
        Check(
            service=services[n // 5], name=f"c{n}", slug=f"c{interval_s}-{n}", kind="http", settings=settings,
            interval_s=interval_s, timeout_s=5,
        )
        for n in range(count)
    )  # fmt: skip
    ServiceState.objects.bulk_create(ServiceState(service=service) for service in services)
    CheckState.objects.bulk_create(CheckState(check_ref=check) for check in checks)
    CheckSchedule.objects.bulk_create(CheckSchedule(check_ref=check, next_check_at=timezone.now()) for check in checks)


def results() -> int:
    """How many there are at all."""
    return sum(len(times) for times in run_times(time.time() - 3600, time.time() + 60).values())


def run_times(start: float, end: float) -> dict[str, list[float]]:
    """When each check ran in [start, end), in Unix seconds, by the samples of its status."""
    from monitoring.metrics.store import Selector, read

    span = (datetime.fromtimestamp(start, tz=UTC), datetime.fromtimestamp(end, tz=UTC))
    return {
        one.labels["check"]: [moment.timestamp() for moment, _ in one.points]
        for one in read(Selector("check_status", {}), *span)
    }


def measure(folder: Path, seconds: float) -> Usage:
    """What all processes of the portal use for that long."""
    began, before = time.monotonic(), cpu_s(folder)
    time.sleep(seconds)
    return Usage(cpu_s(folder) - before, time.monotonic() - began)


def cpu_s(folder: Path) -> float:
    """CPU seconds so far of every process that works on `folder`: engine, PostgreSQL with its backends, Valkey."""
    total = 0.0
    for process in psutil.process_iter():
        try:
            if _is_ours(process, folder):
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.Error:
            continue
    return total


def _is_ours(process: psutil.Process, folder: Path) -> bool:
    words = " ".join(process.cmdline())
    if words.startswith("postgres: "):  # a backend shows its work instead of its arguments
        parent = process.parent()
        return parent is not None and str(folder) in " ".join(parent.cmdline())
    return str(folder) in words or ("manage.py engine" in words and process.environ().get("DATA_DIR") == str(folder))


@contextmanager
def engine(folder: Path) -> Iterator[None]:
    """One engine worker."""
    with (folder / "engine.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "manage.py", "engine"], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)


@contextmanager
def target_server() -> Iterator[int]:
    """A small HTTP server on loopback; its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.target", str(port)])
    time.sleep(1)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(timeout=5)


if __name__ == "__main__":
    main()
