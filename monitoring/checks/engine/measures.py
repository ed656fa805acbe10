"""What the engine measures of itself: lateness, backlog, runs. Written as samples like everything else."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from monitoring.metrics import store
from monitoring.metrics.copying import microseconds

BACKLOG = """
SELECT count(*) FROM checks_checkschedule WHERE next_check_at < %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
"""


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
        self.lateness_s, self.runs, self.lost_leases = [], 0, 0
