"""A private Alertmanager 0.25 with the configuration of a case, to which the case's steps are posted at their times."""

import http.client
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import yaml

from alerts.incidents.matching import parse_all
from benchmarks.compat_alertmanager.cases import Case, Json

PROGRAM = "prometheus-alertmanager"
VERSION = "0.25."
READY_WITHIN_S = 30
STOPPED_WITHIN_S = 10
ANSWER_WITHIN_S = 10
CLEANS_AFTER_S = 30
"""It throws empty groups away so often: a case must be over before the first time."""
_DURATIONS = ("group_wait", "group_interval", "repeat_interval")


def missing() -> str:
    """Why there is no comparison on this machine; empty when there can be one."""
    program = shutil.which(PROGRAM)
    if program is None:
        return f"{PROGRAM} is not on the PATH. On Debian 12: apt-get install --no-install-recommends prometheus-alertmanager"
    answer = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False, timeout=ANSWER_WITHIN_S
    )
    found = re.search(r"version ([\w.+-]+)", answer.stdout + answer.stderr)
    version = found[1] if found else "of an unknown version"
    return (
        ""
        if version.startswith(VERSION)
        else f"{PROGRAM} is {version}; what is compared with is {VERSION}x of Debian 12"
    )


class Alertmanager:
    """One that listens at `port` of the loopback and plays a case with beats of `beat_s` seconds."""

    def __init__(self, port: int, case: Case, beat_s: float) -> None:
        self.case, self.beat_s = case, beat_s
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN_S)
        self.start = datetime.now(UTC)
        self.silences: dict[str, str] = {}
        self.late_s = 0.0

    def play(self) -> None:
        """Post every step at its time, and wait for the end. `late_s`: by how much the latest answer came after its time."""
        self.start = datetime.now(UTC) + timedelta(seconds=0.1)
        for step in self.case.steps:
            self._wait(step["at"])
            self._step(step)
            late = (datetime.now(UTC) - self.time(step["at"])).total_seconds()
            self.late_s = max(self.late_s, late)
        self._wait(self.case.until)

    def time(self, beats: float) -> datetime:
        return self.start + timedelta(seconds=beats * self.beat_s)

    def beats(self, at: datetime) -> float:
        return (at - self.start).total_seconds() / self.beat_s

    def is_ready(self) -> bool:
        try:
            return self._ask("GET", "/-/ready", None)[0] == 200
        except OSError:
            return False
        finally:
            self.connection.close()

    def _wait(self, beats: float) -> None:
        time.sleep(max(0.0, (self.time(beats) - datetime.now(UTC)).total_seconds()))

    def _step(self, step: Json) -> None:
        if "alerts" in step:
            self._accepted("POST", "/api/v2/alerts", [self._alert(one) for one in step["alerts"]])
        if "silence" in step:
            answer = self._accepted("POST", "/api/v2/silences", self._silence(step["silence"]))
            self.silences[step["silence"]["name"]] = orjson.loads(answer)["silenceID"]
        if "expire" in step:
            self._accepted("DELETE", f"/api/v2/silence/{self.silences[step['expire']]}", None)

    def _alert(self, sent: Json) -> Json:
        times = {"startsAt": sent["starts"], "endsAt": sent["ends"]}
        return {"labels": sent["labels"]} | {
            name: self.time(at).isoformat() for name, at in times.items() if at is not None
        }

    def _silence(self, silence: Json) -> Json:
        matchers = [
            {"name": one.name, "value": one.value, "isRegex": one.op in ("=~", "!~"), "isEqual": one.op in ("=", "=~")}
            for one in parse_all(silence["matchers"])
        ]
        times = {"startsAt": self.time(silence["starts"]).isoformat(), "endsAt": self.time(silence["ends"]).isoformat()}
        return {"matchers": matchers, "createdBy": "compat", "comment": "compat", **times}

    def _accepted(self, method: str, path: str, body: object) -> bytes:
        status, answer = self._ask(method, path, body)
        if status != 200:
            raise RuntimeError(f"Alertmanager answered {status} to {method} {path} {body!r}: {answer[:300]!r}")
        return answer

    def _ask(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        content = None if body is None else orjson.dumps(body)
        self.connection.request(method, path, content, {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        return response.status, response.read()


@contextmanager
def running(case: Case, beat_s: float, receiver_url: str) -> Iterator[Alertmanager]:
    """An Alertmanager that is ready; its webhooks are `receiver_url`/<receiver>/<number>. Ended, and its files removed, after."""
    with tempfile.TemporaryDirectory(prefix="compat-alertmanager-") as folder:
        path = Path(folder) / "alertmanager.yml"
        path.write_text(yaml.safe_dump(configuration(case, beat_s, receiver_url), sort_keys=False))
        port = free_port()
        options = (f"--config.file={path}", f"--storage.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}")
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [PROGRAM, *options, "--cluster.listen-address=", "--log.level=error"], stdout=log, stderr=log
            )
        try:
            server = Alertmanager(port, case, beat_s)
            _await_ready(server, process, Path(folder) / "log")
            yield server
        finally:
            process.kill()
            process.wait(STOPPED_WITHIN_S)


def configuration(case: Case, beat_s: float, receiver_url: str) -> Json:
    receivers = [
        {
            "name": name,
            "webhook_configs": [
                {"url": f"{receiver_url}/{urllib.parse.quote(name)}/{number}", "send_resolved": wants}
                for number, wants in enumerate(webhooks)
            ],
        }
        for name, webhooks in case.receivers.items()
    ]
    return {
        "global": {"resolve_timeout": _duration(case.resolve_timeout, beat_s)},
        "route": _route(case.route, beat_s),
        "receivers": receivers,
        "inhibit_rules": case.inhibit_rules,
        "time_intervals": [{"name": name, "time_intervals": rows} for name, rows in case.time_intervals.items()],
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _route(route: Json, beat_s: float) -> Json:
    written = {name: _duration(value, beat_s) if name in _DURATIONS else value for name, value in route.items()}
    if "routes" in route:
        written["routes"] = [_route(child, beat_s) for child in route["routes"]]
    return written


def _duration(beats: float, beat_s: float) -> str:
    return f"{round(beats * beat_s * 1000)}ms"


def _await_ready(server: Alertmanager, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while not server.is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Alertmanager did not start: {log.read_text()[-500:]}")
        time.sleep(0.05)
