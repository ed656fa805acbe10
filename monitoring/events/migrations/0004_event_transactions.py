"""The transaction of each event, so that a reader who remembers how far it came misses none and sees none twice.

Ids are handed out in another order than the one in which rows become visible. `pg_current_xact_id` is stable, not volatile: rows that are
there get the transaction of this migration without being written anew.
"""

from django.db import migrations

ADD = """
ALTER TABLE events_event ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX events_event_transactions ON events_event (xid, id);
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0003_event_words")]
    operations = [migrations.RunSQL(ADD, "ALTER TABLE events_event DROP COLUMN xid")]
