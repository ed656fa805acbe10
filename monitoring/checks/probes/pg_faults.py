"""What a failed PostgreSQL session means: the verdict, the cause and the words. Pure.

Once a session is open the server's SQLSTATE decides. While it is being opened libpq hands over text only, so that the words of the message
decide; a server that speaks another language falls through to its own words, shown as they are.
"""

import re
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import errors

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Result
from monitoring.checks.probes.deadline import Clock
from monitoring.checks.probes.dsn import without_secrets
from monitoring.checks.probes.faults import fault, fitting

DOWN, UNKNOWN = Status.DOWN, Status.UNKNOWN
AUTH_WORDS = 'Misconfigured: {where} refuses the credentials of user "{user}".'
CONNECTION_FAULTS = (
    fault(r"the database system is starting up|not yet accepting connections|not accepting connections", DOWN,
          Cause.STARTING, "{where} is still starting; it accepts no connections yet."),
    fault(r"the database system is in recovery mode", DOWN, Cause.STARTING,
          "{where} is recovering from a crash; it accepts no connections yet."),
    fault(r"the database system is shutting down", DOWN, Cause.REFUSED, "{where} is shutting down."),
    fault(r"too many clients|remaining connection slots|too many connections|connection limit exceeded", DOWN,
          Cause.OVERLOADED, "{where} has no connection left: too many clients."),
    fault(r"password authentication failed|no password supplied|authentication failed|role .* does not exist"
          r"|is not permitted to log in|no encryption", UNKNOWN, Cause.AUTH, AUTH_WORDS),
    fault(r"pg_hba\.conf", UNKNOWN, Cause.AUTH,
          'Misconfigured: {where} does not admit user "{user}" from here (pg_hba.conf).'),
    fault(r"database .* does not exist", DOWN, Cause.MISSING, 'The server answers, but database "{database}" does not exist.'),
    fault(r"permission denied for database", UNKNOWN, Cause.AUTH,
          'Misconfigured: user "{user}" may not connect to database "{database}".'),
    fault(r"invalid (sslmode|port|connection|integer|channel|\w+ value)|root certificate file", UNKNOWN, Cause.MISCONFIGURED,
          "Misconfigured: the DSN of {where} holds a value that is not accepted."),
    fault(r"expected authentication|received invalid response|unsupported protocol"
          r"|unexpected message", DOWN, Cause.PROTOCOL, "{where} does not speak the PostgreSQL protocol: {message}"),
    fault(r"certificate", DOWN, Cause.CERTIFICATE, "The certificate of {where} is not valid: {message}"),
    fault(r"does not support SSL|SSL|GSSAPI", UNKNOWN, Cause.TLS, "No TLS with {where}: {message}"),
    fault(r"unsupported startup parameter", UNKNOWN, Cause.MISCONFIGURED,
          "Misconfigured: a connection pooler at {where} refuses the options that make the session read-only; "
          "name the server itself."),
    fault(r"failed to resolve|could not translate host name|name or service not known", DOWN, Cause.DNS,
          "The host name of {where} is not resolved."),
    fault(r"connection refused|no such file or directory", DOWN, Cause.REFUSED,
          "Nothing listens at {where}: connection refused."),
    fault(r"no route to host|network is unreachable|host is unreachable", DOWN, Cause.UNREACHABLE,
          "No network way to {where}."),
    fault(r"timed out|timeout expired", DOWN, Cause.TIMEOUT, "{where} did not answer in time."),
    fault(r"server closed the connection|connection reset|broken pipe|eof detected|terminating connection|connection is lost"
          r"|connection is closed", DOWN, Cause.RESET, "{where} broke the connection."),
)  # fmt: skip
PREFIX = re.compile(
    r"^(connection (failed|is bad): )*(connection to server .*? failed: )?((FATAL|ERROR|PANIC):\s+)?", re.S
)


def where(connection: Mapping[str, Any]) -> str:
    """Host, port and database, as an operator would name them."""
    host = str(connection.get("host") or connection.get("hostaddr") or "the local socket")
    place = host if host.startswith("/") or "," in host else f"{host}:{connection.get('port') or 5432}"
    return f"{place}/{connection.get('dbname') or connection.get('user') or ''}"


def timed_out(connection: Mapping[str, Any], clock: Clock) -> Result:
    """The peer took the connection, or the packets, and said nothing."""
    return Result(DOWN, clock.words(where(connection)), Cause.TIMEOUT)


def failed(error: BaseException, connection: Mapping[str, Any]) -> Result:
    """The Result of an error of psycopg or of the network."""
    by_state = _by_sqlstate(error, connection)
    if by_state is not None:
        return by_state
    text = _message(error, connection)
    if known := fitting(CONNECTION_FAULTS, text):
        return Result(known.verdict, _say(known.words, connection, text), known.cause)
    what = "answered with an error" if getattr(error, "sqlstate", None) else "refuses the connection"
    return Result(DOWN, f"{where(connection)} {what}: {text}", Cause.UNEXPECTED)


def _by_sqlstate(error: BaseException, connection: Mapping[str, Any]) -> Result | None:
    place = where(connection)
    if isinstance(error, errors.AdminShutdown | errors.CrashShutdown | errors.IdleSessionTimeout):
        return Result(DOWN, f"{place} ended the session while it was asked.", Cause.RESET)
    if isinstance(error, errors.LockNotAvailable):
        return Result(DOWN, f"{place}: a lock was not granted within the lock timeout.", Cause.TIMEOUT)
    if isinstance(error, errors.QueryCanceled):
        return Result(DOWN, f"{place}: the question took longer than the statement timeout.", Cause.TIMEOUT)
    if isinstance(error, errors.InsufficientPrivilege):
        detail = _message(error, connection)
        return Result(UNKNOWN, f'Misconfigured: user "{connection.get("user", "")}": {detail}', Cause.MISCONFIGURED)
    if isinstance(error, errors.InsufficientResources):
        return Result(DOWN, f"{place} is out of resources: {_message(error, connection)}", Cause.OVERLOADED)
    return None


def _message(error: BaseException, connection: Mapping[str, Any]) -> str:
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    lines = [line.strip() for line in (primary or str(error)).splitlines() if line.strip()]
    text = PREFIX.sub("", lines[0]) if lines else type(error).__name__
    return without_secrets(text, connection)[:300]


def _say(words: str, connection: Mapping[str, Any], message: str) -> str:
    return words.format(
        where=where(connection),
        user=connection.get("user", ""),
        database=connection.get("dbname") or connection.get("user", ""),
        message=message,
    )
