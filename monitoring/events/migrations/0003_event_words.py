"""An index of the words of events, so that a search that finds nothing does not read the whole timeline."""

from django.db import migrations

# `icontains` compares in upper case. A role that may not create the extension still gets a portal, with slower searches.
CREATE = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX events_event_words ON events_event USING gin (upper(summary) gin_trgm_ops, upper(subject) gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'Searches of events have no index: pg_trgm cannot be created (%).', SQLERRM;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0002_event_table")]
    operations = [migrations.RunSQL(CREATE, "DROP INDEX IF EXISTS events_event_words")]
