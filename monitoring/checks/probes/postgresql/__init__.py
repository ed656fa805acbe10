"""Kind `postgresql`: is the server there, does it answer, is it well, and is its schema what is expected."""

from monitoring.checks.probes.postgresql.probe import PostgresqlProbe

__all__ = ["PostgresqlProbe"]
