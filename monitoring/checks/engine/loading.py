"""A check's definition as the engine holds it: probe built, secrets opened, rules compiled. Loaded once per revision."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from monitoring.checks.choices import Impact
from monitoring.checks.configuration import complete_settings
from monitoring.checks.probes.base import Probe
from monitoring.checks.probes.registry import probe_class
from monitoring.checks.status import Rules
from monitoring.metrics.store import Labels, labels_of
from opsportal.crypto import SealBrokenError
from opsportal.kinds import UnknownKindError

log = logging.getLogger(__name__)

SELECT = """
SELECT c.id, c.revision, c.kind, c.name, c.slug, c.settings, c.sealed_secrets, c.thresholds, c.interval_s, c.timeout_s,
    c.retry_interval_s, c.failures_before_down, c.successes_before_up, c.impact, c.service_id,
    s.slug AS service_slug, s.name AS service_name
FROM checks_check c JOIN checks_service s ON s.id = c.service_id WHERE c.id = ANY(%s)
"""


@dataclass(slots=True)
class Job:
    """One revision of one check, ready to run. With a `fault` there is no probe: the definition itself is wrong."""

    check_id: int
    revision: int
    kind: str
    name: str
    slug: str
    service_id: int
    service_slug: str
    service_name: str
    impact: Impact
    interval_s: int
    timeout_s: float
    retry_interval_s: int | None
    rules: Rules
    thresholds: list[dict[str, Any]]
    probe: Probe | None
    fault: str
    labels: Labels
    series: dict[str, int] = field(default_factory=dict)


class JobCache:
    """Jobs by check id; a job of an older revision than the claim's is loaded anew."""

    def __init__(self) -> None:
        self.jobs: dict[int, Job] = {}

    async def load(self, database: AsyncConnection[Any], wanted: Collection[tuple[int, int]]) -> None:
        """Make sure that the jobs of all (check id, revision) are here; those of deleted checks are forgotten."""
        outdated = [check_id for check_id, revision in wanted if self._revision(check_id) != revision]
        if not outdated:
            return
        async with database.cursor(row_factory=dict_row) as cursor:
            rows = await (await cursor.execute(SELECT, [outdated])).fetchall()
        for check_id in outdated:
            self.jobs.pop(check_id, None)
        self.jobs.update((row["id"], job_of(row)) for row in rows)

    def _revision(self, check_id: int) -> int | None:
        job = self.jobs.get(check_id)
        return job.revision if job else None


def job_of(row: Mapping[str, Any]) -> Job:
    """The job of one row of SELECT."""
    probe, fault = _probe_of(row)
    return Job(
        check_id=row["id"],
        revision=row["revision"],
        kind=row["kind"],
        name=row["name"],
        slug=row["slug"],
        service_id=row["service_id"],
        service_slug=row["service_slug"],
        service_name=row["service_name"],
        impact=Impact(row["impact"]),
        interval_s=row["interval_s"],
        timeout_s=row["timeout_s"],
        retry_interval_s=row["retry_interval_s"],
        rules=Rules(row["failures_before_down"], row["successes_before_up"]),
        thresholds=row["thresholds"],
        probe=probe,
        fault=fault,
        labels=labels_of({"service": row["service_slug"], "check": row["slug"]}),
    )


def _probe_of(row: Mapping[str, Any]) -> tuple[Probe | None, str]:
    try:
        kind = probe_class(row["kind"])
        return kind(complete_settings(kind, row["settings"], row["sealed_secrets"])), ""
    except (UnknownKindError, SealBrokenError) as error:
        return None, str(error)
    except Exception as error:
        log.exception("check %s: its settings do not make a %s probe", row["id"], row["kind"])
        return None, f"The settings of this check cannot be used ({type(error).__name__}); save it again in the admin."
