"""The one statement that reads everything, as one JSON document. Made for PostgreSQL 15 to 18 and the rights of pg_monitor.

Every part is a subquery of its own, so that the whole is one round trip and one moment. `%(…)s` are the expected tables and columns.
"""

SERVER = """
SELECT json_build_object(
    'version', current_setting('server_version'),
    'started', extract(epoch FROM pg_postmaster_start_time()),
    'in_recovery', pg_is_in_recovery(),
    'user', current_user,
    'database', current_database(),
    'may_monitor', pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
    'size', pg_database_size(current_database()),
    'max_connections', current_setting('max_connections')::int,
    'reserved', current_setting('superuser_reserved_connections')::int
                + coalesce(current_setting('reserved_connections', true)::int, 0),
    'freeze_max_age', current_setting('autovacuum_freeze_max_age')::bigint,
    'multixact_freeze_max_age', current_setting('autovacuum_multixact_freeze_max_age')::bigint,
    'archive_mode', current_setting('archive_mode'))
"""
COUNTERS = """
SELECT json_build_object(
    'reset', extract(epoch FROM stats_reset), 'hit', blks_hit, 'read', blks_read, 'deadlocks', deadlocks,
    'temp_bytes', temp_bytes, 'commits', xact_commit, 'rollbacks', xact_rollback)
FROM pg_stat_database WHERE datname = current_database()
"""
ROWS_READ = """
SELECT json_build_object('index', coalesce(sum(idx_tup_fetch), 0), 'sequential', coalesce(sum(seq_tup_read), 0))
FROM pg_stat_user_tables
"""
FREEZE = "SELECT json_build_object('txid', max(age(datfrozenxid)), 'mxid', max(mxid_age(datminmxid))) FROM pg_database"
MISSING = """
SELECT coalesce(json_agg(item ORDER BY item), '[]') FROM
    unnest(%(items)s::text[], %(schemas)s::text[], %(tables)s::text[], %(columns)s::text[])
        AS expected(item, wanted_schema, wanted_table, wanted_column)
WHERE NOT EXISTS (
    SELECT FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
    WHERE class.relname = wanted_table AND class.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND CASE WHEN wanted_schema = '' THEN namespace.nspname !~ '^(pg_|information_schema$)'
               ELSE namespace.nspname = wanted_schema END
      AND (wanted_column = '' OR EXISTS (
          SELECT FROM pg_attribute WHERE attrelid = class.oid AND attname = wanted_column
             AND attnum > 0 AND NOT attisdropped)))
"""
ACTIVITY = """
SELECT json_build_object(
    'connections', count(*) FILTER (WHERE backend_type = 'client backend'),
    'oldest_transaction', max(extract(epoch FROM clock_timestamp() - xact_start))
        FILTER (WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
    'idle_in_transaction', max(extract(epoch FROM clock_timestamp() - state_change))
        FILTER (WHERE state LIKE 'idle in transaction%%'))
FROM pg_stat_activity
"""
STATES = """
SELECT coalesce(json_object_agg(state, number), '{}') FROM (
    SELECT state, count(*) AS number FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND state IS NOT NULL AND pid <> pg_backend_pid() GROUP BY state) AS by_state
"""
LONGEST = """
SELECT coalesce(json_agg(session), '[]') FROM (
    SELECT pid, usename AS "user", datname AS database, state,
           extract(epoch FROM clock_timestamp() - xact_start) AS transaction_s, left(query, 1000) AS query
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
    ORDER BY xact_start LIMIT 3) AS session
"""
# The number of ungranted locks may be large in a lock storm; pg_blocking_pids takes the lock manager's locks, so few are asked for.
WAITERS = """
SELECT coalesce(json_agg(waiter), '[]') FROM (
    SELECT pid, waiting_s, pg_blocking_pids(pid) AS blocked_by FROM (
        SELECT pid, extract(epoch FROM clock_timestamp() - min(waitstart)) AS waiting_s
        FROM pg_locks WHERE NOT granted AND pid IS NOT NULL
        GROUP BY pid ORDER BY 2 DESC NULLS LAST LIMIT 20) AS longest) AS waiter
"""
LOCKS = """
SELECT json_build_object('ungranted', count(*), 'longest', max(extract(epoch FROM clock_timestamp() - waitstart)))
FROM pg_locks WHERE NOT granted
"""
REPLICAS = """
SELECT coalesce(json_agg(replica), '[]') FROM (
    SELECT coalesce(nullif(application_name, ''), host(client_addr), pid::text) AS name, state, sync_state,
           extract(epoch FROM replay_lag) AS lag_s,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                           replay_lsn) AS lag_bytes
    FROM pg_stat_replication WHERE application_name <> 'pg_basebackup' ORDER BY 1 LIMIT 50) AS replica
"""
SLOTS = """
SELECT coalesce(json_agg(slot), '[]') FROM (
    SELECT slot_name AS name, slot_type AS type, active, wal_status,
           pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
                           restart_lsn) AS retained_bytes
    FROM pg_replication_slots WHERE NOT temporary ORDER BY 5 DESC NULLS LAST LIMIT 50) AS slot
"""
# A broken link leaves receive and replay equal, which reads as no lag at all: the receiver's own state is needed beside them.
STANDBY = """
SELECT CASE WHEN pg_is_in_recovery() THEN json_build_object(
    'receiver', (SELECT status FROM pg_stat_wal_receiver),
    'lag_bytes', pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()),
    'replayed_age', extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()),
    'paused', pg_is_wal_replay_paused()) END
"""
ARCHIVER = """
SELECT json_build_object('failed', failed_count, 'reset', extract(epoch FROM stats_reset),
    'failing', last_failed_time IS NOT NULL AND last_failed_time > coalesce(last_archived_time, '-infinity'),
    'last_failed_wal', last_failed_wal)
FROM pg_stat_archiver
"""

ALWAYS = {"server": SERVER, "counters": COUNTERS, "rows": ROWS_READ, "freeze": FREEZE, "missing": MISSING}
WITH_STATISTICS = {
    "activity": ACTIVITY, "states": STATES, "longest": LONGEST, "locks": LOCKS, "waiters": WAITERS,
    "replicas": REPLICAS, "slots": SLOTS, "standby": STANDBY, "archiver": ARCHIVER,
}  # fmt: skip
# Who waits and who is waited for: read in the same statement, from what `waiters` saw.
ACTORS = """
SELECT coalesce(json_agg(actor), '[]') FROM (
    SELECT pid, usename AS "user", datname AS database, state, left(query, 1000) AS query
    FROM pg_stat_activity WHERE pid IN (
        SELECT (waiter->>'pid')::int FROM json_array_elements(waiters.list) AS waiter
        UNION SELECT blocker::int FROM json_array_elements(waiters.list) AS waiter,
                                       json_array_elements_text(waiter->'blocked_by') AS blocker)) AS actor
"""


def statement(*, statistics: bool) -> str:
    """The statement; without `statistics` only what any role may read."""
    parts = ALWAYS | (WITH_STATISTICS if statistics else {})
    listed = ", ".join(f"'{name}', ({part})" for name, part in parts.items() if name != "waiters")
    if not statistics:
        return f"SELECT json_build_object({listed})"
    return (
        f"WITH waiters(list) AS MATERIALIZED ({WAITERS}) "  # noqa: S608 - constants of this module
        f"SELECT json_build_object({listed}, 'waiters', waiters.list, 'actors', ({ACTORS})) FROM waiters"
    )
