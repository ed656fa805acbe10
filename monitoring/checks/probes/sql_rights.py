"""Whether the user of a `sql` check may do more than a query that anybody with the right to edit checks may write should.

A read-only transaction stops writes. It does not stop a superuser's functions (`pg_read_file`, `dblink`, `lo_export`), and
the result of a query is shown to everybody who may look: a user that reads the portal's people and sessions would hand them out.
"""

from typing import Any

from psycopg import AsyncConnection

# The user that logged in counts, not the role it took on: a query can go back to it.
RIGHTS = """
SELECT session_user,
    EXISTS (SELECT FROM pg_roles WHERE rolsuper AND pg_has_role(session_user, oid, 'MEMBER')),
    EXISTS (SELECT FROM pg_roles WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
        AND pg_has_role(session_user, oid, 'MEMBER')),
    EXISTS (SELECT FROM pg_class WHERE relname IN ('access_user', 'access_apitoken', 'django_session') AND relkind = 'r'
        AND has_any_column_privilege(session_user, oid, 'SELECT'))
"""


async def may_do_too_much(server: AsyncConnection[Any]) -> str:
    """Why no query is run as this user; empty when one may be. One statement."""
    user, superuser, files, people = (await (await server.execute(RIGHTS)).fetchone()) or ("", False, False, False)
    what = (
        "is a superuser"
        if superuser
        else "may use files or programs of the server"
        if files
        else "may read accounts, tokens and sessions of a portal"
        if people
        else ""
    )
    if not what:
        return ""
    return f'Misconfigured: user "{user}" {what}; give the check a user that may read what the query needs and no more.'
