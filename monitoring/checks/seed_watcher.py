"""The log-in by which the portal's checks look at the portal's own database."""

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from opsportal.stack.paths import WATCHER

# Checks run in other databases of the same server may make the role at the same time.
MAKE = f"""
DO $$ BEGIN
    CREATE ROLE {WATCHER} LOGIN IN ROLE pg_monitor;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
GRANT = f"GRANT SELECT ON checks_checkschedule TO {WATCHER}"


def own_dsn() -> str:
    """The DSN of the portal's database: of a user that reads statistics and the schedule, where the server is embedded.

    On a server of somebody else's no role is made: there it is the portal's own user, as whom no `sql` check runs.
    """
    if not settings.EMBEDDED_DATABASE:
        return str(settings.DATABASE_URL)
    with connection.cursor() as cursor:
        cursor.execute(MAKE)
        cursor.execute(GRANT)
    return make_conninfo(settings.DATABASE_URL, user=WATCHER, dbname=connection.settings_dict["NAME"])
