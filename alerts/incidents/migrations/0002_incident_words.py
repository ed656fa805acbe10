"""An index of the words of incidents, so that a search that finds nothing does not read all of them."""

from django.db import migrations

# `icontains` compares in upper case. A role that may not create the extension still gets a portal, with slower searches.
CREATE = """
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX incidents_incident_words ON incidents_incident USING gin (upper(title) gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'Searches of incidents have no index: pg_trgm cannot be created (%).', SQLERRM;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP INDEX IF EXISTS incidents_incident_words")]
