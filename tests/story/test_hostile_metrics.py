"""Hostile requests at the doors of metrics of one real web process: each is answered as it has to be, and the others are served on.

`make torture-doors` does it all on a larger store, many at once, with PostgreSQL and Valkey gone in between.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from monitoring.metrics.ingest import Source, append, resolve
from monitoring.metrics.promql.storage import Hints, Matcher
from monitoring.metrics.reading import PostgresStorage
from security.access.actions import api_token_create
from tests.opsportal.live.daphne import Daphne
from tests.people import ADA, MALLORY, VERA, person
from tests.story import hostile
from tests.story.hostile import Door, HostilePush, HostileQuery, one_series

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
METRIC = "estate_requests_total"
SERIES, SAMPLES = 300, 240
MOST_BYTES = 600 * 2**20


class Web(Daphne):
    """With the highest share of memory that it was seen to have."""

    highest = 0

    def look(self) -> None:
        assert self._process is not None
        self.highest = max(self.highest, psutil.Process(self._process.pid).memory_full_info().pss)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """Over a store with 300 series of an hour at 15 s."""
    now_ms = int(time.time() * 1000)
    labels = [
        tuple(sorted({"__name__": METRIC, "number": str(number), "x": str(number % 10)}.items()))
        for number in range(SERIES)
    ]
    ids = resolve(Source("remote_write", "estate"), labels).ids
    ticks = now_ms - np.arange(SAMPLES, dtype=np.int64)[::-1] * 15_000
    values = np.repeat(np.arange(SAMPLES, dtype=np.float64), SERIES) + np.tile(np.arange(SERIES), SAMPLES)
    append(np.tile(ids, SAMPLES), np.repeat(ticks, SERIES), values)
    process = Web(tmp_path)
    process.start()
    yield process
    process.kill()


def token(name: str) -> str:
    return api_token_create(user=person(name), name="hostile")[1]


def form(query: HostileQuery) -> dict[str, str]:
    now = time.time()
    if query.span == "now":
        return {"time": str(now)}
    return {"start": str(now - 86_000), "end": str(now), "step": query.span}


def test_hostile_requests_are_refused_in_plain_words_and_cost_little(web: Web) -> None:
    door = Door(web.port, token(ADA))
    for query in hostile.queries(METRIC):
        answer = door.query(query.text, **form(query))
        web.look()
        assert answer.status in query.statuses, (query.name, answer.status, answer.body[:300])
        assert answer.status == 200 or 10 < len(answer.error) < 2_000, query.name
    for push in hostile.pushes():
        answer = door.ask("POST", push.path, push.body(), push.headers)
        web.look()
        assert answer.status in push.statuses, (push.name, answer.status, answer.body[:300])
        assert 10 < len(answer.body) < 2_000, push.name
    assert door.query(f"count({METRIC})").status == 200
    assert web.highest < MOST_BYTES
    assert "Traceback" not in web.log()


def test_small_questions_pass_many_large_ones(web: Web) -> None:
    door = Door(web.port, token(ADA))
    large = [query for query in hostile.queries(METRIC) if query.span != "now"]
    statuses: list[int] = []

    def ask(number: int) -> None:
        query = large[number % len(large)]
        statuses.append(door.query(query.text, timeout="5", **form(query)).status)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    small = [0]
    while any(thread.is_alive() for thread in threads):
        small.append(door.query(f'count({METRIC}{{x="3"}})').status)
        assert door.ask("GET", "/livez").status == 200
        web.look()
    for thread in threads:
        thread.join()
    assert set(small[1:]) == {200}
    assert set(statuses) <= {200, 422, 503}
    assert web.highest < MOST_BYTES


WRITES: list[HostilePush] = [
    push for push in hostile.pushes() if push.name in {"no snappy", "OTLP, deep JSON", "deep JSON"}
]


def test_only_who_may_gets_in(web: Web) -> None:
    ada, vera, mallory = person(ADA), person(VERA), person(MALLORY)
    gone, secret = api_token_create(user=ada, name="gone")
    gone.delete()
    _, seeing = api_token_create(user=vera, name="v")
    _, nothing = api_token_create(user=mallory, name="m")
    query = "/prometheus/api/v1/query?query=1"
    for push in WRITES:
        found = [
            Door(web.port, who).ask("POST", push.path, b"x", push.headers).status
            for who in ("", secret, seeing, nothing)
        ]
        assert found == [401, 401, 403, 403], push.path
    found = [Door(web.port, who).ask("GET", query).status for who in ("", "opt_" + "a" * 40, secret, nothing, seeing)]
    assert found == [401, 401, 401, 403, 200]


def test_nothing_acknowledged_is_lost_when_the_web_process_is_killed(web: Web) -> None:
    door, acknowledged = Door(web.port, token(ADA)), dict[int, float]()
    first_ms = int(time.time() * 1000) - 3_000_000
    stop = threading.Event()

    def send(sender: int) -> None:
        number = 0
        while not stop.is_set():
            sample = (first_ms + number, float(number))
            if door.write(one_series("killed", [sample], sender=str(sender))).status == 204:
                acknowledged[sender * 1_000_000 + number] = sample[1]
            number += 1

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
    for sender in senders:
        sender.start()
    for _ in range(2):
        before = len(acknowledged)
        while len(acknowledged) < before + 40:
            stop.wait(0.01)
        web.kill()
        web.start()
    stop.set()
    for sender in senders:
        sender.join()
    end_ms = first_ms + 3_600_000
    found = PostgresStorage().select([Matcher("__name__", "=", "killed")], first_ms, end_ms, Hints(first_ms, end_ms))
    stored: dict[int, float] = {}
    for labels, start, end in zip(found.labels, found.offsets[:-1], found.offsets[1:], strict=True):
        base = int(dict(labels)["sender"]) * 1_000_000
        stored |= {
            base + int(at) - first_ms: value
            for at, value in zip(found.times[start:end], found.values[start:end], strict=True)
        }
    assert len(acknowledged) >= 80
    assert acknowledged.items() <= stored.items()
