"""The `redis` probe against real servers: the embedded Valkey and Debian's Redis 7."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
import redis
from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.redis import RedisProbe
from opsportal.kinds import clean_settings
from tests.fakes.half_open import Freezing, hanging_up, saying, serving, silent
from tests.fakes.pg_servers import free_port
from tests.fakes.redis_servers import DEBIAN_REDIS, VALKEY, RedisServer, missing_reason
from tests.monitoring.checks.probes.trying import NOW, SHORT_S, probe_of, run

BINARIES = [pytest.param(VALKEY, id="valkey"), pytest.param(DEBIAN_REDIS, id="redis7")]
LATER = NOW + timedelta(seconds=60)


@pytest.fixture(scope="module", params=BINARIES)
def binary(request: pytest.FixtureRequest) -> str:
    if reason := missing_reason(request.param):
        pytest.skip(reason)
    return str(request.param)


@pytest.fixture(scope="module")
def server(binary: str) -> Iterator[RedisServer]:
    """A server left as it began by every test."""
    made = RedisServer(binary).start()
    yield made
    made.remove()


@pytest.fixture
def own(binary: str) -> Iterator[RedisServer]:
    """A server of this test alone, not started yet."""
    made = RedisServer(binary)
    yield made
    made.remove()


@pytest.mark.parametrize("protocol", ["2", "3"])
async def test_a_well_server_is_up_with_its_values(server: RedisServer, protocol: str) -> None:
    result = await run(probe_of(RedisProbe, url=f"{server.url()}?protocol={protocol}"))
    assert (result.verdict, result.cause) == (Status.UP, Cause.NONE)
    assert "(primary) answers in" in result.summary
    assert 0 < result.values["ping_min_seconds"] <= result.values["ping_seconds"]
    assert result.values["clients_limit"] > 0
    assert {name.partition("{")[0] for name in result.values} <= set(RedisProbe.values)


async def test_a_unix_socket_will_do(server: RedisServer) -> None:
    result = await run(probe_of(RedisProbe, url=f"unix://{server.socket}?db=1"))
    assert result.verdict == Status.UP


async def test_the_hit_ratio_is_of_the_window_not_of_the_servers_life(server: RedisServer) -> None:
    probe = probe_of(RedisProbe, url=server.url())
    with server.client() as client:
        look_up(client, "missing", 5000)
        first = await run(probe)
        client.set("there", 1)
        look_up(client, "there", 3000)
    second = await run(probe, memory=first.memory, now=LATER)
    assert "hit_ratio" not in first.values
    assert second.values["hit_ratio"] == 1


async def test_a_reset_of_the_statistics_gives_no_change_rather_than_a_negative_one(server: RedisServer) -> None:
    probe = probe_of(RedisProbe, url=server.url())
    with server.client() as client:
        look_up(client, "missing", 10)
        first = await run(probe)
        client.config_resetstat()
    second = await run(probe, memory=first.memory, now=LATER)
    assert not {"hit_ratio", "evicted_keys", "rejected_connections"} & set(second.values)


async def test_a_restart_gives_no_change_either(own: RedisServer) -> None:
    probe = probe_of(RedisProbe, url=own.start().url())
    first = await run(probe)
    own.stop()
    own.start()
    second = await run(probe, memory=first.memory, now=LATER)
    assert second.verdict == Status.UP
    assert "evicted_keys" not in second.values


async def test_a_missing_password_is_misconfigured_not_down(own: RedisServer) -> None:
    own.start(requirepass="s3cret")
    result = await run(probe_of(RedisProbe, url=own.url()))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.AUTH)
    assert "wants a password, and the check has none" in result.summary


async def test_a_wrong_password_is_misconfigured_and_in_no_part_of_the_result(own: RedisServer) -> None:
    own.start(requirepass="s3cret")
    result = await run(probe_of(RedisProbe, url=own.url(password="wr0ng")))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.AUTH)
    assert "refuses the credentials" in result.summary
    assert "wr0ng" not in repr(result)


async def test_a_right_password_is_in_no_part_of_the_result(own: RedisServer) -> None:
    own.start(requirepass="s3cret")
    result = await run(probe_of(RedisProbe, url=own.url(password="s3cret")))
    assert result.verdict == Status.UP
    assert "s3cret" not in repr(result)


async def test_a_user_who_may_not_ask_is_misconfigured(own: RedisServer) -> None:
    with own.start().client() as client:
        client.execute_command("ACL", "SETUSER", "narrow", "on", ">pw", "+ping")
    result = await run(probe_of(RedisProbe, url=f"redis://narrow:pw@127.0.0.1:{own.port}"))
    assert (result.verdict, result.cause) == (Status.UNKNOWN, Cause.MISCONFIGURED)


async def test_a_full_memory_that_evicts_nothing_is_down(own: RedisServer) -> None:
    own.start(maxmemory="3mb", maxmemory_policy="noeviction")
    fill(own)
    result = await run(probe_of(RedisProbe, url=own.url(), write_key="opsportal:check"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.OVERLOADED)
    assert "maxmemory" in result.summary
    assert result.values["memory_full_ratio"] > 0.97
    assert len(result.evidence["findings"]) == 2


async def test_clients_that_were_refused_for_memory_are_counted(own: RedisServer) -> None:
    own.start(maxmemory="3mb", maxmemory_policy="noeviction")
    probe = probe_of(RedisProbe, url=own.url())
    first = await run(probe)
    fill(own)
    second = await run(probe, memory=first.memory, now=LATER)
    assert second.values['errors{error="OOM"}'] >= 1
    assert second.values['errors{error="READONLY"}'] == 0


async def test_a_full_cache_that_evicts_any_key_is_well(own: RedisServer) -> None:
    own.start(maxmemory="3mb", maxmemory_policy="allkeys-lru")
    probe = probe_of(RedisProbe, url=own.url())
    first = await run(probe)
    with own.client() as client:
        for number in range(300):
            client.set(f"key {number}", "x" * 20_000)
    second = await run(probe, memory=first.memory, now=LATER)
    assert second.verdict == Status.UP
    assert second.values["evicted_keys"] > 0
    assert "memory_full_ratio" not in second.values


async def test_no_room_for_another_client_is_down_and_overloaded(own: RedisServer) -> None:
    own.start(maxclients="3")
    with ExitStack() as crowd:
        for _ in range(3):
            crowd.enter_context(socket.create_connection(("127.0.0.1", own.port)))
        result = await run(probe_of(RedisProbe, url=own.url()))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.OVERLOADED)
    assert result.summary.endswith("admits nobody: its maxclients is reached.")


async def test_a_replica_shows_its_link_and_its_primary_shows_the_replica(
    own: RedisServer, server: RedisServer
) -> None:
    own.start(replicaof=f"127.0.0.1 {server.port}")
    await linked(own)
    await online(server)
    near = await run(probe_of(RedisProbe, url=own.url(), expected_role="replica"))
    far = await run(probe_of(RedisProbe, url=server.url(), min_replicas=1))
    assert (near.verdict, near.values["replication_link_up"]) == (Status.UP, 1)
    assert (far.verdict, far.values["replicas"]) == (Status.UP, 1)
    assert far.values[f'replica_lag_bytes{{replica="127.0.0.1:{own.port}"}}'] >= 0


async def test_a_replica_of_a_dead_primary_is_degraded_and_takes_no_writes(binary: str, own: RedisServer) -> None:
    primary = RedisServer(binary).start()
    own.start(replicaof=f"127.0.0.1 {primary.port}")
    await linked(own)
    primary.remove()
    result = await run(probe_of(RedisProbe, url=own.url()))
    while result.values["replication_link_up"]:
        result = await run(probe_of(RedisProbe, url=own.url()))
    written = await run(probe_of(RedisProbe, url=own.url(), write_key="opsportal:check"))
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.UNREACHABLE)
    assert f"no link to its primary 127.0.0.1:{primary.port}" in result.summary
    assert (written.verdict, written.cause) == (Status.DOWN, Cause.UNEXPECTED)
    assert "takes no writes: it is a read-only replica" in written.summary


async def test_a_replica_that_serves_no_stale_data_is_down_without_its_primary(own: RedisServer) -> None:
    own.start(wait=False, replicaof=f"127.0.0.1 {free_port()}", replica_serve_stale_data="no")
    result = await once_it_listens(own)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.UNREACHABLE)
    assert "has lost its primary and serves no stale data" in result.summary


async def test_a_primary_where_a_replica_is_expected_is_down(server: RedisServer) -> None:
    result = await run(probe_of(RedisProbe, url=server.url(), expected_role="replica"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.UNEXPECTED)


async def test_a_missing_replica_degrades(server: RedisServer) -> None:
    result = await run(probe_of(RedisProbe, url=server.url(), min_replicas=3))
    assert (result.verdict, result.cause) == (Status.DEGRADED, Cause.MISSING)


async def test_data_that_cannot_be_saved_stops_writes_and_is_told_apart(own: RedisServer) -> None:
    own.start(save="3600 1", dbfilename="taken")
    (own.folder / "taken").mkdir()  # a folder in the place of the snapshot: it can never be renamed there
    with own.client() as client:
        client.set("a", 1)
        client.bgsave()
        while client.info("persistence")["rdb_last_bgsave_status"] == "ok":
            pass
    result = await run(probe_of(RedisProbe, url=own.url()))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.FAILED)
    assert "cannot be saved to disk" in result.summary


async def test_a_server_that_loads_its_data_is_starting(own: RedisServer) -> None:
    with own.start().client() as client:
        client.mset({f"key {number}": "x" for number in range(20_000)})
        client.save()
    own.stop()
    own.start(wait=False, key_load_delay="500", loading_process_events_interval_bytes="1024")
    result = await once_it_listens(own)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.STARTING)


async def test_nothing_listening_is_down(server: RedisServer) -> None:
    for url in (server.url(port=free_port()), "unix:///nowhere/at/all"):
        result = await run(probe_of(RedisProbe, url=url))
        assert (result.verdict, result.cause) == (Status.DOWN, Cause.REFUSED)


async def test_a_host_name_that_does_not_resolve_is_down() -> None:
    result = await run(probe_of(RedisProbe, url="redis://nowhere.invalid"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.DNS)


async def test_a_peer_that_accepts_and_stays_silent_is_down_at_the_deadline() -> None:
    async with serving(silent) as port:
        result = await run(probe_of(RedisProbe, url=f"redis://127.0.0.1:{port}"), timeout_s=SHORT_S)
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert result.summary.endswith("gave no answer in 0.27 s while answering PING.")


async def test_a_connection_that_goes_half_open_is_down_at_the_deadline(server: RedisServer) -> None:
    frozen = Freezing(server.port, b"INFO")
    async with serving(frozen) as port:
        result = await run(probe_of(RedisProbe, url=server.url(port=port)), timeout_s=1.0)
    assert frozen.frozen.is_set()
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.TIMEOUT)
    assert "while answering INFO" in result.summary
    assert "ping_seconds" in result.values


async def test_a_server_killed_in_the_middle_of_a_run_broke_the_connection(own: RedisServer) -> None:
    frozen = Freezing(own.start().port, b"INFO")
    async with serving(frozen) as port:
        running = asyncio.create_task(run(probe_of(RedisProbe, url=own.url(port=port))))
        await frozen.frozen.wait()
        own.stop()
        result = await running
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.RESET)


async def test_a_peer_that_hangs_up_broke_the_connection() -> None:
    async with serving(hanging_up) as port:
        result = await run(probe_of(RedisProbe, url=f"redis://127.0.0.1:{port}"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.RESET)


async def test_another_protocol_is_told_apart() -> None:
    async with serving(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        result = await run(probe_of(RedisProbe, url=f"redis://127.0.0.1:{port}"))
    assert (result.verdict, result.cause) == (Status.DOWN, Cause.PROTOCOL)


async def test_tls_where_there_is_none_ends_at_the_deadline(server: RedisServer) -> None:
    result = await run(probe_of(RedisProbe, url=f"rediss://127.0.0.1:{server.port}"), timeout_s=SHORT_S)
    assert result.verdict == Status.DOWN
    assert result.summary.endswith("while connecting.")


@pytest.mark.parametrize(
    "url", ["redis://:s3/cret@host", "http://s3cret@host", "redis://:12#s3cret@host", "redis://h:s3cret"]
)
def test_a_url_that_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(forms.ValidationError) as caught:
        clean_settings(RedisProbe.SettingsForm, {"url": url})
    assert "cret" not in str(caught.value)


def look_up(client: redis.Redis, key: str, times: int) -> None:
    with client.pipeline(transaction=False) as pipeline:
        for _ in range(times):
            pipeline.get(key)
        pipeline.execute()


def fill(server: RedisServer) -> None:
    """Write until the server refuses."""
    with server.client() as client, suppress(redis.exceptions.OutOfMemoryError):
        for number in range(100_000):
            client.set(f"key {number}", "x" * 10_000)


async def online(primary: RedisServer) -> None:
    """Until the primary counts its replica, which is a moment after the replica sees its link."""
    with primary.client() as client:
        while client.info("replication").get("slave0", {}).get("state") != "online":
            await asyncio.sleep(0.01)


async def linked(replica: RedisServer) -> None:
    with replica.client() as client:
        while client.info("replication")["master_link_status"] != "up":
            await asyncio.sleep(0.02)


async def once_it_listens(server: RedisServer) -> Result:
    result = await run(probe_of(RedisProbe, url=server.url()))
    while result.cause == Cause.REFUSED:
        result = await run(probe_of(RedisProbe, url=server.url()))
    return result
