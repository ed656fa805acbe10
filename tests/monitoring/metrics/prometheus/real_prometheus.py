"""Debian's Prometheus, started over samples of a test."""

import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from opsportal.stack.parent import end_with_parent
from tests.real_parts import stop, wait_until

PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
needs_prometheus = pytest.mark.skipif(
    not (PROMETHEUS and PROMTOOL), reason="prometheus and promtool are not installed (Debian: prometheus)"
)
FORM = "application/x-www-form-urlencoded"


class Got(NamedTuple):
    status: int
    media_type: str
    body: str


@contextmanager
def prometheus_over(openmetrics: str, folder: Path) -> Iterator[str]:
    """The address of one that knows these samples."""
    (folder / "samples.txt").write_text(openmetrics, encoding="utf-8")
    (folder / "prometheus.yml").write_text("global: {}\n")
    make = [
        str(PROMTOOL),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(folder / "samples.txt"),
        str(folder / "data"),
    ]
    subprocess.run(make, check=True, capture_output=True)
    address = f"127.0.0.1:{free_port()}"
    command = [
        str(PROMETHEUS),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
    ]
    arrange = end_with_parent(signal.SIGKILL)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=arrange, env=os.environ | {"TZ": "UTC"})
    try:
        wait_until(lambda: urllib.request.urlopen(f"http://{address}/-/ready", timeout=5), "Prometheus", folder / "log")
        yield f"http://{address}/"
    finally:
        stop(process, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def theirs(address: str, form: str | None = None) -> Got:
    request = urllib.request.Request(address, form.encode() if form is not None else None, {"Content-Type": FORM})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Got(answer.status, answer.headers["Content-Type"], answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Got(error.code, error.headers["Content-Type"], error.read().decode())
