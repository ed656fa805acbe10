"""Alerts in: how many a second are durable, in batches and one by one, beside Debian's Alertmanager, which keeps them in memory.

python -m benchmarks.alerts.ingest
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.alerts.posting import alerts, measure
from benchmarks.report import Report
from benchmarks.stack import free_port, private_servers, wait_for_port, web
from tests.real_parts import stop

BATCH = 64
BATCHES = 600
SINGLES = 3_000
BATCHES_GOAL = 5_000
SINGLES_GOAL = 400
SENDERS = 8
PATH = "/api/v2/alerts"


def figures(url: str, headers: dict[str, str]) -> tuple[float, float]:
    """Alerts a second in batches of 64, and posts a second with one alert each."""
    batches = measure(url, headers, lambda place: alerts(place * BATCH, BATCH), BATCHES, SENDERS)
    singles = measure(url, headers, lambda place: alerts(1_000_000 + place, 1), SINGLES, SENDERS)
    if batches.refused or singles.refused:
        raise RuntimeError(f"{batches.refused} batches and {singles.refused} single posts were refused")
    return BATCHES * BATCH / batches.seconds, SINGLES / singles.seconds


@contextmanager
def alertmanager(
    configuration: str = "route: {receiver: nobody, group_wait: 1h}\nreceivers: [{name: nobody}]\n",
) -> Iterator[str | None]:
    """The address of a private one, or None where it is not installed."""
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="opsportal-bench-") as folder:
        port, config = free_port(), Path(folder) / "config.yml"
        config.write_text(configuration, encoding="utf-8")
        command = [program, f"--config.file={config}", f"--storage.path={folder}/data", "--cluster.listen-address="]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log, cwd=folder
            )
        try:
            wait_for_port(port, process, Path(folder) / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process)


def token(scopes: Sequence[str] = ("incidents.push_alert",)) -> str:
    """Of an administrator, for `scopes` only."""
    from security.access.actions import api_token_create, user_create
    from security.access.roles import ADMINISTRATOR

    person = user_create(username="bench", password="not used by anybody 1", roles=[ADMINISTRATOR], email="")
    return api_token_create(user=person, name="bench", scopes=list(scopes))[1]


@contextmanager
def alerter() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "manage.py", "alerter"], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        stop(process)


def main() -> None:
    report = Report()
    with private_servers(durable=True) as folder:
        headers = {"Authorization": f"Bearer {token()}"}
        with alerter(), web(folder) as (_, port):
            batched, single = figures(f"http://127.0.0.1:{port}/alertmanager{PATH}", headers)
    with alertmanager() as address:
        peer = figures(address + PATH, {}) if address else None
    report.at_least("alerts in, batches of 64, durable", batched, "alerts/s", BATCHES_GOAL)
    report.at_least("alerts in, one a post, durable", single, "posts/s", SINGLES_GOAL)
    if peer:
        report.plain("Alertmanager in batches of 64, in memory", peer[0], "alerts/s")
        report.plain("Alertmanager one a post, in memory", peer[1], "posts/s")
    report.finish()


if __name__ == "__main__":
    main()
