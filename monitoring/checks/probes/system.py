"""The machine itself: processor, memory, disks, network, kernel; the portal's own host, or one that an agent reports
of."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from psycopg.rows import tuple_row

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Threshold
from monitoring.checks.probes.fields import ListField
from monitoring.checks.probes.system_values import VALUES
from monitoring.checks.status import STALE_AFTER_INTERVALS
from monitoring.checks.system.collect import Reading, collect
from monitoring.checks.system.words import ago, summary
from monitoring.checks.value_names import split_name

FIRST_SPAN_S = 1.0
MACHINE = "SELECT name, last_report_at, interval_s, report FROM checks_machine WHERE slug = %s"
ABOVE = Comparator.ABOVE


class Report(NamedTuple):
    """The newest report of a machine, as the agent's door stored it."""

    name: str
    taken_at: datetime
    interval_s: int
    report: dict[str, Any]


class SettingsForm(ProbeForm):
    host = forms.SlugField(
        required=False,
        max_length=120,
        help_text="A machine that runs the agent; empty: the machine the portal's engine runs on.",
    )
    ignored_mounts = ListField(required=False, help_text="Mounts whose space does not matter, such as /mnt/archive.")


class SystemProbe(Probe):
    kind = "system"
    description = "Processor, memory, disks, network, pressure and limits of a machine."
    icon = "computer"
    default_interval_s = 15
    values = VALUES
    default_thresholds = (
        Threshold("cpu_used_ratio", ABOVE, 0.95),
        Threshold("load_5m_per_core", ABOVE, 2, 8),
        Threshold("memory_used_ratio", ABOVE, 0.9, 0.97),
        Threshold("swap_used_ratio", ABOVE, 0.8),
        Threshold("oom_kills", ABOVE, 0),
        Threshold("disk_used_ratio", ABOVE, 0.85, 0.95),
        Threshold("inodes_used_ratio", ABOVE, 0.85, 0.95),
        Threshold("disk_errors", ABOVE, 0),
        Threshold("filesystem_errors", ABOVE, 0),
        Threshold("network_errors_per_second", ABOVE, 1),
        Threshold('pressure_full_ratio{resource="memory"}', ABOVE, 0.1, 0.4),
        Threshold('pressure_full_ratio{resource="io"}', ABOVE, 0.5),
        Threshold("open_files_ratio", ABOVE, 0.8, 0.95),
        Threshold("container_memory_used_ratio", ABOVE, 0.9, 0.97),
        Threshold("container_cpu_throttled_ratio", ABOVE, 0.25),
        Threshold("container_oom_kills", ABOVE, 0),
    )
    SettingsForm = SettingsForm

    async def run(self, context: Context) -> Result:
        host = self.settings.get("host")
        return await (self._reported(context, host) if host else self._here(context))

    async def _here(self, context: Context) -> Result:
        began = time.monotonic()
        reading = await self._read(context, context.memory, 0)
        if not reading.complete:
            await asyncio.sleep(min(FIRST_SPAN_S, context.timeout_s / 4))
            reading = await self._read(context, reading.memory, time.monotonic() - began)
        values = self._wanted(reading.values)
        return Result(
            Status.UP, summary(values), values=values, evidence={"facts": reading.facts}, memory=reading.memory
        )

    async def _read(self, context: Context, before: Mapping[str, Any], later_s: float) -> Reading:
        at = context.now.timestamp() + later_s
        return await context.in_thread(lambda: collect(before, at))

    async def _reported(self, context: Context, host: str) -> Result:
        if context.portal is None:
            return Result(
                Status.UNKNOWN, "Reports of machines cannot be read without the portal's database", Cause.INTERNAL
            )
        async with context.portal.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            found = await (await cursor.execute(MACHINE, [host])).fetchone()
        if found is None or found[1] is None:
            words = f"No machine named {host} has reported yet: run `manage.py agent --machine {host}` there"
            return Result(Status.UNKNOWN, words, Cause.MISCONFIGURED)
        return self._judged(Report(*found), context.now)

    def _judged(self, report: Report, now: datetime) -> Result:
        age_s = max(0.0, (now - report.taken_at).total_seconds())
        values = {"report_age_seconds": age_s}
        if age_s > STALE_AFTER_INTERVALS * report.interval_s:
            words = f"{report.name} has not reported for {ago(age_s)}; it should every {ago(report.interval_s)}"
            evidence = {"last_report_at": report.taken_at.isoformat(), "facts": report.report.get("facts", {})}
            return Result(Status.UNKNOWN, words, Cause.LATE, values, evidence)
        values |= self._wanted(report.report.get("values", {}))
        return Result(Status.UP, summary(values), values=values, evidence={"facts": report.report.get("facts", {})})

    def _wanted(self, values: Mapping[str, float]) -> dict[str, float]:
        ignored = set(self.settings.get("ignored_mounts") or ())
        return {name: value for name, value in values.items() if split_name(name)[1].get("mount") not in ignored}
