"""`make torture-doors`: a web process over a store of 11.5 million samples, and everything at its doors that could hurt it.

Prints a line for each: what it was answered, how long that took, the process's highest share of memory meanwhile, and how long
`/livez` and a small query waited. Words given as arguments choose by a part of a name. TORTURE_SERIES changes the store.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil

from benchmarks.stack import private_servers, web
from tests.real_parts import start
from tests.story import hostile
from tests.story.hostile import Answer, Door, HostilePush, HostileQuery, one_series

SERIES = int(os.environ.get("TORTURE_SERIES", "2000"))
METRIC = "bench_requests_total"
SMALL = f'count({METRIC}{{number="7"}})'
MOST_MB = 600
AT_ONCE, EACH = 20, 3
FROZEN_S = 8.0
BACK_S = 60.0


class Watch:
    """Asks `/livez` and a small query all the time, and looks at the process's memory."""

    def __init__(self, door: Door, pid: int, end_s: float) -> None:
        self.door, self.process, self.end = door, psutil.Process(pid), str(end_s - 60)
        self.pss, self.livez_s, self.small_s, self.failed = 0, 0.0, 0.0, Counter[int]()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=each) for each in (self.memory, self.livez, self.small)]

    def __enter__(self) -> "Watch":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def memory(self) -> None:
        while self.process.is_running():
            self.pss = max(self.pss, self.process.memory_full_info().pss)
            if self.over.wait(0.05):
                return

    def livez(self) -> None:
        while True:
            answer = Door(self.door.port).ask("GET", "/livez")
            self.livez_s = max(self.livez_s, answer.seconds)
            self.failed[answer.status] += answer.status != 200
            if self.over.wait(0.1):
                return

    def small(self) -> None:
        while True:
            answer = self.door.query(SMALL, time=self.end)
            self.small_s = max(self.small_s, answer.seconds)
            self.failed[answer.status] += answer.status != 200
            if self.over.wait(0.1):
                return

    def __str__(self) -> str:
        failed = {status: count for status, count in self.failed.items() if count}
        return (
            f"memory {self.pss / 2**20:.0f} MB, /livez within {self.livez_s:.2f} s, small query within {self.small_s:.2f} s"
            + (f", of these failed {failed}" if failed else "")
        )


class Stage:
    """The servers, a web process, and the span of the stored samples."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int, token: str, start_s: float) -> None:
        self.folder, self.process, self.door, self.start_s = folder, process, Door(port, token), start_s
        self.short = 0

    def form(self, span: str) -> dict[str, str]:
        end_s = self.start_s + 86_400
        return {"time": str(end_s)} if span == "now" else {"start": str(self.start_s), "end": str(end_s), "step": span}

    def watched(self, name: str, work: Callable[[], tuple[str, bool]]) -> None:
        began = time.monotonic()
        with Watch(self.door, self.process.pid, self.start_s + 86_400) as watch:
            said, ok = work()
        ok = ok and watch.pss < MOST_MB * 2**20
        self.short += not ok
        print(f"{name}: {said} in {time.monotonic() - began:.1f} s; {watch} {'ok' if ok else 'SHORT'}", flush=True)


def one(answer: Answer, statuses: tuple[int, ...]) -> tuple[str, bool]:
    return str(answer.status), answer.status in statuses


def alone(stage: Stage, words: list[str]) -> None:
    """Every hostile request by itself."""
    for query in hostile.queries(METRIC):
        if chosen(query.name, words):
            stage.watched(query.name, partial(asked, stage, query))
    for push in hostile.pushes():
        if chosen(push.name, words):
            stage.watched(push.name, partial(pushed, stage, push))


def asked(stage: Stage, query: HostileQuery) -> tuple[str, bool]:
    return one(stage.door.query(query.text, **stage.form(query.span)), (*query.statuses, 503))


def pushed(stage: Stage, push: HostilePush) -> tuple[str, bool]:
    return one(stage.door.ask("POST", push.path, push.body(), push.headers), push.statuses)


def together(stage: Stage) -> tuple[str, bool]:
    """Twenty hostile queries at the same time, three times over."""
    large, found = hostile.queries(METRIC), Counter[int]()

    def ask(number: int) -> None:
        for turn in range(EACH):
            query = large[(number * 7 + turn * 5) % len(large)]
            found[stage.door.query(query.text, **stage.form(query.span)).status] += 1

    run_all([threading.Thread(target=ask, args=(number,)) for number in range(AT_ONCE)])
    return str(dict(found)), set(found) <= {200, 400, 422, 503}


def fifty_senders(stage: Stage) -> tuple[str, bool]:
    found = Counter[int]()

    def send(number: int) -> None:
        for turn in range(5):
            sample = (int(time.time() * 1000), float(turn))
            found[stage.door.write(one_series("torture_senders", [sample], sender=str(number))).status] += 1

    run_all([threading.Thread(target=send, args=(number,)) for number in range(50)])
    return str(dict(found)), set(found) <= {204, 429}


class Traffic:
    """Two senders and a reader, and what they were answered."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.acknowledged, self.found = stage, list[int](), Counter[int]()
        self.over = threading.Event()
        self.first_ms = int(time.time() * 1000) - 1_800_000
        self.name = f"torture_fault_{self.first_ms}"
        self.threads = [threading.Thread(target=self.send, args=(sender,)) for sender in range(2)]
        self.threads.append(threading.Thread(target=self.read))

    def __enter__(self) -> "Traffic":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def send(self, sender: int) -> None:
        for number in range(sender, 1_600_000, 2):
            if self.over.is_set():
                return
            status = self.stage.door.write(one_series(self.name, [(self.first_ms + number, 1.0)])).status
            self.found[status] += 1
            if status == 204:
                self.acknowledged.append(number)
            else:
                self.over.wait(0.05)

    def read(self) -> None:
        while not self.over.wait(0.1):
            self.found[self.small()] += 1

    def small(self) -> int:
        return self.stage.door.query(SMALL, time=str(self.stage.start_s + 80_000)).status

    def stored(self) -> int:
        """How many samples of the senders the portal has."""
        text, end_s = f"sum(count_over_time({self.name}[1700s]))", self.first_ms / 1000 + 1_700
        found = json.loads(self.stage.door.query(text, time=str(end_s)).body)["data"]["result"]
        return int(found[0]["value"][1]) if found else 0


def fault(stage: Stage, inflict: Callable[[], None]) -> tuple[str, bool]:
    """In the middle of traffic; then every acknowledged sample is asked for."""
    with Traffic(stage) as traffic:
        time.sleep(2)
        inflict()
        ended = time.monotonic()
        while traffic.small() != 200 and time.monotonic() < ended + BACK_S:
            time.sleep(0.05)
        back_s = time.monotonic() - ended
        time.sleep(2)
    sent, lost = len(traffic.acknowledged), len(traffic.acknowledged) - traffic.stored()
    said = (
        f"{sent:,} acknowledged, {max(lost, 0)} lost, queries back after {back_s:.1f} s, answers {dict(traffic.found)}"
    )
    return said, lost <= 0 and set(traffic.found) <= {0, 200, 204, 429, 503}


def restart_postgres(stage: Stage) -> None:
    from opsportal.stack import postgres

    pid = int((postgres_data(stage.folder) / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGINT)
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)
    time.sleep(3)
    command = postgres.command(stage.folder, throwaway=False)
    start(command, stage.folder / "postgres2.log", signal.SIGQUIT, env=postgres.environment(), **postgres.run_as())


def postgres_data(folder: Path) -> Path:
    return next(folder.rglob("postmaster.pid")).parent


def freeze_valkey(stage: Stage) -> None:
    mine = [child for child in psutil.Process().children() if "valkey" in child.name() or "redis" in child.name()]
    for process in mine:
        process.suspend()
    time.sleep(FROZEN_S)
    for process in mine:
        process.resume()


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def chosen(name: str, words: list[str]) -> bool:
    return not words or any(word in name for word in words)


def main(words: list[str]) -> int:
    with private_servers(durable=True) as folder:
        from benchmarks.metrics import estate
        from security.access.actions import api_token_create, user_create
        from security.access.roles import ADMINISTRATOR

        start_ms = estate.last_midnight_ms(2)
        estate.feed(estate.counters(SERIES, start_ms))
        estate.close()
        user = user_create(username="torturer", password="a long pass phrase 3", roles=[ADMINISTRATOR])
        _, token = api_token_create(user=user, name="torture")
        with web(folder) as (process, port):
            stage = Stage(folder, process, port, token, start_ms / 1000)
            alone(stage, words)
            for name, work in (
                ("20 hostile queries at a time", lambda: together(stage)),
                ("50 senders", lambda: fifty_senders(stage)),
                (f"Valkey frozen for {FROZEN_S:g} s", lambda: fault(stage, lambda: freeze_valkey(stage))),
                ("PostgreSQL restarted", lambda: fault(stage, lambda: restart_postgres(stage))),
            ):
                if chosen(name, words):
                    stage.watched(name, work)
    return 1 if stage.short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
