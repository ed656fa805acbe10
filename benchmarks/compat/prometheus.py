"""A private Prometheus: started in a folder of its own, fed by remote write, asked through its HTTP API, and stopped."""

import http.client
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.compat.answers import USUAL, Answer, Question, Row, Settings, refusal
from benchmarks.compat.remote_write import HEADERS, request
from benchmarks.compat.samples.series import Series
from monitoring.metrics.promql.storage import Labels

VERSION = "2.42."
READY_WITHIN_S = 30
STOPPED_WITHIN_S = 20
ANSWER_WITHIN_S = 60
API_PREFIX = 'invalid parameter "query": '
"""What the HTTP API puts before the words of the parser; not the engine's."""


def missing() -> str:
    """Why there is no comparison on this machine; empty when there can be one."""
    program = shutil.which("prometheus")
    if program is None:
        return "prometheus is not on the PATH. On Debian 12: apt-get install --no-install-recommends prometheus"
    command = [program, "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=ANSWER_WITHIN_S)
    found = re.search(r"version ([\w.+-]+)", answer.stdout + answer.stderr)
    version = found[1] if found else "of an unknown version"
    return (
        ""
        if version.startswith(VERSION)
        else f"prometheus is {version}; what is compared with is {VERSION}x of Debian 12"
    )


class Prometheus:
    """One that answers at `port` of the loopback."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN_S)

    def feed(self, series: Sequence[Series]) -> None:
        """Write all samples. RuntimeError if any is refused."""
        status, words = self._post("/api/v1/write", request(series), HEADERS)
        if status not in (200, 204):
            raise RuntimeError(f"Prometheus refused samples with {status}: {words[:500]!r}")

    def ask(self, question: Question) -> Answer:
        """Its answer; an error is an answer too."""
        status, body = self.raw(question)
        if status == 404 or not body.startswith(b"{"):
            raise RuntimeError(f"Prometheus answered {status}: {body[:200]!r}")
        reply = orjson.loads(body)
        if reply["status"] == "error":
            return refusal(reply["errorType"], reply["error"].removeprefix(API_PREFIX))
        return answer(reply["data"])

    def raw(self, question: Question) -> tuple[int, bytes]:
        form = {"query": question.text, "time": seconds(question.start_ms)}
        if question.step_ms:
            form = {"query": question.text, "start": seconds(question.start_ms), "end": seconds(question.end_ms)}
            form["step"] = seconds(question.step_ms)
        path = "/api/v1/query_range" if question.step_ms else "/api/v1/query"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._post(path, urllib.parse.urlencode(form).encode(), headers)

    def is_ready(self) -> bool:
        try:
            self.connection.request("GET", "/-/ready")
            reply = self.connection.getresponse()
            reply.read()
        except OSError:
            self.connection.close()
            return False
        return reply.status == 200

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self.connection.request("POST", path, body, headers)
        reply = self.connection.getresponse()
        return reply.status, reply.read()


def answer(data: dict[str, Any]) -> Answer:
    """The `data` of a good reply."""
    kind, result = data["resultType"], data["result"]
    if kind == "string":
        return Answer(kind, text=result[1])
    if kind == "scalar":
        return Answer(kind, [row({}, [result])])
    return Answer(kind, [row(one["metric"], one["values"] if kind == "matrix" else [one["value"]]) for one in result])


def row(metric: dict[str, str], pairs: list[list[Any]]) -> Row:
    labels: Labels = tuple(sorted(metric.items()))
    times = np.array([round(1000 * time) for time, _ in pairs], dtype=np.int64)
    return Row(labels, times, np.array([float(text) for _, text in pairs]))


def seconds(ms: int) -> str:
    return f"{ms / 1000:.3f}"


@contextmanager
def running(settings: Settings = USUAL, program: str = "prometheus") -> Iterator[Prometheus]:
    """A Prometheus without data or targets. RuntimeError with its log if it does not become ready."""
    folder, port = Path(tempfile.mkdtemp(prefix="opsportal-prometheus-")), free_port()
    (folder / "prometheus.yml").write_text(f"global:\n  evaluation_interval: {settings.default_step_ms}ms\n")
    log = folder / "log"
    command = [program, *options(folder, port), f"--query.lookback-delta={settings.lookback_ms}ms"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        one = Prometheus(port)
        with closing(one.connection):
            await_ready(one, process, log)
            yield one
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def options(folder: Path, port: int) -> list[str]:
    return [
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--query.timeout=30s",
        "--log.level=warn",
    ]


def await_ready(one: Prometheus, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not one.is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Prometheus did not become ready. Its log ends:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
