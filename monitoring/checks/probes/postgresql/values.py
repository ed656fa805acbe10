"""What is measured, and which bounds are usual."""

from monitoring.checks.choices import Comparator
from monitoring.checks.probes.base import Threshold, Unit, Value

S, B, RATIO, COUNT = Unit.SECONDS, Unit.BYTES, Unit.RATIO, Unit.COUNT

VALUES = {
    "connect_seconds": Value("Connect", S, "Name, TCP, TLS and log-in, until the server is ready for a query."),
    "select_seconds": Value("SELECT 1", S, "One round trip of the smallest query."),
    "statistics_seconds": Value("Statistics", S, "The statement that reads everything below."),
    "connections_used": Value("Connections used", COUNT, "Client sessions, this check's included."),
    "connections_limit": Value("Connections allowed", COUNT, "max_connections less those reserved."),
    "connections_used_ratio": Value("Connections used", RATIO, "Used against allowed; above 1 only superusers get in."),
    "connections": Value("Connections by state", COUNT, "One series a state: active, idle, idle in transaction…"),
    "oldest_transaction_seconds": Value("Oldest transaction", S, "It keeps vacuum from cleaning up."),
    "idle_in_transaction_seconds": Value(
        "Idle in transaction", S, "Longest time a session sits idle in a transaction."
    ),
    "locks_ungranted": Value("Locks waited for", COUNT),
    "lock_wait_seconds": Value("Longest lock wait", S),
    "deadlocks": Value("Deadlocks", COUNT, "In the last 15 minutes."),
    "cache_hit_ratio": Value(
        "Cache hits", RATIO, "Blocks found in shared buffers, last 15 minutes; needs 1,000 blocks."
    ),
    "index_use_ratio": Value("Index use", RATIO, "Rows fetched through an index, last 15 minutes; needs 1,000 rows."),
    "transactions_per_second": Value("Transactions", Unit.PER_SECOND, "Last 15 minutes."),
    "temp_bytes": Value("Temporary files", B, "Written in the last 15 minutes: sorts and joins larger than work_mem."),
    "replicas": Value("Replicas", COUNT, "Streaming from this server."),
    "replica_lag_seconds": Value("Replica lag", S, "One series a replica; absent while it is idle and caught up."),
    "replica_lag_bytes": Value("Replica lag", B, "WAL a replica has not replayed; one series a replica."),
    "replication_lag_seconds": Value(
        "Lag of this standby", S, "0 when all it received is replayed and the link is up."
    ),
    "replication_lag_bytes": Value("WAL to replay", B, "Received by this standby, not replayed yet."),
    "wal_receiver_up": Value("WAL receiver", Unit.BOOLEAN, "On a standby: 1 while it streams from its primary."),
    "slots_inactive": Value("Inactive slots", COUNT, "Replication slots nobody reads from."),
    "slot_retained_bytes": Value("WAL kept by a slot", B, "One series a slot."),
    "txid_age": Value("Transaction id age", COUNT, "Oldest over all databases."),
    "txid_age_ratio": Value(
        "Transaction id age", RATIO, "Against autovacuum_freeze_max_age; 1 starts a forced vacuum."
    ),
    "mxid_age": Value("Multixact id age", COUNT, "Oldest over all databases."),
    "mxid_age_ratio": Value("Multixact id age", RATIO, "Against autovacuum_multixact_freeze_max_age."),
    "wraparound_ratio": Value("Way to wraparound", RATIO, "The older of both against 2^31, where writes stop."),
    "database_bytes": Value("Database size", B),
    "archive_failures": Value("Failed WAL archivings", COUNT, "In the last 15 minutes."),
    "uptime_seconds": Value("Uptime", S),
}
ABOVE, BELOW = Comparator.ABOVE, Comparator.BELOW
DEFAULT_THRESHOLDS = (
    Threshold("connect_seconds", ABOVE, degraded=2.0),
    Threshold("connections_used_ratio", ABOVE, degraded=0.8, down=0.97),
    Threshold("oldest_transaction_seconds", ABOVE, degraded=3600.0),
    Threshold("idle_in_transaction_seconds", ABOVE, degraded=1800.0),
    Threshold("lock_wait_seconds", ABOVE, degraded=60.0),
    Threshold("deadlocks", ABOVE, degraded=0.0),
    Threshold("cache_hit_ratio", BELOW, degraded=0.9),
    Threshold("replica_lag_seconds", ABOVE, degraded=60.0),
    Threshold("replication_lag_seconds", ABOVE, degraded=60.0),
    Threshold("slot_retained_bytes", ABOVE, degraded=10.0 * 1024**3),
    Threshold("txid_age_ratio", ABOVE, degraded=1.5),
    Threshold("mxid_age_ratio", ABOVE, degraded=1.5),
    Threshold("wraparound_ratio", ABOVE, degraded=0.6, down=0.9),
    Threshold("archive_failures", ABOVE, degraded=0.0),
)
