"""The SQL of the sender: what is due, whose turn it is, and how it is marked."""

from alerts.delivery.held import CIRCUIT

# Of one channel its order is worked out over so many; more that are due wait until some of these are gone. Of them as many are locked as
# it has slots.
LOOKED_AT = 2000
AT_A_TIME = 200

CANDIDATES = f"""
WITH under_way AS MATERIALIZED (
    SELECT endpoint, channel_id FROM delivery_delivery WHERE state = 'sending' AND lease_until > %(now)s
), busy AS MATERIALIZED (
    SELECT endpoint FROM under_way GROUP BY endpoint HAVING count(*) >= %(most)s
), used AS MATERIALIZED (
    SELECT channel_id, count(*) AS slots FROM under_way GROUP BY channel_id
), due AS MATERIALIZED (
    SELECT d.* FROM delivery_channel c CROSS JOIN LATERAL (
        SELECT w.id, w.channel_id, w.is_first, w.urgency, w.fair_key, w.created_at FROM delivery_delivery w
        WHERE w.channel_id = c.id AND w.state = 'pending' AND w.next_attempt_at <= %(now)s
            AND w.endpoint NOT IN (SELECT endpoint FROM busy)
            AND (w.kind = 'firing' OR NOT EXISTS (
                SELECT 1 FROM delivery_delivery b
                WHERE b.subject = w.subject AND b.id < w.id AND b.channel_id = w.channel_id AND b.address = w.address
                    AND (b.state IN ('pending', 'sending') OR (b.state = 'bundled' AND EXISTS (
                        SELECT 1 FROM delivery_delivery h WHERE h.id = b.bundled_into_id AND h.state IN ('pending', 'sending'))))
            ))
        ORDER BY w.is_first DESC, w.urgency, w.next_attempt_at LIMIT {LOOKED_AT}
    ) d WHERE c.id NOT IN (SELECT channel_id FROM used WHERE slots >= %(most)s)
), numbered AS (
    SELECT due.*, f.last_sent_at, row_number() OVER (
        PARTITION BY due.channel_id, is_first, urgency, due.fair_key ORDER BY created_at, id) AS turn
    FROM due LEFT JOIN (
        SELECT channel_id, fair_key, last_sent_at FROM delivery_fairturn WHERE channel_id IN (SELECT channel_id FROM due)
    ) f ON f.channel_id = due.channel_id AND f.fair_key = due.fair_key
), placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY channel_id ORDER BY is_first DESC, urgency, turn, last_sent_at NULLS FIRST, created_at, id) AS place
    FROM numbered
)
SELECT d.id, d.key, d.subject, d.thread, d.kind, d.message, d.channel_id, d.contact_id, d.user_id, d.address, d.fair_key, d.is_first,
    d.attempts_made, d.next_attempt_at, d.deadline_at, d.endpoint, d.created_at, c.kind AS channel_kind,
    c.revision, c.settings, c.sealed_secrets,
    c.enabled AS channel_enabled, m.enabled AS contact_enabled, m.stopped_at,
    CASE WHEN d.thread <> '' THEN COALESCE((
        SELECT e.provider_ref FROM delivery_delivery e
        WHERE e.channel_id = d.channel_id AND e.thread = d.thread AND e.address = d.address AND e.provider_ref <> ''
        ORDER BY e.id LIMIT 1), '') ELSE '' END AS earlier_ref
FROM placed p JOIN delivery_delivery d ON d.id = p.id JOIN delivery_channel c ON c.id = d.channel_id
    LEFT JOIN delivery_contactmethod m ON m.id = d.contact_id LEFT JOIN used u ON u.channel_id = d.channel_id
WHERE p.place <= %(most)s - COALESCE(u.slots, 0) AND d.state = 'pending' AND d.next_attempt_at <= %(now)s
ORDER BY p.is_first DESC, p.urgency, p.turn, p.last_sent_at NULLS FIRST, p.created_at, p.id LIMIT {AT_A_TIME}
FOR UPDATE OF d SKIP LOCKED
"""  # noqa: S608
# What waits for a slot is known by its endpoint from then on, so that it is not looked at again while that one is busy.
NAME = """
UPDATE delivery_delivery d SET endpoint = n.endpoint FROM unnest(%(ids)s::bigint[], %(endpoints)s::text[]) AS n(id, endpoint)
WHERE d.id = n.id
"""
LOCK = """
SELECT name, pg_try_advisory_xact_lock(hashtextextended('delivery ' || name, 0)) AS ours FROM unnest(%(names)s::text[]) AS name
"""
SPENT = "SELECT scope, at FROM delivery_spent WHERE scope = ANY(%(keys)s) AND at > %(since)s"
UNDER_WAY = """
SELECT endpoint, channel_id, count(*) AS count FROM delivery_delivery
WHERE state = 'sending' AND lease_until > %(now)s GROUP BY endpoint, channel_id
"""
# A throttle is no fault of the channel: the fallback counts from when the throttle lets go.
HOLD = """
UPDATE delivery_delivery d SET next_attempt_at = h.until, held_by = h.words,
    fallback_at = CASE WHEN d.fallback_at IS NULL THEN NULL ELSE h.until + c.fallback_after_s * interval '1 second' END
FROM unnest(%(ids)s::bigint[], %(until)s::timestamptz[], %(words)s::text[]) AS h(id, until, words), delivery_channel c
WHERE d.id = h.id AND c.id = d.channel_id
"""
# These skip what another transaction has locked: that one is just deciding about it, and nobody waits for one another in a circle.
# Everything that waits for the same places, not only this batch; those that have a fallback are told by it now.
WAIT = f"""
UPDATE delivery_delivery SET endpoint = %(endpoint)s, held_by = '{CIRCUIT}',
    next_attempt_at = GREATEST(next_attempt_at, %(until)s), fallback_at = LEAST(fallback_at, %(now)s)
WHERE id IN (
    SELECT id FROM delivery_delivery
    WHERE state = 'pending' AND next_attempt_at <= %(now)s AND (channel_id, address) IN (
        SELECT * FROM unnest(%(channels)s::bigint[], %(addresses)s::text[]))
    FOR UPDATE SKIP LOCKED)
"""  # noqa: S608
BUNDLE = """
UPDATE delivery_delivery SET state = 'bundled', bundled_into_id = %(head)s, held_by = %(words)s, fallback_at = NULL
WHERE id IN (
    SELECT id FROM delivery_delivery
    WHERE channel_id = %(channel)s AND address = %(address)s AND state = 'pending' AND next_attempt_at <= %(now)s
        AND attempts_made = 0 AND kind <> 'test' AND id <> %(head)s AND (id = ANY(%(ids)s) OR NOT id = ANY(%(batch)s))
    LIMIT 500 FOR UPDATE SKIP LOCKED)
"""
LEASE = """
UPDATE delivery_delivery d SET state = 'sending', lease = n.lease, lease_until = %(now)s + n.length * interval '1 second',
    attempts_made = attempts_made + 1, endpoint = n.endpoint, held_by = ''
FROM unnest(%(ids)s::bigint[], %(leases)s::uuid[], %(lengths)s::float[], %(endpoints)s::text[]) AS n(id, lease, length, endpoint)
WHERE d.id = n.id
"""
SPEND = "INSERT INTO delivery_spent (scope, at) SELECT scope, %(now)s FROM unnest(%(keys)s::text[]) AS scope"
TAKE_TURN = """
INSERT INTO delivery_fairturn (channel_id, fair_key, last_sent_at)
SELECT channel_id, fair_key, %(now)s FROM unnest(%(channels)s::bigint[], %(keys)s::text[]) AS t(channel_id, fair_key)
ON CONFLICT (channel_id, fair_key) DO UPDATE SET last_sent_at = EXCLUDED.last_sent_at
"""
PARTS = """
SELECT id, bundled_into_id, message FROM delivery_delivery WHERE bundled_into_id = ANY(%(heads)s) AND state = 'bundled' ORDER BY id
"""
NEXT = "SELECT min(next_attempt_at) AS next_at FROM delivery_delivery WHERE state = 'pending' AND next_attempt_at > %(now)s"

ATTEMPT = """
INSERT INTO delivery_attempt (delivery_id, number, started_at, duration_s, outcome, status_code, answer)
VALUES (%(id)s, %(number)s, %(started_at)s, %(duration_s)s, %(outcome)s, %(status_code)s, %(answer)s)
ON CONFLICT (delivery_id, number) DO UPDATE SET duration_s = EXCLUDED.duration_s, outcome = EXCLUDED.outcome,
    status_code = EXCLUDED.status_code, answer = EXCLUDED.answer
"""
# A success counts whoever holds the lease by now: it need not be sent again. With its attempt in one statement, so that the time in which a
# killed sender has sent and not written it is as short as can be.
DELIVERED = f"""
WITH tried AS ({ATTEMPT})
UPDATE delivery_delivery SET state = 'delivered', finished_at = %(now)s, lease = NULL, lease_until = NULL, fallback_at = NULL,
    held_by = '', provider_ref = CASE WHEN %(provider_ref)s = '' THEN provider_ref ELSE %(provider_ref)s END
WHERE id = %(id)s AND state IN ('pending', 'sending') RETURNING id
"""  # noqa: S608 - our own words
# What was cancelled while it was under way is not tried again.
AGAIN = """
UPDATE delivery_delivery SET lease = NULL, lease_until = NULL, last_error = %(error)s,
    state = CASE WHEN cancelled_at IS NULL THEN 'pending' ELSE 'cancelled' END,
    finished_at = CASE WHEN cancelled_at IS NULL THEN NULL ELSE %(now)s::timestamptz END,
    next_attempt_at = %(next_at)s
WHERE id = %(id)s AND state = 'sending' AND lease = %(lease)s RETURNING state
"""
FAILED = """
UPDATE delivery_delivery SET state = 'failed', finished_at = %(now)s, lease = NULL, lease_until = NULL, last_error = %(error)s,
    fallback_at = LEAST(fallback_at, %(now)s), settled = false
WHERE id = %(id)s AND state = 'sending' AND lease = %(lease)s RETURNING id
"""
# What was part of a message that was not delivered is on its own again.
UNBUNDLE = """
UPDATE delivery_delivery SET state = 'pending', bundled_into_id = NULL, held_by = '', next_attempt_at = %(now)s
WHERE bundled_into_id = ANY(%(heads)s) AND state = 'bundled'
"""
STOP = f"""
UPDATE delivery_delivery SET next_attempt_at = %(until)s, held_by = '{CIRCUIT}', fallback_at = LEAST(fallback_at, %(now)s)
WHERE id IN (
    SELECT id FROM delivery_delivery WHERE endpoint = %(endpoint)s AND state = 'pending' AND next_attempt_at < %(until)s
    FOR UPDATE SKIP LOCKED)
"""  # noqa: S608
_HELD_BACK = f"""
    SELECT id FROM delivery_delivery
    WHERE endpoint = %(endpoint)s AND state = 'pending' AND next_attempt_at > %(now)s
        AND (held_by = '{CIRCUIT}' OR attempts_made > 0)
"""  # noqa: S608
GO_ON = f"""
UPDATE delivery_delivery SET next_attempt_at = %(now)s, held_by = '' WHERE id IN ({_HELD_BACK} FOR UPDATE SKIP LOCKED)
"""  # noqa: S608
HELD_BACK = f"SELECT EXISTS ({_HELD_BACK})"
GIVE_BACK = """
UPDATE delivery_delivery SET state = 'pending', lease = NULL, lease_until = NULL, next_attempt_at = LEAST(next_attempt_at, %(now)s)
WHERE id = ANY(%(ids)s) AND lease = ANY(%(leases)s) AND state = 'sending'
"""
DISABLE = """
UPDATE delivery_channel SET enabled = false, revision = revision + 1, updated_at = %(now)s
WHERE id = %(id)s AND enabled RETURNING name, slug
"""
