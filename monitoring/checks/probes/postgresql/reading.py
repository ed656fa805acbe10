"""From the document of `statement` to values, findings and evidence. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from monitoring.checks.probes.base import labelled
from monitoring.checks.probes.deltas import Window, observe
from monitoring.checks.probes.postgresql.blocking import blocking_trees
from monitoring.checks.probes.postgresql.sql_text import without_literals

Document = Mapping[str, Any]
LEAST_BLOCKS = 1000
WRAPAROUND = 2.0**31
STATES = ("active", "idle", "idle in transaction", "idle in transaction (aborted)")


class Windows(NamedTuple):
    """Counters of the whole database, and rows read of its tables: these fall when a table is dropped, so they stand apart."""

    database: Window
    rows: Window

    def as_memory(self) -> dict[str, Any]:
        return {"database": self.database.as_memory(), "rows": self.rows.as_memory()}


def windows_of(document: Document, memory: Mapping[str, Any], now: datetime) -> Windows:
    """The counters of this run beside those of earlier ones."""
    counters, server, archiver = document["counters"], document["server"], document.get("archiver") or {}
    epoch = f"{server['started']} {counters['reset']} {archiver.get('reset')} {server['database']}"
    database = {
        "hit": counters["hit"],
        "read": counters["read"],
        "deadlocks": counters["deadlocks"],
        "temp_bytes": counters["temp_bytes"],
        "transactions": counters["commits"] + counters["rollbacks"],
        "archive_failures": archiver.get("failed", 0),
    }
    return Windows(
        observe(memory.get("database"), now.timestamp(), epoch, database),
        observe(memory.get("rows"), now.timestamp(), epoch, document["rows"]),
    )


def values_of(document: Document, windows: Windows, now: datetime) -> dict[str, float]:
    """Every value the document and the windows give; what does not apply is left out."""
    found: dict[str, float | None] = {}
    found |= _server(document, now)
    found |= _changes(windows)
    if "activity" in document:
        found |= _activity(document)
        found |= dict(_replication(document))
        found |= _standby(document.get("standby"))
        found["archive_failures"] = windows.database.change("archive_failures")
    return {name: float(value) for name, value in found.items() if value is not None}


def _server(document: Document, now: datetime) -> dict[str, float | None]:
    server, freeze = document["server"], document["freeze"]
    return {
        "uptime_seconds": max(now.timestamp() - server["started"], 0.0),
        "database_bytes": server["size"],
        "connections_limit": server["max_connections"] - server["reserved"],
        "txid_age": freeze["txid"],
        "txid_age_ratio": freeze["txid"] / server["freeze_max_age"],
        "mxid_age": freeze["mxid"],
        "mxid_age_ratio": freeze["mxid"] / server["multixact_freeze_max_age"],
        "wraparound_ratio": max(freeze["txid"], freeze["mxid"]) / WRAPAROUND,
    }


def _changes(windows: Windows) -> dict[str, float | None]:
    return {
        "cache_hit_ratio": windows.database.share("hit", "read", least=LEAST_BLOCKS),
        "index_use_ratio": windows.rows.share("index", "sequential", least=LEAST_BLOCKS),
        "deadlocks": windows.database.change("deadlocks"),
        "temp_bytes": windows.database.change("temp_bytes"),
        "transactions_per_second": windows.database.rate("transactions"),
    }


def _activity(document: Document) -> dict[str, float | None]:
    activity, locks, server = document["activity"], document["locks"], document["server"]
    states = dict.fromkeys(STATES, 0) | document["states"]
    return {
        "connections_used": activity["connections"],
        "connections_used_ratio": activity["connections"] / max(server["max_connections"] - server["reserved"], 1),
        "oldest_transaction_seconds": max(activity["oldest_transaction"] or 0.0, 0.0),
        "idle_in_transaction_seconds": max(activity["idle_in_transaction"] or 0.0, 0.0),
        "locks_ungranted": locks["ungranted"],
        "lock_wait_seconds": max(locks["longest"] or 0.0, 0.0),
        **{labelled("connections", state=state): number for state, number in states.items()},
    }


def _replication(document: Document) -> Iterator[tuple[str, float | None]]:
    yield "replicas", len(document["replicas"])
    for replica in document["replicas"]:
        yield labelled("replica_lag_seconds", replica=replica["name"]), replica["lag_s"]
        yield labelled("replica_lag_bytes", replica=replica["name"]), replica["lag_bytes"]
    yield "slots_inactive", sum(not slot["active"] for slot in document["slots"])
    for slot in document["slots"]:
        yield labelled("slot_retained_bytes", slot=slot["name"]), slot["retained_bytes"]


def _standby(standby: Document | None) -> dict[str, float | None]:
    if standby is None:
        return {}
    streaming = standby["receiver"] == "streaming"
    caught_up = streaming and standby["lag_bytes"] == 0
    return {
        "wal_receiver_up": float(streaming),
        "replication_lag_bytes": standby["lag_bytes"],
        "replication_lag_seconds": 0.0 if caught_up else standby["replayed_age"],
    }


def evidence_of(document: Document) -> dict[str, Any]:
    """What an operator wants to see beside the numbers; queries without their literals."""
    server = document["server"]
    found: dict[str, Any] = {
        "version": server["version"],
        "role": "standby" if server["in_recovery"] else "primary",
        "database": server["database"],
        "user": server["user"],
    }
    if "activity" in document:
        found["blocking"] = blocking_trees(document["waiters"], document["actors"])
        found["longest_transactions"] = [
            {
                **session,
                "transaction_s": round(session["transaction_s"], 1),
                "query": without_literals(session["query"]),
            }
            for session in document["longest"]
        ]
        found["replicas"], found["slots"] = document["replicas"], document["slots"]
    return {name: value for name, value in found.items() if value not in (None, [])}
