"""Debian's VictoriaMetrics and Prometheus on the loopback, fed by remote write with the samples that our store has."""

import http.client
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from benchmarks.metrics.estate import HOUR_MS, Fed
from benchmarks.stack import free_port

START_S = 30
STOP_S = 120
SAMPLES_A_REQUEST = 20_000


class Peer:
    """A server that answers at `port`, on data in `folder`."""

    def __init__(self, command: Sequence[str], folder: Path, port: int, ready: str) -> None:
        self.command, self.folder, self.port, self.ready = command, folder, port, ready
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=output, cwd=self.folder)
        deadline = time.monotonic() + START_S
        while self.ask("GET", self.ready)[0] != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text()[-1000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """As an operator stops it: it has the time to write everything down."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STOP_S)
            self.process = None

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body; (0, b"") when it does not answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            connection.close()

    def feed(self, targets: Sequence[Sequence[Fed]]) -> None:
        """All samples, in order of time over all targets, as Prometheus itself needs them."""
        from monitoring.metrics.shipping.encoding import HEADERS, encoded_labels, write_request

        series = [one for target in targets for one in target]
        labels = {number: encoded_labels(name) for number, (name, _, _) in enumerate(series)}
        first = min(int(times[0]) for _, times, _ in series)
        last = max(int(times[-1]) for _, times, _ in series)
        step = max(60_000, HOUR_MS * SAMPLES_A_REQUEST // (240 * len(series)))
        for start in range(first, last + 1, step):
            parts = [
                (np.full(end - begin, number), times[begin:end], values[begin:end])
                for number, (_, times, values) in enumerate(series)
                for begin, end in [np.searchsorted(times, [start, start + step]).tolist()]
                if end > begin
            ]
            if parts:
                ids, times, values = (np.concatenate(column) for column in zip(*parts, strict=True))
                status, words = self.ask("POST", "/api/v1/write", write_request(ids, times, values, labels), HEADERS)
                assert status in (200, 204), words

    def query_range(self, text: str, start_ms: int, end_ms: int, step_s: int) -> Any:
        form = {"query": text, "start": start_ms / 1000, "end": end_ms / 1000, "step": step_s}
        status, body = self.ask("GET", f"/api/v1/query_range?{urllib.parse.urlencode(form)}")
        assert status == 200, body
        return orjson.loads(body)["data"]["result"]

    def count(self) -> int:
        """All samples of the last 30 days."""
        form = {"query": 'sum(count_over_time({__name__!=""}[30d]))', "nocache": "1"}
        _, body = self.ask("GET", f"/api/v1/query?{urllib.parse.urlencode(form)}")
        return int(orjson.loads(body)["data"]["result"][0]["value"][1])

    def merge(self) -> None:
        """VictoriaMetrics: everything into as few files as it makes, until it is done. Stopped before, it loses what it had in memory."""
        self.ask("GET", "/internal/force_merge")
        deadline = time.monotonic() + STOP_S
        while b"\nvm_active_force_merges 0" not in self.ask("GET", "/metrics")[1]:
            if time.monotonic() > deadline:
                raise RuntimeError("VictoriaMetrics does not end its merge")
            time.sleep(0.2)

    def bytes_on_disk(self) -> int:
        """Samples and indexes of VictoriaMetrics; not its caches, which it writes down when it is stopped."""
        parts = (self.folder / "data" / "data", self.folder / "data" / "indexdb")
        return sum(path.stat().st_size for part in parts for path in part.rglob("*") if path.is_file())


@contextmanager
def victoria() -> Iterator[Peer | None]:
    """VictoriaMetrics; None where it is not installed."""
    program, port = shutil.which("victoria-metrics"), free_port()
    options = [f"-httpListenAddr=127.0.0.1:{port}", "-storageDataPath=data", "-retentionPeriod=12"]
    with _peer(program, options, port, "/health") as peer:
        yield peer


@contextmanager
def prometheus() -> Iterator[Peer | None]:
    """Prometheus; None where it is not installed."""
    program, port = shutil.which("prometheus"), free_port()
    options = [
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-remote-write-receiver",
        "--storage.tsdb.retention.time=400d",
        "--log.level=warn",
    ]
    with _peer(program, options, port, "/-/ready") as peer:
        yield peer


@contextmanager
def _peer(program: str | None, options: Sequence[str], port: int, ready: str) -> Iterator[Peer | None]:
    if program is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="opsportal-peer-"))
    (folder / "prometheus.yml").write_text("global:\n  scrape_interval: 1h\n")
    peer = Peer([program, *options], folder, port, ready)
    try:
        peer.start()
        yield peer
    finally:
        peer.stop()
        shutil.rmtree(folder, ignore_errors=True)
