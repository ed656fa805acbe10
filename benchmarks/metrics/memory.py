"""What a web worker holds in memory while it answers all of that and takes samples in between."""

import http.client
import threading
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import psutil

from benchmarks.metrics import estate
from benchmarks.metrics.estate import DAY_MS
from benchmarks.metrics.ingest import bodies
from benchmarks.metrics.queries import BY_X
from benchmarks.report import Report
from benchmarks.stack import web

ROUNDS = 6
SENDERS = 2


def measure(report: Report, folder: Path) -> None:
    from security.access.actions import api_token_create, user_create
    from security.access.roles import ADMINISTRATOR

    estate.empty()
    start_ms = estate.last_midnight_ms(2)
    estate.feed(estate.counters(1_000, start_ms))
    estate.close()
    user = user_create(username="both", password="a long pass phrase 3", roles=[ADMINISTRATOR])
    _, secret = api_token_create(user=user, name="bench")
    with web(folder) as (process, port):
        idle = psutil.Process(process.pid).memory_full_info().pss
        highest = _highest_while(lambda: _load(port, secret, start_ms), process.pid)
    report.plain("web worker, idle", idle / 2**20, "MB")
    report.at_most("web worker, under queries and remote write", highest / 2**20, "MB", 400)


def _load(port: int, secret: str, start_ms: int) -> None:
    sent = bodies(int(time.time() * 1000))
    senders = [threading.Thread(target=_send, args=(port, secret, sent[number::SENDERS])) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    for _ in range(ROUNDS):
        for text in (BY_X, "bench_requests_total", "topk(5, increase(bench_requests_total[1h]))"):
            form = {"query": text, "start": start_ms / 1000 + 300, "end": (start_ms + DAY_MS) / 1000, "step": 300}
            status = _ask(port, "GET", f"/prometheus/api/v1/query_range?{urllib.parse.urlencode(form)}", secret)
            assert status == 200, (text, status)
    for sender in senders:
        sender.join()


def _send(port: int, secret: str, sent: list[bytes]) -> None:
    for body in sent:
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        while _ask(port, "POST", "/prometheus/api/v1/write", secret, body, headers) != 204:
            time.sleep(0.2)


def _ask(
    port: int, method: str, path: str, secret: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {secret}"} | (headers or {}))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _highest_while(work: Callable[[], None], pid: int) -> int:
    """The highest PSS of a process while `work` goes on."""

    failed: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    thread, highest, process = threading.Thread(target=guarded), 0, psutil.Process(pid)
    thread.start()
    while thread.is_alive():
        highest = max(highest, process.memory_full_info().pss)
        thread.join(0.1)
    if failed:
        raise failed[0]
    return highest
