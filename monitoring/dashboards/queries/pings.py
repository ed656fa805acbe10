"""The last pings of jobs, for the page of their service."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from monitoring.checks.choices import PingKind
from monitoring.checks.models import Check, HeartbeatPing

KIND = "heartbeat"
SHOWN = 20


class PingRow(NamedTuple):
    """One ping without its body, which may be large and is not for everybody. `duration_s`: of the run that it ended."""

    check_id: int
    id: int
    time: datetime
    kind: str
    exit_code: int | None
    duration_s: float | None
    body_size: int

    @property
    def label(self) -> str:
        return str(PingKind(self.kind).label)


def last_pings(checks: Collection[Check]) -> dict[int, list[PingRow]]:
    """The SHOWN newest pings of each heartbeat check among `checks`, the newest first: one statement, or none."""
    found: dict[int, list[PingRow]] = {check.pk: [] for check in checks if check.kind == KIND}
    if found:
        first, *others = [HeartbeatPing.objects.filter(check_id=pk).order_by("-time", "-id")[:SHOWN] for pk in found]
        # A slice for each check reads its end of the index; a window over all would read every ping there is.
        rows = first.union(*others, all=True) if others else first
        for row in rows.values_list(*PingRow._fields):
            found[row[0]].append(PingRow(*row))
    return {pk: sorted(rows, key=lambda ping: (ping.time, ping.id), reverse=True) for pk, rows in found.items()}


def ping_body(service_slug: str, ping_id: int) -> str | None:
    """What was kept of the body of a ping, as text; None where the service has no such ping."""
    checks = Check.objects.filter(service__slug=service_slug).values("pk")
    ping = HeartbeatPing.objects.filter(pk=ping_id, check_id__in=checks).first()
    return bytes(ping.body).decode(errors="replace") if ping else None
