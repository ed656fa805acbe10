"""From the answer of INFO to values, findings and words; of Redis 6 to 8 and Valkey. Pure.

Field meanings: https://redis.io/docs/latest/commands/info/ and https://valkey.io/commands/info/.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import labelled
from monitoring.checks.probes.deltas import Window, observe
from monitoring.checks.probes.finding import Finding

Info = Mapping[str, Any]
LEAST_LOOKUPS = 1000
RECENT_S = 300.0
NOISE_BYTES = 100 * 1024**2  # fragmentation of less memory than this says nothing
NOEVICTION_FULL = 0.97
ERRORS = ("OOM", "READONLY", "MISCONF", "NOAUTH", "WRONGPASS", "NOPERM", "LOADING", "MASTERDOWN", "NOREPLICAS")
COUNTERS = ("keyspace_hits", "keyspace_misses", "evicted_keys", "expired_keys", "rejected_connections")


def product(info: Info) -> str:
    """`Valkey 9.1.2` or `Redis 7.0.15`."""
    name = str(info.get("server_name", "redis"))
    return f"{name.capitalize()} {info.get(f'{name}_version', info.get('redis_version', '?'))}"


def is_replica(info: Info) -> bool:
    return info.get("role") in ("slave", "replica")


def window_of(info: Info, memory: Mapping[str, Any], now: datetime) -> Window:
    """The counters of this run beside those of earlier ones; anew after a restart or CONFIG RESETSTAT."""
    counters = {name: info[name] for name in COUNTERS if name in info}
    if "total_error_replies" in info:
        counters |= {code: (info.get(f"errorstat_{code}") or {}).get("count", 0) for code in ERRORS}
    return observe(memory.get("window"), now.timestamp(), str(info.get("run_id", "")), counters)


def values_of(info: Info, window: Window) -> dict[str, float]:
    """Every value the document and the window give; what does not apply is left out."""
    found: dict[str, Any] = {
        "uptime_seconds": info.get("uptime_in_seconds"),
        "operations_per_second": info.get("instantaneous_ops_per_sec"),
        "blocked_clients": info.get("blocked_clients"),
        "hit_ratio": window.share("keyspace_hits", "keyspace_misses", least=LEAST_LOOKUPS),
        "evicted_keys": window.change("evicted_keys", RECENT_S),
        "expired_keys": window.change("expired_keys", RECENT_S),
        "rejected_connections": window.change("rejected_connections", RECENT_S),
        "keys": sum(part["keys"] for name, part in info.items() if name.startswith("db") and isinstance(part, Mapping)),
    }
    found |= {labelled("errors", error=code): window.change(code, RECENT_S) for code in ERRORS}
    for part in (_memory(info), _clients(info), _persistence(info), dict(_replication(info))):
        found |= part
    return {name: float(value) for name, value in found.items() if isinstance(value, int | float)}


def _memory(info: Info) -> dict[str, Any]:
    used, most, policy = info.get("used_memory", 0), info.get("maxmemory", 0), str(info.get("maxmemory_policy", ""))
    ratio = used / most if most else None
    return {
        "memory_used_bytes": used,
        "memory_limit_bytes": most or None,
        "memory_used_ratio": ratio,
        # A cache that may evict any key is meant to be full; its evictions and its hit ratio judge it.
        "memory_full_ratio": None if policy.startswith("allkeys-") else ratio,
        "memory_resident_bytes": info.get("used_memory_rss"),
        "fragmentation_ratio": info.get("mem_fragmentation_ratio") if used > NOISE_BYTES else None,
    }


def _clients(info: Info) -> dict[str, Any]:
    clients, most = info.get("connected_clients"), info.get("maxclients")
    return {
        "clients": clients,
        "clients_limit": most,
        "clients_used_ratio": clients / most if clients is not None and most else None,
    }


def _persistence(info: Info) -> dict[str, Any]:
    saved, started = info.get("rdb_last_save_time"), info.get("server_time_usec")
    return {
        "changes_since_save": info.get("rdb_changes_since_last_save"),
        "save_age_seconds": max(started / 1e6 - saved, 0.0) if saved and started else None,
    }


def _replication(info: Info) -> Iterator[tuple[str, Any]]:
    if is_replica(info):
        yield "replication_link_up", float(info.get("master_link_status") == "up")
        yield "replication_idle_seconds", _unless_negative(info.get("master_last_io_seconds_ago"))
        yield "replication_link_down_seconds", _unless_negative(info.get("master_link_down_since_seconds"))
        return
    yield "replicas", info.get("connected_slaves", 0)
    for name, replica in info.items():
        if name.startswith("slave") and isinstance(replica, Mapping):
            label = f"{replica.get('ip')}:{replica.get('port')}"
            behind = info.get("master_repl_offset", 0) - replica.get("offset", 0)
            yield labelled("replica_lag_bytes", replica=label), max(behind, 0)


def _unless_negative(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value >= 0 else None


def findings(info: Info, settings: Mapping[str, Any]) -> list[Finding]:
    return [*_fullness(info), *_saving(info), *_link(info), *_role(info, settings), *_replicas(info, settings)]


def _fullness(info: Info) -> Iterator[Finding]:
    ratio = _memory(info)["memory_used_ratio"]
    if info.get("maxmemory_policy") == "noeviction" and ratio is not None and ratio > NOEVICTION_FULL:
        words = f"{ratio:.0%} of maxmemory is used and the policy is noeviction: writes are refused at 100%."
        yield Finding(Status.DOWN, Cause.OVERLOADED, words)


def _saving(info: Info) -> Iterator[Finding]:
    for field, what in (
        ("rdb_last_bgsave_status", "snapshot (RDB)"),
        ("aof_last_write_status", "write of the append-only file"),
        ("aof_last_bgrewrite_status", "rewrite of the append-only file"),
    ):
        if info.get(field, "ok") != "ok":
            yield Finding(
                Status.DEGRADED, Cause.FAILED, f"The last {what} failed: what is in memory is not safe on disk."
            )


def _link(info: Info) -> Iterator[Finding]:
    if is_replica(info) and info.get("master_link_status") != "up":
        primary = f"{info.get('master_host')}:{info.get('master_port')}"
        lost_s = _unless_negative(info.get("master_link_down_since_seconds"))
        since = "" if lost_s is None else f" for {lost_s:.0f} s"
        yield Finding(
            Status.DEGRADED, Cause.UNREACHABLE, f"The replica has had no link to its primary {primary}{since}."
        )


def _role(info: Info, settings: Mapping[str, Any]) -> Iterator[Finding]:
    role, wanted = "replica" if is_replica(info) else "primary", settings["expected_role"]
    if wanted and role != wanted:
        meaning = "it takes no writes" if role == "replica" else "two primaries may be writing"
        yield Finding(Status.DOWN, Cause.UNEXPECTED, f"The server is a {role} where a {wanted} is expected: {meaning}.")


def _replicas(info: Info, settings: Mapping[str, Any]) -> Iterator[Finding]:
    online = [
        one
        for name, one in info.items()
        if name.startswith("slave") and isinstance(one, Mapping) and one.get("state") == "online"
    ]
    if len(online) < settings["min_replicas"]:
        words = f"{len(online)} of {settings['min_replicas']} expected replicas are online."
        yield Finding(Status.DEGRADED, Cause.MISSING, words)


def evidence_of(info: Info) -> dict[str, Any]:
    """What an operator wants to see beside the numbers."""
    names = ("role", "redis_mode", "maxmemory_human", "used_memory_human", "used_memory_peak_human", "maxmemory_policy",
             "rdb_last_bgsave_status", "aof_last_write_status", "master_host", "master_port", "master_link_status")  # fmt: skip
    return {"server": product(info)} | {name: info[name] for name in names if info.get(name) not in (None, "")}
