"""Debian's Prometheus as a process of its own, on a free port, with its data in a folder of the test's."""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

PROGRAM = shutil.which("prometheus")
MISSING = "prometheus is not installed (Debian: prometheus)"
START_DEADLINE_S = 30.0


class Prometheus:
    """`configuration` is YAML that may name its own address as {address}."""

    def __init__(self, folder: Path, configuration: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self._log = folder / "prometheus.log"
        self._file = folder / "prometheus.yml"
        self._file.write_text(configuration.replace("{address}", self.address))
        self._data = folder / "prometheus"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM is not None
        command = [PROGRAM, f"--config.file={self._file}", f"--storage.tsdb.path={self._data}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*command, f"--web.listen-address={self.address}"], stdout=log, stderr=log)
        deadline = time.monotonic() + START_DEADLINE_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"prometheus did not start:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def query(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """The result of an instant query."""
        asked = urlencode({"query": text} | parameters)
        with urlopen(f"http://{self.address}/api/v1/query?{asked}", timeout=10) as response:
            found: list[dict[str, Any]] = json.load(response)["data"]["result"]
        return found

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _answers(self) -> bool:
        try:
            urlopen(f"http://{self.address}/-/ready", timeout=1).close()
        except OSError:
            return False
        return True
