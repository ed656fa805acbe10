"""What the engine measures of itself: lateness, backlog, runs. Written as samples like everything else."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from monitoring.metrics import store
from monitoring.metrics.copying import microseconds
from opsportal.measures import counter, gauge, histogram

BACKLOG = """
SELECT count(*) FROM checks_checkschedule WHERE next_check_at < %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
"""

RUNS = counter("opsportal_engine_runs_total", "Checks that were run.")
LOST_LEASES = counter(
    "opsportal_engine_lost_leases_total", "Results thrown away because another engine had taken over."
)
LATENESS = histogram("opsportal_engine_lateness_seconds", "How long after its time a check began.")
BACKLOG_CHECKS = gauge("opsportal_engine_backlog_checks", "Checks that are due and not taken.", across="max")


@dataclass(slots=True)
class Measures:
    """Counted since the last report."""

    lateness_s: list[float] = field(default_factory=list)
    runs: int = 0
    lost_leases: int = 0

    async def report(self, database: AsyncConnection[Any], engine: str, now: datetime) -> None:
        """Write one sample of each measure, labelled with the engine's name, and begin anew."""
        row = await (await database.execute(BACKLOG, {"now": now})).fetchone()
        late = sorted(self.lateness_s)
        values = {
            "engine_lateness_p99_seconds": late[int(len(late) * 0.99)] if late else 0.0,
            "engine_lateness_max_seconds": late[-1] if late else 0.0,
            "engine_backlog_checks": float(row[0]) if row else 0.0,
            "engine_runs": float(self.runs),
            "engine_lost_leases": float(self.lost_leases),
        }
        labels = store.labels_of({"engine": engine})
        ids = await store.prepare(database, [(name, labels) for name in values])
        time = microseconds(now)
        await store.awrite(database, [(ids[name, labels], time, value) for name, value in values.items()])
        self._show(values["engine_backlog_checks"])
        self.lateness_s, self.runs, self.lost_leases = [], 0, 0

    def _show(self, backlog: float) -> None:
        """The same for `/metrics`."""
        RUNS.add(self.runs)
        LOST_LEASES.add(self.lost_leases)
        BACKLOG_CHECKS.set(backlog)
        for late_s in self.lateness_s:
            LATENESS.observe(late_s)
