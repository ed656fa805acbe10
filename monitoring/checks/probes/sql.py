"""Kind `sql`: one read-only query of a database, whose numeric columns become named values."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import psycopg
from django import forms
from psycopg import AsyncConnection, errors

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.base import Context, Probe, Result, Unit, Value
from monitoring.checks.probes.deadline import Clock
from monitoring.checks.probes.dsn import DsnError, DsnSource, TargetForm, without_secrets
from monitoring.checks.probes.pg_faults import failed, timed_out
from monitoring.checks.probes.pg_session import ask, session
from monitoring.checks.probes.sql_columns import TooMuchError, values_of
from monitoring.checks.probes.sql_query import one_reading_statement
from monitoring.checks.probes.sql_rights import may_do_too_much

MOST_ROWS, MOST_COLUMNS, MOST_VALUES = 200, 30, 1000
# The planner must optimise for all rows, not for the first ones that a cursor usually wants.
PREPARE = """
SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true), set_config('cursor_tuple_fraction', '1', true)
"""


class SqlForm(TargetForm):
    query = forms.CharField(
        max_length=10_000,
        widget=forms.Textarea,
        help_text="One SELECT, WITH, VALUES or TABLE. Numeric columns become values of their name, labelled by text columns.",
    )
    max_rows = forms.IntegerField(
        label="most rows",
        initial=MOST_ROWS,
        min_value=1,
        max_value=MOST_ROWS,
        help_text="More rows than this are a fault.",
    )
    min_rows = forms.IntegerField(
        label="fewest rows", initial=0, min_value=0, max_value=MOST_ROWS, help_text="Fewer rows than this are a fault."
    )
    statement_timeout_ms = forms.IntegerField(
        label="statement timeout (ms)",
        initial=5000,
        min_value=10,
        max_value=60_000,
        help_text="The query is stopped then.",
    )
    lock_timeout_ms = forms.IntegerField(
        label="lock timeout (ms)", initial=500, min_value=1, max_value=60_000, help_text="Per lock that is waited for."
    )

    def clean_query(self) -> str:
        try:
            return one_reading_statement(self.cleaned_data["query"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("min_rows", 0) > cleaned.get("max_rows", MOST_ROWS):
            self.add_error("min_rows", "Must not be more than the most rows.")
        return cleaned


class SqlProbe(Probe):
    kind = "sql"
    description = (
        "Runs a read-only query on a PostgreSQL; its numeric columns become values that can be charted and graded."
    )
    icon = "query_stats"
    SettingsForm: ClassVar[type[SqlForm]] = SqlForm
    default_interval_s = 300
    dynamic_values = True
    values = {
        "rows": Value("Rows", Unit.COUNT, "Rows the query returned."),
        "query_seconds": Value("Query", Unit.SECONDS, "Run and fetch."),
    }

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._source = DsnSource(settings)

    async def run(self, context: Context) -> Result:
        try:
            connection = await self._source.find(context)
        except DsnError as error:
            return Result(Status.UNKNOWN, str(error), error.cause)
        clock = Clock(context.timeout_s)
        try:
            return await self._query(connection, clock)
        except TimeoutError:
            return timed_out(connection, clock)
        except (psycopg.Error, OSError) as error:
            return _refused(error, connection) or failed(error, connection)

    async def _query(self, connection: Mapping[str, Any], clock: Clock) -> Result:
        async with session(connection, self.settings, clock) as server:
            clock.step = "asking what its user may do"
            if objection := await ask(server, may_do_too_much(server), clock):
                return Result(Status.UNKNOWN, objection, Cause.MISCONFIGURED)
            clock.step = "running the query"
            started_s = clock.left_s()
            names, rows = await ask(server, self._fetch(server), clock)
            seconds = started_s - clock.left_s()
        return self._judge(names, rows, seconds)

    async def _fetch(self, server: AsyncConnection[Any]) -> tuple[list[str], Sequence[Sequence[Any]]]:
        """A cursor takes one reading statement and nothing else, whatever the text says; one row too many tells that the cap was met."""
        timeouts = [f"{self.settings['statement_timeout_ms']}ms", f"{self.settings['lock_timeout_ms']}ms"]
        async with server.pipeline():
            await server.execute("BEGIN READ ONLY")
            await server.execute(PREPARE, timeouts)
            await server.execute(f"DECLARE answer NO SCROLL CURSOR FOR {self.settings['query']}")
            fetched = await server.execute(f"FETCH {self.settings['max_rows'] + 1:d} FROM answer")
            rows = await fetched.fetchall()
            await server.execute("ROLLBACK")
        return [column.name for column in fetched.description or []], rows

    def _judge(self, names: list[str], rows: Sequence[Sequence[Any]], seconds: float) -> Result:
        values = {"query_seconds": seconds, "rows": float(len(rows))}
        if len(rows) > self.settings["max_rows"]:
            words = f"Misconfigured: the query returns more than {self.settings['max_rows']} rows; add a LIMIT or aggregate."
            return Result(Status.UNKNOWN, words, Cause.TOO_LARGE, {"query_seconds": seconds})
        if len(rows) < self.settings["min_rows"]:
            words = f"The query returned {len(rows)} rows, fewer than the {self.settings['min_rows']} expected."
            return Result(Status.DOWN, words, Cause.MISSING, values)
        try:
            measured = values_of(names, rows, most_columns=MOST_COLUMNS, most_values=MOST_VALUES)
        except TooMuchError as error:
            return Result(Status.UNKNOWN, f"Misconfigured: {error}", Cause.TOO_LARGE, values)
        shown = ", ".join(f"{name} {value:g}" for name, value in list(measured.items())[:4])
        summary = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} in {seconds * 1000:.0f} ms: {shown or 'no numeric value'}."
        return Result(Status.UP, summary, values=measured | values)


def _refused(error: BaseException, connection: Mapping[str, Any]) -> Result | None:
    """Faults of the query itself, which say nothing about the health of the server."""
    text = without_secrets(str(getattr(getattr(error, "diag", None), "message_primary", None) or ""), connection)
    if (
        isinstance(error, errors.ReadOnlySqlTransaction | errors.ActiveSqlTransaction)
        or "data-modifying statements" in text
    ):
        return Result(
            Status.UNKNOWN,
            f"Misconfigured: the query tries to write ({text}); a check only reads.",
            Cause.MISCONFIGURED,
        )
    if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn | errors.InvalidSchemaName):
        return Result(Status.DOWN, f"The query names something that is not there: {text}.", Cause.MISSING)
    if isinstance(error, errors.InsufficientPrivilege):
        return Result(Status.UNKNOWN, f"Misconfigured: {text}; grant SELECT to the check's user.", Cause.MISCONFIGURED)
    if isinstance(error, errors.ProgrammingError):
        return Result(Status.UNKNOWN, f"Misconfigured: the query is refused: {text}.", Cause.MISCONFIGURED)
    if isinstance(error, errors.DataError):
        return Result(Status.DOWN, f"The query failed on the data: {text}.", Cause.FAILED)
    return None
