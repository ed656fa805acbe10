"""The `celery` probe against a real broker and real workers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.celery import CeleryProbe
from monitoring.checks.probes.celery_broker import client_url, kombu_url
from opsportal.kinds import clean_settings
from tests.fakes import celery_tasks
from tests.fakes.half_open import Freezing, serving, silent
from tests.fakes.pg_servers import free_port
from tests.fakes.redis_servers import VALKEY, RedisServer
from tests.monitoring.checks.probes.trying import NOW, SHORT_S, probe_of, run

HERE = Path(__file__).resolve().parents[4]
NOW_S = NOW.timestamp()


@pytest.fixture(scope="module")
def broker() -> Iterator[RedisServer]:
    made = RedisServer(VALKEY).start()
    yield made
    made.remove()


@pytest.fixture
def empty(broker: RedisServer) -> RedisServer:
    with broker.client() as client:
        client.flushall()
    return broker


@contextmanager
def worker(broker: RedisServer, pool: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "celery", "-A", "tests.fakes.celery_tasks", "worker", "-P", pool, "-c", "1", "-n", f"{pool}@here",
               "--without-gossip", "--without-mingle", "-l", "ERROR"]  # fmt: skip
    environment = os.environ | {"ELSEWHERE_BROKER": broker.url(), "C_FORCE_ROOT": "1"}
    process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


@contextmanager
def task_in_work(broker: RedisServer, folder: Path) -> Iterator[None]:
    """A worker is busy with a task until the end of the block."""
    flag = folder / "work"
    flag.touch()
    with celery_tasks.app.connection_for_write(broker.url()) as connection, connection.Producer() as producer:
        celery_tasks.busy.apply_async((str(flag),), producer=producer)
    ends = time.monotonic() + 20
    while not flag.with_suffix(".begun").exists():
        assert time.monotonic() < ends, "no worker took the task"
        time.sleep(0.02)
    try:
        yield
    finally:
        flag.unlink()


async def answered(broker: RedisServer, **settings: Any) -> Result:
    """The first run that a worker, which is starting, answers."""
    ends = time.monotonic() + 30
    result = await run(probe_of(CeleryProbe, broker_url=broker.url(), **settings))
    while not result.values.get("workers_answering"):
        assert time.monotonic() < ends, result
        result = await run(probe_of(CeleryProbe, broker_url=broker.url(), **settings))
    return result


async def test_a_worker_that_answers_is_alive_and_a_killed_one_is_not(empty: RedisServer) -> None:
    with worker(empty, "prefork") as process:
        first = await answered(empty)
        process.kill()
        process.wait()
        second = await run(
            probe_of(CeleryProbe, broker_url=empty.url()), memory=first.memory, now=NOW + timedelta(seconds=30)
        )
    assert (first.verdict, first.evidence["answered"]) == (Status.UP, ["prefork@here"])
    assert first.summary == "1 worker alive, 0 messages waiting."
    assert (second.verdict, second.cause, second.summary) == (Status.DOWN, Cause.MISSING, "No worker is alive.")


async def test_a_prefork_worker_answers_while_its_only_child_is_busy(empty: RedisServer, tmp_path: Path) -> None:
    with worker(empty, "prefork"):
        await answered(empty)
        with task_in_work(empty, tmp_path):
            result = await run(probe_of(CeleryProbe, broker_url=empty.url()))
    assert (result.verdict, result.values["workers_answering"]) == (Status.UP, 1)


async def test_a_solo_worker_that_is_too_busy_to_answer_is_not_dead_until_its_silence_lasts(
    empty: RedisServer, tmp_path: Path
) -> None:
    with worker(empty, "solo"):
        first = await answered(empty, ping_wait_s=0.3)
        with task_in_work(empty, tmp_path):
            probe = probe_of(CeleryProbe, broker_url=empty.url(), ping_wait_s=0.3, silence_limit_s=600)
            busy = await run(probe, memory=first.memory, now=NOW + timedelta(seconds=30))
            mute = await run(probe, memory=busy.memory, now=NOW + timedelta(seconds=700))
    assert (busy.verdict, busy.values["workers"], busy.values["workers_busy"]) == (Status.UP, 1, 1)
    assert "1 too busy to answer" in busy.summary
    assert (mute.verdict, mute.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert "silent for 670 s while no queue moved" in mute.summary


async def test_no_worker_is_down_unless_none_is_wanted(empty: RedisServer) -> None:
    result = await run(probe_of(CeleryProbe, broker_url=empty.url(), ping_wait_s=0.2))
    relaxed = await run(probe_of(CeleryProbe, broker_url=empty.url(), ping_wait_s=0.2, min_workers=0))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.MISSING)
    assert relaxed.verdict == Status.UP


async def test_a_backlog_shows_its_depth_and_the_age_of_its_oldest_message(empty: RedisServer) -> None:
    with empty.client() as client:
        for number, age in enumerate((90, 60, 30)):
            client.lpush("mail", message(f"tag {number}", sent_at=NOW_S - age))
        client.lpush("mail\x06\x169", message("urgent", sent_at=NOW_S - 500))
    result = await idle(empty, queues="mail, other")
    assert result.values['queue_depth{queue="mail"}'] == 4
    assert result.values['queue_oldest_seconds{queue="mail"}'] == 500
    assert result.values['queue_oldest_seconds{queue="other"}'] == 0


async def test_a_message_without_a_time_ages_from_when_it_was_first_seen_at_the_head(empty: RedisServer) -> None:
    with empty.client() as client:
        client.lpush("celery", message("one"))
        first = await idle(empty)
        second = await idle(empty, memory=first.memory, now=NOW + timedelta(seconds=45))
        client.rpop("celery")
        client.lpush("celery", message("two"))
        third = await idle(empty, memory=second.memory, now=NOW + timedelta(seconds=50))
    ages = [result.values['queue_oldest_seconds{queue="celery"}'] for result in (first, second, third)]
    assert ages == [0, 45, 0]


async def test_a_message_that_cannot_be_read_is_still_counted(empty: RedisServer) -> None:
    with empty.client() as client:
        client.lpush("celery", "not json")
    assert (await idle(empty)).values['queue_depth{queue="celery"}'] == 1


@pytest.mark.parametrize(("age_s", "verdict"), [(60, Status.UP), (130, Status.DEGRADED), (400, Status.DOWN)])
async def test_a_late_beat_is_degraded_and_a_dead_one_down(empty: RedisServer, age_s: int, verdict: Status) -> None:
    with empty.client() as client:
        client.set("opsportal:beat", NOW_S - age_s)
    result = await idle(empty, beat_key="opsportal:beat")
    assert result.verdict == verdict
    assert result.values["beat_age_seconds"] == age_s


async def test_a_beat_that_never_ticked_is_degraded(empty: RedisServer) -> None:
    result = await idle(empty, beat_key="opsportal:beat")
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.MISSING)


async def test_pings_leave_nothing_on_the_broker(empty: RedisServer) -> None:
    for _ in range(3):
        await idle(empty)
    with empty.client() as client:
        assert [key for key in client.keys("*") if b"reply" in key] == []


async def test_nothing_listening_is_down() -> None:
    for scheme in ("redis", "amqp"):
        result = await run(probe_of(CeleryProbe, broker_url=f"{scheme}://127.0.0.1:{free_port()}"))
        assert (result.verdict, result.cause) == (Status.DOWN, Cause.REFUSED)
        assert result.summary.startswith("Broker: Nothing listens at 127.0.0.1:")


async def test_a_broker_that_stays_silent_is_down_at_the_deadline() -> None:
    async with serving(silent) as port:
        for scheme in ("redis", "amqp"):
            result = await run(probe_of(CeleryProbe, broker_url=f"{scheme}://127.0.0.1:{port}"), timeout_s=SHORT_S)
            assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)


async def test_a_broker_that_goes_half_open_is_down_at_the_deadline(empty: RedisServer) -> None:
    frozen = Freezing(empty.port, b"PUBLISH")
    async with serving(frozen) as port:
        result = await run(probe_of(CeleryProbe, broker_url=empty.url(port=port)), timeout_s=1.5)
    assert frozen.frozen.is_set()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)


async def test_wrong_credentials_are_misconfigured_and_not_shown() -> None:
    guarded = RedisServer(VALKEY).start(requirepass="s3cret")
    try:
        result = await run(probe_of(CeleryProbe, broker_url=guarded.url(password="wr0ng")))
    finally:
        guarded.remove()
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.AUTH)
    assert "wr0ng" not in repr(result)


async def test_a_queue_name_of_another_type_is_told(empty: RedisServer) -> None:
    with empty.client() as client:
        client.set("celery", "a string")
    result = await run(probe_of(CeleryProbe, broker_url=empty.url()))
    assert result.verdict == Status.DOWN
    assert "WRONGTYPE" in result.summary


def test_a_unix_socket_is_written_in_the_way_of_each_client() -> None:
    assert kombu_url("unix:///run/valkey.sock?db=2") == "redis+socket:///run/valkey.sock?virtual_host=2"
    assert client_url("redis+socket:///run/valkey.sock?virtual_host=2") == "unix:///run/valkey.sock?db=2"


async def test_a_broker_on_a_unix_socket_is_asked_the_same(empty: RedisServer) -> None:
    for url in (f"unix://{empty.socket}", f"redis+socket://{empty.socket}"):
        result = await run(probe_of(CeleryProbe, broker_url=url, min_workers=0, ping_wait_s=0.2))
        assert result.verdict == Status.UP


@pytest.mark.parametrize("url", ["sqs://s3cret@here", "redis://:s3/cret@host", "amqp://me:s3/cret@host"])
def test_a_url_of_another_broker_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        clean_settings(CeleryProbe.SettingsForm, {"broker_url": url})
    assert "cret" not in str(caught.value)


async def idle(broker: RedisServer, *, memory: Any = None, now: Any = NOW, **settings: Any) -> Result:
    """A run where no worker is wanted."""
    probe = probe_of(CeleryProbe, broker_url=broker.url(), min_workers=0, ping_wait_s=0.2, **settings)
    return await run(probe, memory=memory, now=now)


def message(tag: str, **headers: float) -> str:
    return json.dumps({"body": "", "headers": headers, "properties": {"delivery_tag": tag}})
