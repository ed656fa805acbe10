import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from opsportal.measures.flushing import COUNTERS, FAMILIES, PROCESSES, Flusher
from opsportal.measures.reading import Shown, read
from opsportal.measures.registry import Registry, counter, gauge, histogram, registry


@pytest.fixture
def valkey() -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(COUNTERS, PROCESSES, FAMILIES)
    yield client
    client.delete(COUNTERS, PROCESSES, FAMILIES)
    client.close()


def flusher(valkey: "redis.Redis", registry: Registry) -> Flusher:
    return Flusher(registry, lambda: valkey)


def shown(valkey: "redis.Redis") -> dict[str, Shown]:
    return {family.name: family for family in read(valkey)}


def nobody() -> "redis.Redis":
    """A client of a Valkey that is away."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return redis.Redis(port=port, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0))


class Deaf:
    """A connection that breaks after Valkey did what it was told, before its answer arrived."""

    def __init__(self, valkey: "redis.Redis") -> None:
        self.valkey = valkey

    def eval(self, *arguments: Any) -> None:
        self.valkey.eval(*arguments)
        raise redis.ConnectionError("Connection reset by peer")


def test_processes_add_up(valkey: "redis.Redis") -> None:
    for amount in (2.0, 0.5):
        own = Registry()
        counter("opsportal_taken_total", "Taken.", to=own).add(amount)
        assert flusher(valkey, own).flush()
    assert shown(valkey)["opsportal_taken_total"].values == {"": "2.5"}


def test_what_is_flushed_twice_is_only_what_came_between(valkey: "redis.Redis") -> None:
    own = Registry()
    taken, sender = counter("opsportal_taken_total", "Taken.", to=own), flusher(valkey, own)
    for _ in range(3):
        taken.add()
        sender.flush()
    sender.flush()
    assert shown(valkey)["opsportal_taken_total"].values == {"": "3"}


def test_nothing_is_lost_while_valkey_is_away(valkey: "redis.Redis") -> None:
    own = Registry()
    taken, sender = counter("opsportal_taken_total", "Taken.", to=own), flusher(nobody(), own)
    for _ in range(3):
        taken.add()
        assert not sender.flush()
    sender.client = lambda: valkey
    assert sender.flush()
    assert shown(valkey)["opsportal_taken_total"].values == {"": "3"}


def test_a_batch_whose_answer_was_lost_counts_once(valkey: "redis.Redis") -> None:
    own = Registry()
    taken, sender = counter("opsportal_taken_total", "Taken.", to=own), flusher(valkey, own)
    sender.client = lambda: Deaf(valkey)  # type: ignore[return-value, assignment]
    taken.add(5)
    assert not sender.flush()
    taken.add(1)
    sender.client = lambda: valkey
    assert sender.flush()
    assert shown(valkey)["opsportal_taken_total"].values == {"": "6"}


def test_many_series_go_in_several_batches(valkey: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opsportal.measures.flushing.MOST_FIELDS", 3)
    own = Registry()
    taken, sender = counter("opsportal_taken_total", "Taken.", ("n",), to=own), flusher(nobody(), own)
    for number in range(10):
        taken.add(number, str(number))
    assert not sender.flush()
    sender.client = lambda: valkey
    assert sender.flush()
    assert shown(valkey)["opsportal_taken_total"].values == {f'n="{number}"': str(number) for number in range(10)}


def test_a_valkey_that_forgot_everything_is_told_again_what_is_measured(valkey: "redis.Redis") -> None:
    own = Registry()
    taken, sender = counter("opsportal_taken_total", "Taken.", to=own), flusher(valkey, own)
    sender.flush()
    valkey.delete(COUNTERS, PROCESSES, FAMILIES)
    taken.add()
    sender.flush()
    assert shown(valkey)["opsportal_taken_total"].values == {"": "1"}


def test_gauges_of_processes_are_summed_or_the_greatest(valkey: "redis.Redis") -> None:
    for value in (2.0, 3.0):
        own = Registry()
        gauge("opsportal_tabs", "Tabs.", to=own).set(value)
        gauge("opsportal_lag_seconds", "Lag.", across="max", to=own).set(value)
        flusher(valkey, own).flush()
    found = shown(valkey)
    assert (found["opsportal_tabs"].values, found["opsportal_lag_seconds"].values) == ({"": "5"}, {"": "3"})


def test_the_gauges_of_a_process_that_is_gone_go_and_its_counts_stay(valkey: "redis.Redis") -> None:
    own = Registry()
    gauge("opsportal_tabs", "Tabs.", to=own).set(4)
    counter("opsportal_taken_total", "Taken.", to=own).add(7)
    sender = flusher(valkey, own)
    sender.flush()
    entry: Any = valkey.hget(PROCESSES, sender.process)
    at, rest = entry.split(b" ", 1)
    valkey.hset(PROCESSES, sender.process, b"%d " % (int(at) - 60) + rest)
    found = shown(valkey)
    assert "opsportal_tabs" not in found
    assert found["opsportal_taken_total"].values == {"": "7"}


def test_a_process_that_is_long_gone_is_forgotten(valkey: "redis.Redis") -> None:
    valkey.hset(PROCESSES, "old", "1000 1 {}")
    read(valkey)
    assert not valkey.hexists(PROCESSES, "old")


def test_a_histogram_comes_back_whole(valkey: "redis.Redis") -> None:
    own = Registry()
    waited = histogram("opsportal_wait_seconds", "Waited.", ("door",), bounds=(0.1, 1), to=own)
    waited.observe(0.5, "push")
    flusher(valkey, own).flush()
    found = shown(valkey)["opsportal_wait_seconds"]
    assert found.buckets == {'door="push"': {"0.1": 0, "1": 1, "+Inf": 0}}
    assert found.sums == {'door="push"': "0.5"}


def test_a_forked_child_does_not_count_again_what_its_parent_counted() -> None:
    taken = counter("opsportal_test_fork_total", "Taken.", to=registry)
    taken.add(1)
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, b"clean" if not registry.counts and not registry.lock.locked() else b"not clean")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 20) == b"clean"
    assert registry.counts
