"""What keeps alerts quiet at a moment: silences, maintenance of services, recurring maintenance, inhibition."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from django.db import connection

from alerts.incidents import inhibition, recurrence
from alerts.incidents.configuration import Configuration
from alerts.incidents.estate import windows_read
from alerts.incidents.inhibition import Inhibitor
from alerts.incidents.matching import Matchers, matches_all
from alerts.incidents.members import MemberRow
from alerts.incidents.silencing import silenced_by

A_MOMENT = timedelta(microseconds=1)  # silences are in force to their very end
STORE = """
UPDATE incidents_alert a SET suppressed_by = r.suppressed_by, suppressed_until = r.suppressed_until
FROM json_to_recordset(%s::json) AS r(id bigint, suppressed_by jsonb, suppressed_until timestamptz) WHERE a.id = r.id
"""


@dataclass(frozen=True, slots=True)
class Quiet:
    """What keeps an alert quiet: `silences`, `maintenance`, `inhibitors`, `muted`, each a list. `until`: when the last of the first two
    ends."""

    by: Mapping[str, list[str]] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(slots=True)
class Quieter:
    """Knows what keeps alerts quiet at `now`."""

    configuration: Configuration
    now: datetime
    inhibitor: Inhibitor
    windows: dict[str, list[tuple[str, datetime]]]
    plans: list[tuple[str, Matchers, datetime]]
    ends: dict[str, datetime]
    _known: dict[int, Quiet] = field(default_factory=dict)

    @classmethod
    def at(cls, now: datetime, configuration: Configuration) -> "Quieter":
        plans = []
        for plan in configuration.plans:
            if window := recurrence.window_at(plan.recurrence, plan.duration_s, now):
                plans.append((f"plan:{plan.id}", plan.matchers, window[1]))
        ends = {one.id: one.ends_at + A_MOMENT for one in configuration.silences}
        return cls(configuration, now, inhibitor_of(configuration.rules), windows_read(now), plans, ends)

    def of(self, alert_id: int, labels: Mapping[str, str], service: str) -> Quiet:
        """What keeps an alert quiet."""
        if alert_id not in self._known:
            self._known[alert_id] = self._of(labels, service)
        return self._known[alert_id]

    def _of(self, labels: Mapping[str, str], service: str) -> Quiet:
        silences = silenced_by(self.configuration.silences, labels, self.now)
        maintenance = self.windows.get(service, []) + [
            (name, ends_at) for name, matchers, ends_at in self.plans if matches_all(matchers, labels)
        ]
        found = {
            "silences": silences,
            "maintenance": [name for name, _ in maintenance],
            "inhibitors": self.inhibitor.inhibited_by(labels),
        }
        ends = [self.ends[one] for one in silences] + [ends_at for _, ends_at in maintenance]
        return Quiet({what: names for what, names in found.items() if names}, max(ends, default=None))


def inhibitor_of(rules: tuple[inhibition.Rule, ...]) -> Inhibitor:
    """With the firing alerts that could be sources: those that have the labels a rule's source wants to equal something."""
    inhibitor = Inhibitor(rules)
    if not rules:
        return inhibitor
    wanted = [
        orjson.dumps({one.name: one.value for one in rule.source if one.op == "=" and one.value}).decode()
        for rule in rules
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT identity, labels::text FROM incidents_alert a, unnest(%s::text[]) AS wanted "
            "WHERE a.is_firing AND a.labels @> wanted::jsonb ORDER BY identity",
            [wanted],
        )
        for identity, labels in cursor.fetchall():
            inhibitor.add(identity, orjson.loads(labels))
    return inhibitor


def quiet_store(quiet: Iterable[tuple[MemberRow, Quiet]]) -> None:
    """Store what changed of what keeps alerts quiet."""
    rows = [
        {"id": member.id, "suppressed_by": dict(found.by), "suppressed_until": found.until}
        for member, found in quiet
        if member.suppressed_by != found.by or member.suppressed_until != found.until
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(STORE, [orjson.dumps(rows).decode()])
