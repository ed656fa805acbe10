"""SQL of the shipper."""

CLAIM = """
UPDATE shipping_destination SET claimed_by = %(holder)s, claimed_until = now() + %(lease_s)s * interval '1 second'
WHERE id IN (
    SELECT id FROM shipping_destination
    WHERE enabled AND next_attempt_at <= now() AND (claimed_until IS NULL OR claimed_until <= now() OR claimed_by = %(holder)s)
    FOR UPDATE SKIP LOCKED)
RETURNING id, name, url, auth, username, sealed_secret, external_labels, cursor_xid, cursor_id, failures
"""
# Only transactions that are over: a later one cannot put a row before one that was read. https://www.postgresql.org/docs/current/functions-info.html
READ = """
SELECT xid::text::bigint AS xid, id, payload FROM (
    SELECT xid, id, payload, sum(samples) OVER (ORDER BY xid, id) - samples AS before
    FROM (
        SELECT * FROM shipping_outgoing
        WHERE (xid, id) > (%(xid)s::text::xid8, %(id)s) AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid, id LIMIT 200) next
) counted WHERE before < %(samples)s ORDER BY xid, id
"""
LABELS = "SELECT id, name, labels FROM metrics_series WHERE id = ANY(%s)"
ADVANCE = """
UPDATE shipping_destination SET cursor_xid = %(xid)s, cursor_id = %(id)s, sent_samples = sent_samples + %(sent)s,
    dropped_samples = dropped_samples + %(dropped)s, last_sent_at = CASE WHEN %(sent)s > 0 THEN now() ELSE last_sent_at END,
    failures = 0, failing_since = NULL, last_error = CASE WHEN %(dropped)s > 0 THEN %(error)s ELSE last_error END,
    claimed_until = now() + %(lease_s)s * interval '1 second'
WHERE id = %(destination)s AND claimed_by = %(holder)s RETURNING id
"""
FAIL = """
UPDATE shipping_destination SET failures = failures + 1, failing_since = COALESCE(failing_since, now()), last_error = %(error)s,
    next_attempt_at = now() + %(wait_s)s * interval '1 second', claimed_until = NULL
WHERE id = %(destination)s AND claimed_by = %(holder)s
"""
RELEASE = "UPDATE shipping_destination SET claimed_until = NULL WHERE claimed_by = %s"
# A database restored into another cluster counts its transactions anew.
REWIND = """
UPDATE shipping_destination SET cursor_xid = 0, cursor_id = 0
WHERE cursor_xid > pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
PRUNE = """
DELETE FROM shipping_outgoing WHERE (xid, id) <= (
    SELECT cursor_xid::text::xid8, cursor_id FROM shipping_destination WHERE enabled ORDER BY cursor_xid, cursor_id LIMIT 1)
    OR NOT EXISTS (SELECT 1 FROM shipping_destination WHERE enabled)
"""
LOSE = """
WITH old AS (DELETE FROM shipping_outgoing WHERE created_at < now() - %(hours)s * interval '1 hour' RETURNING xid, id, samples)
UPDATE shipping_destination d SET dropped_samples = dropped_samples + lost.samples,
    last_error = 'Samples were dropped: they waited for longer than METRICS_QUEUE_HOURS.'
FROM (SELECT t.id, sum(o.samples) AS samples FROM shipping_destination t JOIN old o
      ON (o.xid, o.id) > (t.cursor_xid::text::xid8, t.cursor_id) WHERE t.enabled GROUP BY t.id) lost
WHERE d.id = lost.id RETURNING d.name, lost.samples
"""

BACKEND = """
INSERT INTO shipping_destination (name, url, auth, username, sealed_secret, external_labels, enabled, is_backend, cursor_xid, cursor_id,
    next_attempt_at, failures, last_error, sent_samples, dropped_samples)
VALUES ('METRICS_BACKEND', %(url)s, %(auth)s, %(username)s, %(sealed)s, '{}', true, true, 0, 0, now(), 0, '', 0, 0)
ON CONFLICT (name) DO UPDATE SET url = excluded.url, auth = excluded.auth, username = excluded.username,
    sealed_secret = excluded.sealed_secret, enabled = true, is_backend = true
"""
NO_BACKEND = "UPDATE shipping_destination SET enabled = false WHERE is_backend AND enabled"
