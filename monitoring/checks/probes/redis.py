"""Kind `redis`: does it answer, may it be written to, is its memory, its disk and its replication well. Redis 6 to 8 and Valkey."""

import statistics
import time
from collections.abc import Mapping
from typing import Any

from django import forms
from redis import RedisError
from redis.asyncio import Redis

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Threshold, Unit, Value
from monitoring.checks.probes.deadline import Clock
from monitoring.checks.probes.finding import Finding, judged
from monitoring.checks.probes.redis_info import evidence_of, findings, is_replica, product, values_of, window_of
from monitoring.checks.probes.redis_session import clean_url, explain, failed, session, where

PINGS = 5
WRITE_EXPIRES_S = 60
S, B, RATIO, COUNT = Unit.SECONDS, Unit.BYTES, Unit.RATIO, Unit.COUNT
ABOVE, BELOW = Comparator.ABOVE, Comparator.BELOW


class RedisForm(ProbeForm):
    secret_fields = frozenset({"url"})

    url = forms.CharField(
        label="URL",
        max_length=2000,
        help_text="redis://[user:password@]host:6379/0, rediss://… with TLS, or unix:///path?db=0.",
    )
    expected_role = forms.ChoiceField(
        required=False,
        choices=[("", "Either"), ("primary", "Primary"), ("replica", "Replica")],
        help_text="Down when the server plays the other role; empty: either will do.",
    )
    min_replicas = forms.IntegerField(
        initial=0, min_value=0, max_value=50, help_text="Replicas that must follow this server."
    )
    write_key = forms.CharField(
        required=False,
        max_length=200,
        help_text="A key the check may write (expiring after 60 s) to prove that writes work; empty: nothing is written.",
    )

    def clean_url(self) -> str:
        return clean_url(self.cleaned_data["url"])


class RedisProbe(Probe):
    kind = "redis"
    description = "Connects to a Redis or Valkey, pings it and reads its memory, clients, persistence and replication."
    icon = "memory"
    SettingsForm = RedisForm
    values = {
        "connect_seconds": Value("Connect", S, "Name, TCP or socket, TLS and log-in."),
        "ping_seconds": Value("PING", S, f"Median of {PINGS}."),
        "ping_min_seconds": Value("PING, fastest", S, f"Fastest of {PINGS}."),
        "write_seconds": Value("Write", S, "SET of the write key; only where one is set."),
        "memory_used_bytes": Value("Memory used", B),
        "memory_limit_bytes": Value("maxmemory", B, "Absent where there is no limit."),
        "memory_used_ratio": Value("Memory used", RATIO, "Against maxmemory."),
        "memory_full_ratio": Value("Memory full", RATIO, "The same, unless any key may be evicted: such a cache is meant to be full."),
        "memory_resident_bytes": Value("Resident memory", B, "What the machine gave it."),
        "fragmentation_ratio": Value("Fragmentation", RATIO, "Resident against used; only above 100 MiB, noise below. 1 is none."),
        "hit_ratio": Value("Hits", RATIO, "Of the lookups of the last 15 minutes; needs 1,000."),
        "evicted_keys": Value("Evicted keys", COUNT, "In the last 5 minutes."),
        "expired_keys": Value("Expired keys", COUNT, "In the last 5 minutes."),
        "rejected_connections": Value("Rejected connections", COUNT, "For maxclients, in the last 5 minutes."),
        "errors": Value("Errors given to clients", COUNT, "In the last 5 minutes, one series a code: OOM, READONLY, NOAUTH…"),
        "clients": Value("Clients", COUNT),
        "clients_limit": Value("maxclients", COUNT),
        "clients_used_ratio": Value("Clients", RATIO, "Against maxclients."),
        "blocked_clients": Value("Blocked clients", COUNT, "Waiting in BLPOP and the like."),
        "operations_per_second": Value("Operations", Unit.PER_SECOND),
        "keys": Value("Keys", COUNT),
        "changes_since_save": Value("Changes not saved", COUNT, "Since the last snapshot."),
        "save_age_seconds": Value("Age of the snapshot", S),
        "replicas": Value("Replicas", COUNT, "That follow this server."),
        "replica_lag_bytes": Value("Replica lag", B, "One series a replica."),
        "replication_link_up": Value("Link to the primary", Unit.BOOLEAN, "On a replica."),
        "replication_idle_seconds": Value("Last word of the primary", S, "On a replica."),
        "replication_link_down_seconds": Value("Link down for", S, "On a replica whose link is down."),
        "uptime_seconds": Value("Uptime", S),
    }  # fmt: skip
    default_thresholds = (
        Threshold("ping_seconds", ABOVE, degraded=0.1),
        Threshold("memory_full_ratio", ABOVE, degraded=0.9),
        Threshold("fragmentation_ratio", ABOVE, degraded=1.5),
        Threshold("hit_ratio", BELOW, degraded=0.8),
        Threshold("rejected_connections", ABOVE, down=0.0),
        Threshold("clients_used_ratio", ABOVE, degraded=0.9),
    )

    async def run(self, context: Context) -> Result:
        url, clock, times = str(self.settings["url"]), Clock(context.timeout_s), dict[str, float]()
        try:
            info, found = await self._ask(url, clock, times)
        except TimeoutError:
            result = Result(Status.DOWN, clock.words(where(url)), Cause.TIMEOUT)
        except (RedisError, OSError) as error:
            result = failed(error, url)
        else:
            return self._judge(info, found, context, times)
        result.values = times
        return result

    async def _ask(self, url: str, clock: Clock, times: dict[str, float]) -> tuple[Mapping[str, Any], list[Finding]]:
        started = time.perf_counter()
        async with session(url, clock) as server:
            times["connect_seconds"] = time.perf_counter() - started
            clock.step = "answering PING"
            pings = [await _timed_ping(server) for _ in range(PINGS)]
            times |= {"ping_seconds": statistics.median(pings), "ping_min_seconds": min(pings)}
            clock.step = "answering INFO"
            info: dict[str, Any] = await server.info()
            clock.step = "taking a write"
            return info, await self._write(server, url, times)

    async def _write(self, server: Redis, url: str, times: dict[str, float]) -> list[Finding]:
        if not (key := self.settings["write_key"]):
            return []
        started = time.perf_counter()
        try:
            await server.set(key, "written by a check of opsportal", ex=WRITE_EXPIRES_S)
        except RedisError as error:
            verdict, words, cause = explain(error, url)
            return [Finding(verdict, cause, words)]
        times["write_seconds"] = time.perf_counter() - started
        return []

    def _judge(
        self, info: Mapping[str, Any], found: list[Finding], context: Context, times: dict[str, float]
    ) -> Result:
        window = window_of(info, context.memory, context.now)
        values = times | values_of(info, window)
        role = "replica" if is_replica(info) else "primary"
        well = (
            f"{product(info)} ({role}) answers in {times['ping_seconds'] * 1000:.1f} ms, "
            f"{values['memory_used_bytes'] / 1024**2:.1f} MiB used, {values.get('clients', 0):.0f} clients."
        )
        found = [*found, *findings(info, self.settings)]
        return judged(found, well, values=values, evidence=evidence_of(info), memory={"window": window.as_memory()})


async def _timed_ping(server: Redis) -> float:
    started = time.perf_counter()
    await server.ping()
    return time.perf_counter() - started
