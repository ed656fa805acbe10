"""`make bench-live`: 1,000 tabs on one web process, an update a second for 30 s; and from a flip at a target to an open page."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks import flip
from benchmarks.report import Report, percentile
from benchmarks.stack import private_servers, raise_file_limit, web

CLIENTS = int(os.environ.get("BENCH_LIVE_CLIENTS", "1000"))
SECONDS = int(os.environ.get("BENCH_LIVE_SECONDS", "30"))
PEOPLE = 50
LAST_FRAME_S = 2.0


@dataclass
class Load:
    """What the web process used meanwhile."""

    cpu_percent: float
    memory_mb: float


def main() -> None:
    raise_file_limit()
    report = Report()
    with private_servers() as folder:
        fan_out(report, folder)
        flip_to_page(report, folder)
    report.finish()


def fan_out(report: Report, folder: Path) -> None:
    """Updates to many tabs: gaps and delay."""
    with web(folder, "benchmarks.live_app:application") as (process, port):
        began = time.monotonic()
        clients = start_clients(port)
        report.plain("live all tabs connected after", time.monotonic() - began, "s")
        load = publish_each_second(process.pid)
        result, _ = clients.communicate(timeout=60)
    seen = json.loads(result)
    expected = CLIENTS * SECONDS
    report.plain("live clients", CLIENTS, "")
    report.plain("live frames received", len(seen["delays_s"]), f"of {expected}")
    report.at_most("live missing sequence numbers", seen["missing"] + expected - len(seen["delays_s"]), "", 0)
    report.at_most("live connections lost", seen["lost"], "", 0)
    report.plain("live delay p50", 1000 * percentile(seen["delays_s"], 50), "ms")
    report.at_most("live delay p99", 1000 * percentile(seen["delays_s"], 99), "ms", 500)
    report.plain("live web process CPU", load.cpu_percent, "% of one core")
    report.plain("live web process memory (PSS)", load.memory_mb, "MB")


def flip_to_page(report: Report, folder: Path) -> None:
    """From a flip at the target to the open page, through engine, Valkey and the portal's own web process."""
    with web(folder) as (_, port):
        flip.measure(report, folder, f"http://127.0.0.1:{port}", session_cookie("page"))


def start_clients(port: int) -> subprocess.Popen[str]:
    """The process of all tabs, once every one of them has its snapshot."""
    clients = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.live_clients"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert clients.stdin is not None
    assert clients.stdout is not None
    plan = {
        "url": f"http://127.0.0.1:{port}/ws/live/",
        "origin": f"http://127.0.0.1:{port}",
        "cookies": [session_cookie(f"viewer-{n}") for n in range(PEOPLE)],
        "clients": CLIENTS,
    }
    clients.stdin.write(json.dumps(plan) + "\n")
    clients.stdin.flush()
    if clients.stdout.readline() != "ready\n":
        raise RuntimeError("The tabs did not connect.")
    return clients


def session_cookie(username: str) -> str:
    """The cookie of a new person who is logged in and may see services."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    user: Any = get_user_model()(username=username, is_superuser=True)
    user.set_unusable_password()
    user.save()
    browser = Client()
    browser.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def publish_each_second(pid: int) -> Load:
    """One update a second, stamped with the time it was handed over."""
    from opsportal import live

    process = psutil.Process(pid)
    before, began = process.cpu_times(), time.monotonic()
    for n in range(SECONDS):
        time.sleep(max(0.0, began + n - time.monotonic()))
        live.publish("benchmark", {"at": {"sent": time.monotonic(), "status": "up", "summary": "answered in 12 ms"}})
    time.sleep(LAST_FRAME_S)
    after = process.cpu_times()
    used_s = after.user + after.system - before.user - before.system
    return Load(100 * used_s / (time.monotonic() - began), process.memory_full_info().pss / 1e6)


if __name__ == "__main__":
    main()
