"""The probe: connect, ask the smallest question, read everything in one statement, judge."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar

import psycopg

from monitoring.checks.choices import Status
from monitoring.checks.probes.base import Context, Probe, Result
from monitoring.checks.probes.deadline import Clock
from monitoring.checks.probes.dsn import DsnError, DsnSource
from monitoring.checks.probes.finding import judged
from monitoring.checks.probes.pg_faults import failed, timed_out
from monitoring.checks.probes.pg_session import ask, session
from monitoring.checks.probes.postgresql.findings import findings
from monitoring.checks.probes.postgresql.reading import evidence_of, values_of, windows_of
from monitoring.checks.probes.postgresql.settings import PostgresqlForm, expected
from monitoring.checks.probes.postgresql.statement import statement
from monitoring.checks.probes.postgresql.values import DEFAULT_THRESHOLDS, VALUES


class PostgresqlProbe(Probe):
    kind = "postgresql"
    description = "Connects to a PostgreSQL, reads its statistics, and looks for tables and columns that must exist."
    icon = "database"
    values = VALUES
    default_thresholds = DEFAULT_THRESHOLDS
    SettingsForm: ClassVar[type[PostgresqlForm]] = PostgresqlForm

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._source = DsnSource(settings)
        self._statement = statement(statistics=settings["statistics"])
        self._expected = expected(settings["expected_tables"], settings["expected_columns"])._asdict()

    async def run(self, context: Context) -> Result:
        try:
            connection = await self._source.find(context)
        except DsnError as error:
            return Result(Status.UNKNOWN, str(error), error.cause)
        clock, times = Clock(context.timeout_s), dict[str, float]()
        try:
            document = await self._read(connection, clock, times)
        except TimeoutError:
            result = timed_out(connection, clock)
        except (psycopg.Error, OSError) as error:
            result = failed(error, connection)
        else:
            return self._judge(document, context, times)
        result.values = times
        return result

    async def _read(self, connection: Mapping[str, Any], clock: Clock, times: dict[str, float]) -> Mapping[str, Any]:
        started = time.perf_counter()
        async with session(connection, self.settings, clock) as server:
            times["connect_seconds"], started = time.perf_counter() - started, time.perf_counter()
            clock.step = "answering SELECT 1"
            await ask(server, server.execute("SELECT 1"), clock)
            times["select_seconds"], started = time.perf_counter() - started, time.perf_counter()
            clock.step = "reading its statistics"
            cursor = await ask(server, server.execute(self._statement, self._expected), clock)
            times["statistics_seconds"] = time.perf_counter() - started
            row = await cursor.fetchone()
        document: Mapping[str, Any] = row[0] if row else {}
        return document

    def _judge(self, document: Mapping[str, Any], context: Context, times: dict[str, float]) -> Result:
        windows = windows_of(document, context.memory, context.now)
        values = times | values_of(document, windows, context.now)
        return judged(
            findings(document, self.settings),
            self._well(document, values),
            values=values,
            evidence=evidence_of(document),
            memory=windows.as_memory(),
        )

    def _well(self, document: Mapping[str, Any], values: Mapping[str, float]) -> str:
        server = document["server"]
        role = "standby" if server["in_recovery"] else "primary"
        parts = [
            f"PostgreSQL {server['version'].split()[0]} ({role}) answers in {values['select_seconds'] * 1000:.1f} ms"
        ]
        if "connections_used" in values:
            parts.append(f"{values['connections_used']:.0f} of {values['connections_limit']:.0f} connections used")
        if waited := values.get("locks_ungranted"):
            parts.append(f"{waited:.0f} locks waited for")
        return ", ".join(parts) + "."
